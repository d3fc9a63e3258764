import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { drainUnderLoad } from "./drain-under-load.ts";
import { certificate, missing, nodeProgram } from "./peers.ts";

const REQUESTS = 10_000;

/** The oldest line that the package supports: `HALFOPEN_NODE22` names its binary, else npx fetches one. */
function node22(): string {
  const named = process.env.HALFOPEN_NODE22;
  const path =
    named ??
    execFileSync("npx", ["--yes", "--package=node@22", "--call", "node -p process.execPath"], { encoding: "utf8" });
  return path.trim();
}

const nodes: Record<string, string> = { "24": process.execPath };
beforeAll(() => {
  nodes["22"] = node22();
});

describe.skipIf(missing("openssl"))(
  "frames between a session's own: nothing ends the process, no byte is mixed up",
  () => {
    const storms = ["22", "24"].flatMap((line) => ["h2", "h2c"].map((kind) => [line, kind] as const));

    test.each(storms)("Node %s, %s", async (line, kind) => {
      const { keyFile, certFile } = certificate();
      const storm = nodeProgram("frame-storm", [kind, keyFile, certFile, line, "100"], nodes[line]);
      const tally = JSON.parse((await storm.says(/storm (.*)/))[1] ?? "");
      expect(await storm.ended).toBe(0);
      expect(tally).toMatchObject({ mixed: 0, sessions: 100 });
      for (const name of ["written", "blocked", "whole", "broken"]) expect(tally[name]).toBeGreaterThan(0);
    });
  },
);

describe.skipIf(missing("go", "openssl"))("draining under load loses nothing", () => {
  const kinds = [
    ["HTTP/2 over TLS, Go client, POST", { kind: "h2", client: "go", post: true }],
    ["HTTP/1, Go client", { kind: "h1", client: "go", post: false }],
    ["HTTP/2 in the clear, this client without retries", { kind: "h2c", client: "guard", post: true }],
    ["HTTP/2 over TLS, this client without retries", { kind: "h2", client: "guard", post: true }],
  ] as const;
  const rounds = ["22", "24"].flatMap((line) => kinds.map(([name, load]) => [line, name, load] as const));

  test.each(rounds)("Node %s, %s, three times", async (line, _name, load) => {
    for (let time = 0; time < 3; time += 1) {
      const { result, report, exit } = await drainUnderLoad({ ...load, requests: REQUESTS, node: nodes[line] ?? "" });
      expect(report.node.split(".")[0]).toBe(line);
      expect(result).toMatchObject({ ok: REQUESTS, failed: 0 });
      expect(report.served).toBeGreaterThan(0);
      expect(report.served).toBeLessThan(REQUESTS);
      expect(report).toMatchObject({ cut: 0, twice: 0 });
      expect(exit).toBe(0);
    }
  });
});

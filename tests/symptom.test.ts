import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../src/cli/main.ts";

const MAIN = join(import.meta.dirname, "..", "src", "cli", "main.ts");
const program = `import { run } from ${JSON.stringify(MAIN)}; process.exitCode = await run(process.argv.slice(1));`;
const halfopen = (args: readonly string[], input = ""): string =>
  execFileSync(process.execPath, ["--input-type=module", "-e", program, "--", ...args], { encoding: "utf8", input });

describe("explain --symptom", () => {
  it("names the causes of a lost PING in order, how to tell them apart, and what to capture", () => {
    const text = halfopen(["explain", "--symptom", 'watch ended: "http2: client connection lost"', "--width", "100"]);
    expect(text.indexOf("1. backend-tuple-collision")).toBeGreaterThan(0);
    expect(text.indexOf("peer-vanished")).toBeGreaterThan(text.indexOf("1. backend-tuple-collision"));
    expect(text).toContain("tcpdump -i any");
  });

  it("reads a pasted stack trace from standard input", () => {
    const trace =
      "Error: socket hang up\n    at connResetException (node:internal/errors:720:14)\n  code: 'ECONNRESET'\n";
    const document = JSON.parse(halfopen(["explain", "--symptom", "-", "--format", "json"], trace)) as {
      symptoms: { id: string; causes: { cause: string }[] }[];
    };
    expect(document.symptoms[0]?.causes.map((c) => c.cause)).toContain("keep-alive-race");
  });

  it("says so when it does not know a message, and shows hostile text as text", () => {
    expect(halfopen(["explain", "--symptom", "all is well"])).toContain("No such message");
    expect(halfopen(["explain", "--symptom", "connection reset by peer\u001b[2J"])).not.toContain("\u001b[2J");
  });

  it("does not take evidence at the same time, nor nothing at all", async () => {
    const both = spawnSync(
      process.execPath,
      ["--input-type=module", "-e", program, "--", "explain", "x.pcap", "--symptom", "y"],
      {
        encoding: "utf8",
      },
    );
    expect(both.status).toBe(2);
    expect(both.stderr).toContain("Leave --symptom out");
    const errors: string[] = [];
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = ((text: string) => errors.push(String(text)) > 0) as typeof process.stderr.write;
    try {
      expect(await run(["explain"])).toBe(2);
    } finally {
      process.stderr.write = write;
    }
    expect(errors.join("")).toContain("No evidence was named");
  });
});

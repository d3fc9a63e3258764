import { expect, test } from "vitest";
import { judgePath, pathText } from "../../../tests/helpers/judge-path.ts";
import { judge } from "../judge.ts";
import { knobOf } from "./knobs.ts";
import { solve } from "./solve.ts";

/** What a fix of a path changes, `hop.key=value in ms`. */
function changesOf(hops: string, more: string): readonly string[] {
  const { path } = judgePath(pathText(hops, more));
  const fix = solve(path);
  if (fix.kind !== "changes") return [fix.kind];
  expect(judge(fix.path).filter(({ level }) => level === "error")).toEqual([]);
  return fix.changes.map(({ hop, key, to }) => `${hop}.${key}=${to}`);
}

test.each(["azure-load-balancer", "azure-nat-gateway"])("%s counts in whole minutes", (product) => {
  const { path } = judgePath(pathText(`a: client\nb: ${product}\nc: server`));
  const box = path.hops[1];
  expect(box && knobOf(box, "idleTimeoutMs")).toMatchObject({ step: 60_000, least: 240_000 });
});

test("what is a switch in truth takes the two values that it has", () => {
  const changes = changesOf(
    "u: client\na: envoy pingInterval=30s pingsWithoutStreams=true protocol=http2\nb: grpc-go-server",
    "carries: [http, streams]",
  );
  expect([...changes].sort()).toEqual(["a.pingIntervalMs=300000", "b.minPingIntervalIdleMs=300000"]);
});

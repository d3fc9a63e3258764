import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { nodesNotReady } from "./nodes-not-ready.ts";

const LOG = `I1231 23:59:40.000000       7 node_lifecycle_controller.go:2] Recording status change NodeNotReady event message for node kubelet-1
I1231 23:59:55.500000       7 node_lifecycle_controller.go:2] Recording status change NodeReady event message for node kubelet-1
I0101 00:00:02.250000       7 node_lifecycle_controller.go:2] Recording status change NodeNotReady event message for node kubelet-2
2027/01/01 00:00:03.1 http2: Framer 0xc0001: read DATA stream=1 len=364 data="{}"
I0101 00:00:03.250000       7 node_lifecycle_controller.go:2] Recording status change NodeNotReady event message for node kubelet-3
`;

test.each([
  ["of the whole run, over the turn of a year", {}, 3],
  ["from when losses count", { fromMs: 150_000 }, 2],
])("%s", (_name, expected, count) => {
  const evidence = mkdtempSync(join(tmpdir(), "halfopen-not-ready-"));
  onTestFinished(() => rmSync(evidence, { recursive: true }));
  writeFileSync(join(evidence, "clients-kcm.log"), LOG);
  const programs = ["clients-kcm", "clients-kubelet", "server-1"].map((name) => ({
    name,
    log: `${name}.log`,
    host: name,
    namespace: name,
    argv: [],
  }));
  const run = {
    plan: { programs, expect: expected, timeScale: 10 },
    evidence,
    startedAtMs: Date.UTC(2026, 11, 31, 23, 59, 30),
  };
  expect(nodesNotReady(run)).toBe(count);
});

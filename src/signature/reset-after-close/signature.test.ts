import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packetEvidenceOf } from "../../../tests/helpers/claims.ts";
import { sceneOfTrace } from "../../../tests/helpers/trace.ts";
import type { Finding } from "../signature.ts";
import { signature } from "./signature.ts";

const read = (name: string): string => readFileSync(join(import.meta.dirname, `${name}.trace`), "utf8");
const detect = (text: string): Finding[] => signature.detect(sceneOfTrace(text));
const told = (finding: Finding): string =>
  `${finding.variant} ${packetEvidenceOf(finding)
    .map((e) => e.packet)
    .join(",")}`;

test.each([
  ["match", ["answer-to-late-words 12,13"]],
  [
    "kinds",
    [
      "half-open-probe 2,3",
      "connect-probe 5,7",
      "client-exit 14,15",
      "answer-to-fin 22,23",
      "answer-to-late-words 30,31",
    ],
  ],
  ["near-miss", []],
  ["lost-race", []],
])("%s: %s", (name, expected) => {
  const scene = sceneOfTrace(read(name));
  expect(scene.vantages[0]?.trails.length).toBeGreaterThan(0);
  expect(signature.detect(scene).map(told)).toEqual(expected);
});

test("two connections of one kind are one note", () => {
  const again = read("match")
    .split("\n")
    .filter((line) => /^[\d+]/.test(line))
    .join("\n")
    .replaceAll("client", "other")
    .replaceAll(/^(\d+\.\d+)/gm, (time) => `${Number(time) + 10}`);
  const findings = detect(`${read("match").replace("server =", "other = 10.6.0.4:50125\nserver =")}\n${again}`);
  expect(findings.map((f) => f.trails.length)).toEqual([2]);
});

/** Changes that take the harmlessness away. */
test.each([
  ["a RST of a stranger's TTL", "client > server RST\n", "client > server RST ttl=40\n"],
  [
    "a request that was open when the client closed",
    "3.000  client > server PSH,ACK tls=app:19",
    "3.000  client > server PSH,ACK tls=app:120",
  ],
])("%s is left to other signatures", (_name, from, to) => {
  const text = read("match");
  expect(text).toContain(from);
  expect(detect(text.replace(from, to)).map(told)).toEqual([]);
});

test("the near miss is harmless once the server says close_notify", () => {
  const text = read("near-miss").replace(
    "3.000  server > client FIN,ACK",
    "2.999 server > client PSH,ACK tls=app:19\n3.000 server > client FIN,ACK",
  );
  expect(detect(text).map((f) => f.variant)).toEqual(["answer-to-late-words"]);
});

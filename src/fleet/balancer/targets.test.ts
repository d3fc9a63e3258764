import { expect, test } from "vitest";
import { Places } from "./places.ts";
import { type CheckAnswer, Targets } from "./targets.ts";

const places = new Places();
const add = (kind: "node" | "server"): number =>
  places.add({ kind, address: `10.0.0.${places.kinds.length}`, name: kind, zone: 0, dice: 0 });
const node = add("node");
const [well, ill] = [add("server"), add("server")] as const;

const meeting =
  (answer: CheckAnswer) =>
  (server: number): CheckAnswer =>
    server === ill ? answer : "passes";

const newTargets = (): Targets =>
  new Targets(places, [well, ill], {
    crossZone: true,
    healthCheck: { intervalMs: 5000, timeoutMs: 2000, healthyThreshold: 2, unhealthyThreshold: 2 },
    deregistrationDelayMs: 0,
  });

test("a target that refuses is out at its second check, and back at the second that passes", () => {
  const targets = newTargets();
  for (const [answer, eligible] of [
    ["fails", [well, ill]],
    ["fails", [well]],
    ["passes", [well]],
    ["passes", [well, ill]],
  ] as const) {
    expect(targets.check(node, meeting(answer))).toBe(false);
    expect(targets.eligible(node)).toEqual(eligible);
  }
});

test("one that says nothing is out when its second check has timed out, not before", () => {
  const targets = newTargets();
  expect(targets.check(node, meeting("none"))).toBe(true);
  targets.checksOver(node);
  expect(targets.check(node, meeting("none"))).toBe(true);
  expect(targets.eligible(node)).toEqual([well, ill]);
  targets.checksOver(node);
  expect(targets.eligible(node)).toEqual([well]);
});

test("one that passed is not judged by the silence of another", () => {
  const targets = newTargets();
  targets.check(node, meeting("none"));
  targets.check(node, meeting("passes"));
  targets.checksOver(node);
  targets.check(node, meeting("none"));
  targets.checksOver(node);
  expect(targets.eligible(node)).toEqual([well, ill]);
});

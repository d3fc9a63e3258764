import { expect, test } from "vitest";
import { dice } from "../../../scripts/lib/random.ts";
import { decideGoaway, type GoawayRequest, goawayRule } from "./goaway-decision.ts";

const request =
  (facts: Partial<GoawayRequest> = {}) =>
  () => ({ method: "GET", path: "/", userAgent: undefined, ...facts });

test("goes below the chance, stays at it", () => {
  const rule = goawayRule({ chance: 0.02 });
  expect(decideGoaway(rule, 0.0199, request())).toBe("go");
  expect(decideGoaway(rule, 0.02, request())).toBe("stay");
});

test("a chance of 0 never goes", () => {
  expect(decideGoaway(goawayRule({ chance: 0 }), 0, request())).toBe("stay");
});

test.each([
  ["by the beginning of the user agent", { userAgent: "kube-" }, { userAgent: "kube-controller-manager/v1.30" }],
  ["by a pattern of the user agent", { userAgent: /scheduler/g }, { userAgent: "kube-scheduler/v1.30" }],
  ["by the beginning of the path", { path: "/healthz" }, { path: "/healthz?verbose" }],
  ["by any predicate", (r: GoawayRequest) => r.method === "PUT", { method: "PUT" }],
])("exempts %s, each time", (_how, exempt, facts) => {
  const rule = goawayRule({ chance: 0.02, exempt });
  for (let time = 0; time < 3; time += 1) expect(decideGoaway(rule, 0, request(facts))).toBe("exempt");
  expect(decideGoaway(rule, 0, request({ path: "/other", userAgent: "curl" }))).toBe("go");
});

test("one exemption of several suffices", () => {
  const rule = goawayRule({ chance: 0.02, exempt: [{ path: "/a" }, { userAgent: "b" }] });
  expect(decideGoaway(rule, 0, request({ userAgent: "b/1" }))).toBe("exempt");
});

test.each([-0.1, 0.021, 1, Number.NaN])("refuses the chance %s and says why", (chance) => {
  expect(() => goawayRule({ chance })).toThrow(expect.objectContaining({ code: "bad-chance" }));
});

test("the bound can be raised, up to 1", () => {
  expect(goawayRule({ chance: 0.5, maxChance: 1 }).chance).toBe(0.5);
  expect(() => goawayRule({ chance: 0.5, maxChance: 1.5 })).toThrow(
    expect.objectContaining({ code: "bad-max-chance" }),
  );
});

test("over many requests it goes as often as the chance says", () => {
  const rule = goawayRule({ chance: 0.001 });
  const { unit } = dice(7);
  let gone = 0;
  for (let count = 0; count < 1_000_000; count += 1) if (decideGoaway(rule, unit(), request()) === "go") gone += 1;
  // 1000 ± 5 standard deviations, with a fixed seed.
  expect(Math.abs(gone - 1000)).toBeLessThan(160);
});

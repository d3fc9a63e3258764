import { expect, test } from "vitest";
import { LeftFlows } from "./left-flows.ts";

test("a flow is known until its idle timeout, to its node, once", () => {
  const flows = new LeftFlows();
  const at = { outside: 7, port: 40_000, node: 2 };
  flows.leave(at, { place: 11, until: 1000 }, 0);
  expect(flows.take({ ...at, node: 3 }, 1000)).toBe(-1);
  expect(flows.take(at, 1000)).toBe(11);
  expect(flows.take(at, 1000)).toBe(-1);
  flows.leave(at, { place: 11, until: 1000 }, 0);
  expect(flows.take(at, 1001)).toBe(-1);
  flows.leave(at, { place: 11, until: 1000 }, 0);
  flows.forget(2);
  expect(flows.take(at, 0)).toBe(-1);
});

test("what has expired is dropped: a long run keeps as much as it knows at one time", () => {
  const flows = new LeftFlows();
  const known = 3000;
  let most = 0;
  for (let now = 0; now < 50 * known; now++) {
    flows.leave({ outside: now, port: 1, node: 0 }, { place: 0, until: now + known }, now);
    most = Math.max(most, flows.size);
  }
  expect(most).toBeLessThanOrEqual(2 * known + 2);
  // The last `known` of them and the one that expires now are all there.
  const last = 50 * known - 1;
  for (let left = last - known; left <= last; left++)
    expect(flows.take({ outside: left, port: 1, node: 0 }, last)).toBe(0);
});

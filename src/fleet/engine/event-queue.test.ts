import { expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import { EventQueue } from "./event-queue.ts";

test("events come in order of time, and those of one instant in the order in which they were put in", () => {
  // Distances from nothing to days, so that every level is used.
  const distance = fc.oneof(fc.constant(0), fc.nat(1000), fc.nat(1e6), fc.double({ min: 0, max: 1e13, noNaN: true }));
  const steps = fc.array(fc.record({ take: fc.boolean(), distance }), { maxLength: 400 });
  fc.assert(
    fc.property(steps, fc.constantFrom(1, 1000, 131_072), (list, tick) => {
      const queue = new EventQueue(tick, 2);
      let expected: { at: number; index: number }[] = [];
      let now = 0;
      const take = (): void => {
        const [first, ...rest] = expected;
        expect(queue.pop()).toBe(first !== undefined);
        if (first === undefined) return;
        expect([queue.at, queue.index]).toEqual([first.at, first.index]);
        now = queue.at;
        expected = rest;
      };
      for (const [index, step] of list.entries()) {
        const at = Math.floor(now + step.distance);
        queue.push(at, 1, index, index);
        // sort() is stable: of equal times the earlier put in stays first.
        expected = [...expected, { at, index }].sort((a, b) => a.at - b.at);
        if (step.take) take();
      }
      while (expected.length > 0) take();
      expect(queue.pop()).toBe(false);
      expect(queue.size).toBe(0);
    }),
  );
});

test("a slot that begins tells of the events that are still to come in it", () => {
  const queue = new EventQueue(1024);
  const told: [kind: number, index: number][][] = [];
  queue.onSlot = () =>
    void told.push(Array.from({ length: queue.ready }, (_, i) => [queue.kindOf(i), queue.indexOf(i)]));
  queue.push(900, 1, 10);
  queue.push(5000, 2, 30);
  queue.push(100, 3, 20);
  queue.push(1e12, 4, 40);
  while (queue.pop());
  expect(told).toEqual([
    [
      [3, 20],
      [1, 10],
    ],
    [[2, 30]],
    [[4, 40]],
  ]);
});

test("kind, index and stamp come back as they were put in", () => {
  const queue = new EventQueue();
  queue.push(5, 3, 1_000_000, -7);
  queue.pop();
  expect([queue.at, queue.kind, queue.index, queue.stamp]).toEqual([5, 3, 1_000_000, -7]);
});

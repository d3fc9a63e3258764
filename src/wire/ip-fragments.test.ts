import { expect, test } from "vitest";
import { fc } from "../../tests/helpers/fast-check.ts";
import { type Fragment, FragmentStore } from "./ip-fragments.ts";

const PAYLOAD = Uint8Array.from({ length: 64 }, (_, i) => i);

function piece(from: number, end: number): Fragment {
  return { offset: from, more: end < PAYLOAD.length, bytes: PAYLOAD.subarray(from, end) };
}

test("fragments in any order, repeated and overlapping, give the payload once all of it is there", () => {
  const cut = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { maxLength: 5 });
  fc.assert(
    fc.property(
      cut,
      fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 4 }),
      fc.infiniteStream(fc.nat()),
      (cuts, extra, dice) => {
        const ends = [0, ...cuts.sort((a, b) => a - b), 8];
        const parts = ends.slice(1).map((end, i) => piece((ends[i] ?? 0) * 8, end * 8));
        for (const [a, b] of extra) parts.push(piece(Math.min(a, b) * 8, Math.max(a, b) * 8 + 8));
        const order = parts.map((part) => ({ part, key: dice.next().value ?? 0 })).sort((a, b) => a.key - b.key);
        const store = new FragmentStore();
        const outcomes = order.map(({ part }) => store.add("key", part));
        const complete = outcomes.filter((outcome) => outcome.kind === "complete");
        expect(complete.length).toBeGreaterThan(0);
        for (const outcome of complete) expect(outcome.payload).toEqual(PAYLOAD);
      },
    ),
  );
});

test("the lower offset wins where fragments disagree", () => {
  const store = new FragmentStore();
  store.add("key", { offset: 8, more: false, bytes: new Uint8Array(8).fill(2) });
  const outcome = store.add("key", { offset: 0, more: true, bytes: new Uint8Array(12).fill(1) });
  expect(outcome).toEqual({ kind: "complete", payload: Uint8Array.of(...Array(12).fill(1), 2, 2, 2, 2) });
});

test("a fragment past 64 KiB is a conflict (the ping of death)", () => {
  const store = new FragmentStore();
  expect(store.add("key", { offset: 65_528, more: false, bytes: new Uint8Array(100) }).kind).toBe("conflict");
});

test("unfinished datagrams give way to newer ones, and are counted", () => {
  const store = new FragmentStore();
  for (let i = 0; i < 5000; i++) store.add(`key ${i}`, piece(0, 8));
  expect(store.incomplete).toBe(5000);
  expect(store.add("key 0", piece(8, 64)).kind).toBe("waiting");
  expect(store.add("key 4999", piece(8, 64)).kind).toBe("complete");
});

test("large fragments are bounded by their bytes", () => {
  const store = new FragmentStore();
  const bytes = new Uint8Array(60_000);
  for (let i = 0; i < 1000; i++) store.add(`key ${i}`, { offset: 0, more: true, bytes });
  expect(store.add("key 0", { offset: 60_000, more: false, bytes: bytes.subarray(0, 8) }).kind).toBe("waiting");
  expect(store.add("key 999", { offset: 60_000, more: false, bytes: bytes.subarray(0, 8) }).kind).toBe("complete");
});

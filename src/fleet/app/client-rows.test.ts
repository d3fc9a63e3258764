import fc from "fast-check";
import { expect, test } from "vitest";
import { ClientRows } from "./client-rows.ts";
import { attemptsOf, callOf, errandOf, isForWatch, oneMore, watchOf } from "./errand.ts";

const SESSIONS = 3;

test("open streams are those of a plain list, whatever is opened, answered and dropped on several sessions", () => {
  const step = fc.record({
    session: fc.nat(SESSIONS - 1),
    what: fc.constantFrom("request", "watch", "answer", "answer", "drop"),
    which: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const rows = new ClientRows();
      const lists = Array.from({ length: SESSIONS }, (_, id) => {
        rows.begin(id, id, id, 0);
        return [] as { stream: number; errand: number; sentMs: number }[];
      });
      for (const [sentMs, { session, what, which }] of steps.entries()) {
        const list = lists[session] as (typeof lists)[number];
        if (what === "drop") {
          rows.dropStreams(session);
          list.length = 0;
        } else if (what === "answer") {
          const stream = list[which % Math.max(1, list.length)]?.stream ?? 2 * which;
          const at = list.findIndex((open) => open.stream === stream);
          expect(rows.findStream(session, stream) >= 0).toBe(at >= 0);
          expect(rows.takeStream(session, stream)).toBe(at < 0 ? -1 : list.splice(at, 1)[0]?.errand);
        } else {
          const errand = errandOf(which % 6, what === "watch" ? which : -1);
          list.push({ stream: rows.openStream(session, errand, sentMs), errand, sentMs });
        }
        expect(rows.openStreams(session)).toEqual(list);
        expect(rows.newestStream(session)).toBe(list.at(-1)?.stream ?? -1);
        expect(rows.hasStreams(session)).toBe(list.length > 0);
        const oldest = list.find(({ errand }) => !isForWatch(errand))?.sentMs ?? Number.POSITIVE_INFINITY;
        expect(rows.oldestRequestMs(session)).toBe(oldest);
      }
    }),
  );
});

test("an errand is one number and tells all it was made of; attempts are counted up to 255", () => {
  const made = fc.record({ call: fc.nat(7), watch: fc.integer({ min: -1, max: 999 }), attempts: fc.nat(255) });
  fc.assert(
    fc.property(made, ({ call, watch, attempts }) => {
      const errand = errandOf(call, watch, attempts);
      expect([callOf(errand), watchOf(errand), attemptsOf(errand)]).toEqual([call, watch, attempts]);
      expect(isForWatch(errand)).toBe(watch >= 0);
      const again = oneMore(errand);
      expect([callOf(again), watchOf(again), attemptsOf(again)]).toEqual([call, watch, Math.min(255, attempts + 1)]);
    }),
  );
});

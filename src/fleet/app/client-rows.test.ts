import { expect, test } from "vitest";
import { fc } from "../../../tests/helpers/fast-check.ts";
import {
  C_NEXT_STREAM,
  C_STAMP,
  C_UNREAD,
  CLOSED,
  ClientRows,
  O_UNREAD,
  OPEN,
  SESSION_WORDS,
  STREAM_WORDS,
} from "./client-rows.ts";
import { ClientSession, Slot } from "./client-session.ts";
import { attemptsOf, callOf, errandOf, isForWatch, oneMore, watchOf } from "./errand.ts";

const SESSIONS = 3;

interface Plain {
  readonly stream: number;
  readonly errand: number;
  readonly sentMs: number;
  unread: number;
}

test("open streams are those of a plain list, whatever is opened, answered and dropped on several sessions", () => {
  const step = fc.record({
    session: fc.nat(SESSIONS - 1),
    what: fc.constantFrom("request", "request", "request", "watch", "answer", "answer", "absent", "read", "again"),
    which: fc.nat(400),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const rows = new ClientRows();
      const begin = (id: number): Plain[] => {
        rows.begin(id, id, id, 0);
        return [];
      };
      const lists = Array.from({ length: SESSIONS }, (_, id) => begin(id));
      const begun = Array.from({ length: SESSIONS }, () => 1);
      let most = 0;
      for (const [sentMs, { session, what, which }] of steps.entries()) {
        const list = lists[session] as Plain[];
        const chosen = list[which % Math.max(1, list.length)];
        if (what === "again") {
          // One in many: otherwise lists stay short.
          if (which % 8 > 0) continue;
          rows.sessions.words[session * SESSION_WORDS + C_UNREAD] = 7;
          rows.dropStreams(session);
          lists[session] = begin(session);
          begun[session] = (begun[session] as number) + 1;
        } else if (what === "answer") {
          if (chosen === undefined) continue;
          expect(rows.takeStream(session, chosen.stream)).toBe(chosen.errand);
          list.splice(list.indexOf(chosen), 1);
        } else if (what === "absent") {
          expect(rows.findStream(session, 2 * which)).toBe(-1);
          expect(rows.takeStream(session, 2 * which)).toBe(-1);
        } else if (what === "read") {
          if (chosen === undefined) continue;
          chosen.unread += which;
          const at = rows.findStream(session, chosen.stream) * STREAM_WORDS + O_UNREAD;
          rows.streams.words[at] = (rows.streams.words[at] as number) + which;
        } else {
          const errand = errandOf(which % 6, what === "watch" ? which : -1);
          list.push({ stream: rows.openStream(session, errand, sentMs), errand, sentMs, unread: 0 });
        }
        const now = lists[session] as Plain[];
        expect(rows.openStreams(session)).toEqual(now.map(({ unread: _, ...open }) => open));
        for (const { stream, unread } of now)
          expect(rows.streams.words[rows.findStream(session, stream) * STREAM_WORDS + O_UNREAD]).toBe(unread);
        expect(rows.newestStream(session)).toBe(now.at(-1)?.stream ?? -1);
        expect(rows.hasStreams(session)).toBe(now.length > 0);
        const oldest = now.find(({ errand }) => !isForWatch(errand))?.sentMs ?? Number.POSITIVE_INFINITY;
        expect(rows.oldestRequestMs(session)).toBe(oldest);
        expect(rows.sessions.words[session * SESSION_WORDS + C_STAMP]).toBe(begun[session]);
        if (now.length === 0 && what === "again") {
          expect(rows.sessions.words[session * SESSION_WORDS + C_NEXT_STREAM]).toBe(1);
          expect(rows.sessions.words[session * SESSION_WORDS + C_UNREAD]).toBe(0);
        }
        most = Math.max(
          most,
          lists.reduce((sum, open) => sum + open.length, 0),
        );
      }
      // What is over is used again: no more rows than were open at once.
      const stream = rows.openStream(0, errandOf(0), 0);
      const open = lists.reduce((sum, list) => sum + list.length, 1);
      expect(rows.findStream(0, stream)).toBeLessThan(Math.max(most, open));
    }),
    { numRuns: 60 },
  );
});

test("what is told of a session that is closed stays its own when its number is another's", () => {
  const rows = new ClientRows();
  const clients = {} as Slot["clients"];
  const slot = new Slot(rows, 0, 5, 0, clients);
  rows.addSlot(0, 0, { id: 5, group: 0, place: 0, node: -1 });
  const first = new ClientSession(rows, 0, slot, { remote: 1, port: 443, sk: 17, atMs: 1 });
  first.close();
  const second = new ClientSession(rows, 0, slot, { remote: 2, port: 443, sk: 18, atMs: 2 });
  second.phase = OPEN;
  expect([first.phase, second.phase]).toEqual([CLOSED, OPEN]);
  expect([first.sk, first.stamp, first.remote, first.startedMs]).toEqual([17, 1, 1, 1]);
  expect([second.sk, second.stamp]).toEqual([18, 2]);
});

test("an errand is one number and tells all it was made of; attempts are counted up to 255", () => {
  const made = fc.record({ call: fc.nat(7), watch: fc.integer({ min: -1, max: 999 }), again: fc.nat(300) });
  fc.assert(
    fc.property(made, ({ call, watch, again }) => {
      let errand = errandOf(call, watch);
      for (let i = 0; i < again; i++) errand = oneMore(errand);
      expect([callOf(errand), watchOf(errand), attemptsOf(errand)]).toEqual([call, watch, Math.min(255, 1 + again)]);
      expect(isForWatch(errand)).toBe(watch >= 0);
    }),
  );
});

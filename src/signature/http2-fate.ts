import { seqAdd, seqAtOrAfter, seqDiff } from "../net/sequence.ts";
import { ACK } from "../net/tcp-flags.ts";
import { type Instant, type Nanoseconds, SECOND } from "../net/time.ts";
import { http2Stories } from "./http2-stories.ts";
import {
  announcement,
  type Closing,
  type Exchange,
  type Going,
  type Http2Story,
  type Mark,
  underWay,
} from "./http2-story.ts";
import { remember } from "./remember.ts";
import type { Scene } from "./scene.ts";
import { readTrail } from "./trail-queries.ts";

/**
 * What became of a connection whose server announced its end with GOAWAY NO_ERROR: `well` nothing was lost;
 * `draining` the evidence ends first; `cut` the server ended it under requests that it had accepted; `abandoned`
 * the client left such requests at once; `used-on` the client went on to open streams.
 */
export interface Fate {
  readonly kind: "well" | "draining" | "cut" | "abandoned" | "used-on";
  readonly first: Going;
  readonly final: Going;
  /** The requests lost, or opened too late. */
  readonly lost: readonly Exchange[];
  /** Requests above the last stream, which the server did not take. */
  readonly unprocessed: readonly Exchange[];
  /** Those of them that were sent again. */
  readonly repeated: readonly Exchange[];
  /** The client said goodbye as well just before the server closed: who ended it is not sure. */
  readonly unsure: boolean;
  /** Frames are missing from the evidence, so that requests which seem unanswered may have been answered. */
  readonly unclear: boolean;
}

/** A client that ends everything this soon after a GOAWAY does so because of it. */
const AT_ONCE: Nanoseconds = SECOND / 2;
/** A request that was on its way when the GOAWAY came, at the most. */
const CROSSING: Nanoseconds = SECOND;

/** The fate of a connection; undefined without an announcement. */
export const fateOf = (scene: Scene, story: Http2Story): Fate | undefined => fates(scene).get(story);

const fates = remember(
  (scene: Scene): ReadonlyMap<Http2Story, Fate | undefined> =>
    new Map(http2Stories(scene).map((story) => [story, judge(scene, story)])),
);

function judge(scene: Scene, story: Http2Story): Fate | undefined {
  const announced = announcement(story);
  if (announced === undefined) return undefined;
  const { first, final } = announced;
  const accepted = (r: Exchange): boolean => r.id <= final.lastStream;
  const unprocessed = story.requests.filter((r) => !accepted(r));
  const repeated = unprocessed.filter((r) => sentAgain(scene, story, r));
  const known = { first, final, unprocessed, repeated, unsure: false, unclear: false };
  // What is opened after a GOAWAY is above its last stream; a lower number belongs to another connection of the same ports.
  const told = receiptOf(scene, story, first);
  const late = story.requests.filter(
    (r) => told !== undefined && Number(r.opened.at - told) > CROSSING && r.id > first.lastStream && !r.answered,
  );
  const reset = story.requests.filter((r) => accepted(r) && !r.answeredWhole && isServersReset(r, first));
  if (reset.length > 0) return { kind: "cut", lost: reset, ...known };
  if (late.length > 0) return { kind: "used-on", lost: late, ...known };
  const gone = told === undefined ? [] : abandonedBy(story, first, accepted);
  if (gone.length > 0) return { kind: "abandoned", lost: gone, ...known };
  const { closing } = story;
  if (closing === undefined) return { kind: "draining", lost: [], ...known };
  const lost = cutBy(story, closing).filter(accepted);
  if (lost.length === 0 || leaving(story) !== undefined) return { kind: "well", lost: [], ...known };
  if (story.gaps) return { kind: "well", lost: [], ...known, unclear: true };
  // Some clients answer a GOAWAY by one of their own and wait on; others leave with it.
  const both = story.goAways.some((g) => g.by === "client" && isJustBefore(g.mark, closing.mark));
  const inDoubt = lost.some(({ reset }) => reset?.by === "client" && beforeClose(story, reset.mark) === undefined);
  return { kind: "cut", lost, ...known, unsure: both || inDoubt };
}

/**
 * When the client had a GOAWAY, as far as anything proves that it did: seen where the client is, told by the client, or
 * acknowledged by its TCP (RFC 9293 §3.4). Undefined otherwise: a frame that left the server may never have come.
 */
function receiptOf(scene: Scene, story: Http2Story, { mark }: Going): Instant | undefined {
  const { trail, log, teller } = story;
  if (log !== undefined || trail === undefined) return teller === "server" ? undefined : mark.at;
  const vantage = scene.vantages[trail.vantage];
  if (vantage?.place === "client") return mark.at;
  const shown = mark.shown("");
  if (vantage === undefined || "line" in shown) return undefined;
  const sent = trail.segments.findLast((s) => s.packet <= shown.packet && s.from === "server" && s.length > 0);
  if (sent === undefined) return undefined;
  const end = seqAdd(sent.seq, sent.length);
  const acknowledged = trail.segments.find(
    (s) =>
      s.packet > shown.packet &&
      s.from === "client" &&
      (s.flags & ACK) !== 0 &&
      seqAtOrAfter(s.ack, end) &&
      seqDiff(s.ack, end) < NEAR,
  );
  return acknowledged === undefined ? undefined : scene.toCommon(vantage, acknowledged.time);
}

/** Numbers further apart are another connection's. */
const NEAR = 1 << 24;

/** When the client left: its GOAWAY with an error, which ends the connection at once, or its close. */
function leaving({ goAways, closing }: Http2Story): Mark | undefined {
  const said = goAways.find((g) => g.by === "client" && g.code !== "NO_ERROR")?.mark;
  if (said !== undefined && (closing === undefined || said.at <= closing.mark.at)) return said;
  return closing?.by === "client" ? closing.mark : undefined;
}

const isJustBefore = (one: Mark, other: Mark): boolean => one.at <= other.at && Number(other.at - one.at) <= AT_ONCE;

/** RST_STREAM NO_ERROR and REFUSED_STREAM are no losses (RFC 9113 §8.1, §8.7). */
function isServersReset({ reset }: Exchange, since: Going): boolean {
  if (reset === undefined || reset.by !== "server" || reset.mark.at < since.mark.at) return false;
  return reset.code !== "NO_ERROR" && reset.code !== "REFUSED_STREAM";
}

/**
 * Requests that the server had accepted and the client gave up all together, right after the GOAWAY and before it knew that the server had closed: a
 * stream that is reset because the connection has ended was lost by the end.
 */
function abandonedBy(story: Http2Story, first: Going, accepted: (r: Exchange) => boolean): readonly Exchange[] {
  const pending = underWay(story, first.mark.at).filter(accepted);
  if (pending.length === 0 || story.gaps) return [];
  const soon = (mark: Mark): boolean =>
    mark.at >= first.mark.at && Number(mark.at - first.mark.at) <= AT_ONCE && beforeClose(story, mark) === true;
  const leave = leaving(story);
  const left = leave !== undefined && soon(leave) ? underWay(story, leave.at).filter(accepted) : [];
  const cancelled = pending.filter(({ reset }) => reset?.by === "client" && soon(reset.mark));
  if (left.length > 0) return [...new Set([...cancelled, ...left])];
  return cancelled.length === pending.length ? cancelled : [];
}

/**
 * Whether the client did this before it knew that the server had closed. What acknowledges the FIN was sent after it, and what does not, before, wherever the
 * capture was taken; a log has its lines in order, even within a second. Undefined where a log tells of the one and packets of the other, and the clocks agree no
 * better than that.
 */
function beforeClose({ trail, log, closing }: Http2Story, deed: Mark): boolean | undefined {
  if (closing?.by !== "server") return true;
  const done = deed.shown("");
  const closed = closing.mark.shown("");
  if ("line" in done && "line" in closed) return done.log === closed.log ? done.line < closed.line : true;
  if (trail === undefined || "line" in done || "line" in closed) {
    const apart = Number(deed.at - closing.mark.at);
    return Math.abs(apart) <= (log?.clock.uncertainty ?? 0) ? undefined : apart < 0;
  }
  if (done.packet < closed.packet) return true;
  const { steps } = readTrail(trail);
  const fin = steps.find(({ segment, fin }) => fin && segment.packet === closed.packet);
  const sent = steps.find(({ segment }) => segment.packet === done.packet);
  return fin !== undefined && sent !== undefined && !seqAtOrAfter(sent.segment.ack, fin.end);
}

/** Requests that the server had not finished when it closed; the client may have reset them since. */
function cutBy(story: Http2Story, closing: Closing): readonly Exchange[] {
  const answers = story.requests.filter(
    ({ reset, opened, answeredWhole }) =>
      reset?.by === "client" &&
      opened.at <= closing.mark.at &&
      !answeredWhole &&
      beforeClose(story, reset.mark) !== true,
  );
  return [...new Set([...underWay(story, closing.mark.at), ...answers])];
}

/** Whether the same client asked for the same once more, on whichever connection, and was not refused again. */
export function sentAgain(scene: Scene, story: Http2Story, request: Exchange): boolean {
  const latest = latestOf(scene).get(keyOf(story, request));
  return latest !== undefined && latest > request.opened.at;
}

/** When each client last asked for each thing without being refused. */
const latestOf = remember((scene: Scene): ReadonlyMap<string, Instant> => {
  const latest = new Map<string, Instant>();
  for (const story of http2Stories(scene)) {
    for (const request of story.requests) {
      if (request.path === undefined || request.reset?.code === "REFUSED_STREAM") continue;
      const key = keyOf(story, request);
      const known = latest.get(key);
      if (known === undefined || known < request.opened.at) latest.set(key, request.opened.at);
    }
  }
  return latest;
});

const keyOf = ({ client }: Http2Story, { method, path }: Exchange): string =>
  JSON.stringify([client?.address, method, path]);

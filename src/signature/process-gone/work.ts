import { seqAtOrAfter } from "../../net/sequence.ts";
import { ACK } from "../../net/tcp-flags.ts";
import { MILLISECOND, type Nanoseconds, SECOND } from "../../net/time.ts";
import { asksSomething, openRequest } from "../open-request.ts";
import { remember } from "../remember.ts";
import type { ServerClose } from "../server-close.ts";
import { unasked } from "../silence.ts";
import { lastBefore, patience, type Reading, type Step, touched } from "../trail-queries.ts";

/** What a connection was at when the server closed it. */
export interface Work {
  /**
   * `request`: the client had asked and got no answer; `stream`: the server was sending of its own
   * accord, at intervals that the close cut short; `none`: nothing was pending.
   */
  readonly kind: "request" | "stream" | "none";
  /** The request, or the last packet of the stream. */
  readonly step: Step | undefined;
  /** The stream went on across other exchanges: no HTTP/1 response, which may end with its connection. */
  readonly multiplexed: boolean;
}

const NOTHING: Work = { kind: "none", step: undefined, multiplexed: false };

/** The server meant this end: it had announced it, said goodbye, or said its piece and closed in the same breath. */
export function orderly({ reading, step, lastData, farewell }: ServerClose): boolean {
  const breath = Math.max(SAME_BREATH, reading.roundTrip ?? 0);
  return farewell || (lastData?.side === "server" && step.time - lastData.time < breath);
}

const SAME_BREATH: Nanoseconds = 10 * MILLISECOND;

/** What the connection was doing when it was closed. */
export const workOf: (close: ServerClose) => Work = remember(work);

function work(close: ServerClose): Work {
  const { reading, step } = close;
  const until = step.time + patience(reading);
  const unheard = reading.steps.find(
    (s) => s.side === "client" && s.fresh && s.time <= until && !touched(reading, s) && asksSomething(reading, s),
  );
  const request = openRequest(reading, step);
  const known = request === undefined || request.request === "unclear" ? undefined : request.first;
  const pending = unheard ?? known;
  return pending === undefined ? streamOf(reading, step) : { kind: "request", step: pending, multiplexed: false };
}

/** A stream of the server that should have gone on: the close came within two and a half of its intervals. */
function streamOf(reading: Reading, close: Step): Work {
  const times = unasked(reading, "server", close.index);
  const last = times.at(-1);
  const first = times[0];
  if (first === undefined || last === undefined || times.length < 2) return NOTHING;
  const intervals = times.slice(1).map((time, i) => time - (times[i] ?? time));
  if (close.time - last > 2.5 * Math.max(...intervals)) return NOTHING;
  const step = lastBefore(reading, close.index, (s) => s.side === "server" && s.fresh);
  return { kind: "stream", step, multiplexed: isMultiplexed(reading, first, last) };
}

/** A request of the client was answered between two of the server's own packets, and its payload is not HTTP/1 in the clear. */
function isMultiplexed(reading: Reading, from: Nanoseconds, to: Nanoseconds): boolean {
  let asked = false;
  let answered = false;
  for (const step of reading.steps) {
    if (!step.fresh || step.time <= from || step.time >= to) continue;
    const { kind } = reading.payload(step);
    if (kind === "request" || kind === "response" || kind === "opaque") return false;
    if (step.side === "client") asked ||= asksSomething(reading, step);
    else answered ||= asked;
  }
  return answered;
}

/** Whether every one of these was closed after the same long idleness: a timer, not a death. */
export function sameIdleness(closes: readonly ServerClose[]): boolean {
  const idle = closes.map(idleAtServer);
  const [least, most] = [Math.min(...idle), Math.max(...idle)];
  return least >= SECOND && most - least <= Math.max(0.05 * most, SECOND / 4);
}

/** How long the server had been without work on it: what its FIN does not acknowledge had not reached it. */
function idleAtServer({ reading, step, idle }: ServerClose): Nanoseconds {
  if ((step.segment.flags & ACK) === 0) return idle;
  const reached = (s: Step): boolean => s.side === "server" || seqAtOrAfter(step.segment.ack, s.end);
  const last = lastBefore(reading, step.index, (s) => s.fresh && reached(s));
  return last === undefined ? idle : Math.max(idle, step.time - last.time);
}

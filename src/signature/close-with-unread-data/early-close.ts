import { ACK } from "../../net/tcp-flags.ts";
import type { Nanoseconds } from "../../net/time.ts";
import { MILLISECOND, SECOND } from "../../net/time.ts";
import { asksSomething } from "../open-request.ts";
import { type ServerClose, serverClose } from "../server-close.ts";
import { patience, type Reading, type Step } from "../trail-queries.ts";

/** A close of the server while the client's data had not been read. */
export interface EarlyClose {
  readonly close: ServerClose;
  /** `upload`: the client was still sending one message; `request`: it had sent a request that nothing answered. */
  readonly kind: "upload" | "request";
  /** The first and the last packet of what was not read. */
  readonly first: Step;
  readonly last: Step;
  /** The server's early answer to the upload. */
  readonly answer: Step | undefined;
  /** The RST that the client met. */
  readonly rst: Step;
}

/** A server that takes longer has waited for something: `accepted-then-abandoned`. */
const AT_ONCE: Nanoseconds = SECOND;
/** The parts of one upload are no further apart, and its answer is lost when the RST comes this soon after it. */
const PAUSE: Nanoseconds = SECOND / 2;
const SIZEABLE = 4096;
const LARGE = 32_768;
const TOO_SOON: Nanoseconds = 50 * MILLISECOND;

/** Looks for a RST by which the server answered data that it was being sent and did not read. */
export function earlyClose(reading: Reading): EarlyClose | undefined {
  const close = serverClose(reading);
  if (close === undefined || close.farewell) return undefined;
  // Where some of the client's data was not captured, what was answered is not known; an upload under way still shows.
  return uploadCut(reading, close) ?? (reading.unseen.client ? undefined : requestUnread(reading, close));
}

function uploadCut(reading: Reading, close: ServerClose): EarlyClose | undefined {
  const { step } = close;
  const sent = burstAround(reading, step);
  const [first] = sent;
  const last = sent.at(-1);
  // Data went on after the close, or was on its way: the close does not acknowledge it.
  if (first === undefined || last === undefined || sent.length < 3 || !comesLate(step, last)) return undefined;
  const rst = step.rst
    ? step
    : reading.steps.find(
        (s) => s.rst && s.side === "server" && s.index > step.index && s.time - last.time <= patience(reading),
      );
  if (rst === undefined || rst.time - step.time > PAUSE) return undefined;
  const answer = reading.steps.find(
    (s) => s.side === "server" && s.fresh && s.index > first.index && s.index < rst.index,
  );
  // Messages that cross are no upload: it takes a readable request, or many bytes in one go, and more so without an answer.
  const bytes = (last.end - first.segment.seq) | 0;
  const readable = reading.payload(first).kind === "request";
  if (bytes < (readable ? (answer === undefined ? SIZEABLE : 0) : LARGE)) return undefined;
  if (answer !== undefined && rst.time - answer.time > Math.max(TOO_SOON, 2 * (reading.roundTrip ?? 0)))
    return undefined;
  return { close, kind: "upload", first, last, answer, rst };
}

/** The client's data around the close, without a pause between: one message in several segments. */
function burstAround(reading: Reading, close: Step): readonly Step[] {
  const data = reading.steps.filter((s) => s.side === "client" && s.fresh && asksSomething(reading, s));
  const near = data.findLastIndex((s) => s.time <= close.time);
  if (near < 0 || close.time - (data[near]?.time ?? 0) > PAUSE) return [];
  let from = near;
  while (
    from > 0 &&
    (data[from]?.time ?? 0) - (data[from - 1]?.time ?? 0) <= PAUSE &&
    !answeredBetween(reading, data[from - 1], data[from])
  )
    from--;
  let to = near;
  while (
    to + 1 < data.length &&
    (data[to + 1]?.time ?? 0) - (data[to]?.time ?? 0) <= PAUSE &&
    reading.payload(data[to + 1] as Step).kind !== "request"
  )
    to++;
  return data.slice(from, to + 1);
}

/** A new request begins where the server had answered and the client starts with a request line. */
function answeredBetween(reading: Reading, a: Step | undefined, b: Step | undefined): boolean {
  if (a === undefined || b === undefined || reading.payload(b).kind !== "request") return false;
  return reading.steps.slice(a.index, b.index).some((s) => s.side === "server" && s.fresh);
}

const comesLate = (close: Step, last: Step): boolean =>
  last.index > close.index || ((close.segment.flags & ACK) !== 0 && ((last.end - close.segment.ack) | 0) > 0);

/** A whole request, taken by the kernel: RST with ACK covers it, within a second, and nothing came back. */
function requestUnread(reading: Reading, close: ServerClose): EarlyClose | undefined {
  const { step } = close;
  if (close.kind !== "abort" || (step.segment.flags & ACK) === 0) return undefined;
  const spoke = reading.steps.findLast((s) => s.side === "server" && s.fresh && s.index < step.index);
  const sent = reading.steps.filter(
    (s) =>
      s.side === "client" &&
      s.fresh &&
      s.index > (spoke?.index ?? -1) &&
      s.index < step.index &&
      asksSomething(reading, s),
  );
  const [first] = sent;
  const last = sent.at(-1);
  if (first === undefined || last === undefined || step.time - last.time >= AT_ONCE) return undefined;
  // A RST that acknowledges none of it had left before it came: the close of an idle connection.
  if (((step.segment.ack - first.segment.seq) | 0) <= 0) return undefined;
  return { close, kind: "request", first, last, answer: undefined, rst: step };
}

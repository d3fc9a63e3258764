import { SECOND } from "../net/time.ts";
import { covers, type Reading, type Step } from "./trail-queries.ts";

/** A request of the client, its last, that the server never answered with data. */
export interface OpenRequest {
  /** Its first and last segment. */
  readonly first: Step;
  readonly last: Step;
  /** The first acknowledgment that covers all of it; undefined when none does. */
  readonly accepted: Step | undefined;
  /** `certain` when HTTP/1 shows it to be a request; `pattern` when earlier ones of its kind were answered; `unclear`. */
  readonly request: "certain" | "pattern" | "unclear";
}

/** The client's last data before `until`, when no data of the server came after it began. */
export function openRequest(reading: Reading, until: Step): OpenRequest | undefined {
  // Where the server's data is missing from the capture, the answer may be.
  if (reading.unseen.server) return undefined;
  const before = reading.steps.slice(0, until.index);
  const answered = before.findLast((s) => s.side === "server" && s.fresh && !isSmall(reading, s));
  const sent = before.filter(
    (s) => s.side === "client" && s.fresh && s.index > (answered?.index ?? -1) && asksSomething(reading, s),
  );
  const first = sent[0];
  const last = sent.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const accepted = before.find((s) => s.side === "server" && s.index > last.index && covers(s, last.end));
  const shown = sent.some((s) => reading.payload(s).kind === "request");
  return { first, last, accepted, request: shown ? "certain" : followsPattern(reading, sent) ? "pattern" : "unclear" };
}

const isSmall = (reading: Reading, step: Step): boolean => reading.payload(step).kind === "control";

/** Whether a step carries more than transport housekeeping or a goodbye. */
export function asksSomething(reading: Reading, step: Step): boolean {
  const { kind } = reading.payload(step);
  return kind !== "control" && kind !== "handshake" && kind !== "farewell" && kind !== "goaway";
}

/**
 * Every earlier burst of the client was answered by data before the next one, there was at least one,
 * and this one is of their size: a much smaller message may be one that wants no answer.
 */
function followsPattern(reading: Reading, sent: readonly Step[]): boolean {
  const request = sent[0] as Step;
  const length = sent.reduce((sum, step) => sum + step.segment.length, 0);
  let smallest = Number.POSITIVE_INFINITY;
  let answered = 0;
  let burst = 0;
  let open: Step | undefined;
  for (const step of reading.steps.slice(0, request.index)) {
    if (!step.fresh) continue;
    if (step.side === "client") {
      if (!asksSomething(reading, step)) continue;
      if (open !== undefined && step.time - open.time > SECOND) return false;
      burst = open === undefined ? step.segment.length : burst + step.segment.length;
      open = step;
    } else if (open !== undefined && !isSmall(reading, step)) {
      answered++;
      smallest = Math.min(smallest, burst);
      open = undefined;
    }
  }
  return answered > 0 && open === undefined && length * 2 >= smallest;
}

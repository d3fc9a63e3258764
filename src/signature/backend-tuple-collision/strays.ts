import { seqDiff } from "../../net/sequence.ts";
import { FIN, RST } from "../../net/tcp-flags.ts";
import { MILLISECOND, type Nanoseconds } from "../../net/time.ts";
import type { Segment, Side, Trail } from "../../session/segment.ts";
import { withoutCopies } from "../copies.ts";
import { remember } from "../remember.ts";
import { type Attempt, endOf, isBareAck, isSyn } from "../tuple-queries.ts";
import { oriented } from "./oriented.ts";

/** A SYN of the new connection and the duplicate ACK that came back on the old one instead of an answer. */
export interface Stray {
  /** The attempt as the capture shows it that the SYN is of. */
  readonly attempt: Attempt;
  readonly syn: Segment;
  readonly ack: Segment;
  readonly older: { readonly trail: Trail; readonly side: Side };
}

/** A stray ACK follows its SYN within this many round trips, within these bounds; the last when no round trip is known. */
const ROUND_TRIPS = 4;
const SHORTEST: Nanoseconds = 5 * MILLISECOND;
const LONGEST: Nanoseconds = 400 * MILLISECOND;
const UNKNOWN: Nanoseconds = 250 * MILLISECOND;
/** Fewer coincidences than this, or than half of the SYNs, are chance. */
const FEWEST = 2;
/** The same where the old connection was seen in another capture, by another clock. */
const FEWEST_ELSEWHERE = 4;

/** Nanoseconds to add to times of one capture to get times of another. */
export type Clocks = (from: number, to: number) => Nanoseconds;

/**
 * Stray duplicate ACKs on another connection of the same client port, one after each unanswered SYN:
 * the backend challenges the SYN (RFC 5961 §4) and the balancer returns the challenge along the
 * first connection's path.
 */
export function straysOf(
  attempt: Attempt,
  others: readonly { readonly trail: Trail; readonly side: Side }[],
  clocks: Clocks,
): Stray[] {
  if (attempt.synAck !== undefined || attempt.syns.length < FEWEST) return [];
  if (attempt.segments.some((s) => s.from === "server")) return [];
  let best: Stray[] = [];
  for (const older of others) {
    const acks = unprovokedAcks(older.trail)[older.side];
    if (acks.length === 0) continue;
    const here = older.trail.vantage === attempt.vantage;
    const shift = here ? 0 : clocks(older.trail.vantage, attempt.vantage);
    const rtt = here ? older.trail.flow.firstRtt : 0;
    const window = rtt > 0 ? Math.min(Math.max(ROUND_TRIPS * rtt, SHORTEST), LONGEST) : UNKNOWN;
    const found = attempt.syns.flatMap((syn): Stray[] => {
      const ack = acks.find((a) => {
        const after = a.time + shift - syn.time;
        return after <= window && (here ? a.packet > syn.packet : after > -SHORTEST);
      });
      return ack === undefined ? [] : [{ attempt, syn, ack, older }];
    });
    if (found.length < (here ? FEWEST : FEWEST_ELSEWHERE)) continue;
    if (found.length > best.length || (here && found.length === best.length)) best = found;
  }
  return 2 * best.length >= attempt.syns.length ? best : [];
}

/** By the side that plays the client. */
const unprovokedAcks = remember((trail: Trail) => ({
  client: unprovoked(withoutCopies(trail.segments)),
  server: unprovoked(withoutCopies(oriented(trail.segments, "server"))),
}));

/** Duplicate ACKs (RFC 5681 §2) from the server although the client had sent nothing that asks for an answer. */
function unprovoked(segments: readonly Segment[]): Segment[] {
  const found: Segment[] = [];
  let asked = false;
  let next: number | undefined;
  let last: Segment | undefined;
  for (const segment of segments) {
    if (segment.from === "client") {
      const repeats = next !== undefined && seqDiff(segment.seq, next) < 0;
      if (segment.length > 0 || (segment.flags & (FIN | RST)) !== 0 || isSyn(segment) || repeats) asked = true;
      const end = endOf(segment);
      if (next === undefined || seqDiff(end, next) > 0) next = end;
      continue;
    }
    const repeated =
      last !== undefined && endOf(last) === segment.seq && last.ack === segment.ack && last.window === segment.window;
    if (!asked && repeated && isBareAck(segment)) found.push(segment);
    if (next === undefined || seqDiff(segment.ack, next) >= 0) asked = false;
    last = segment;
  }
  return found;
}

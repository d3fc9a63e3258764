import { sameEndpoint } from "../../net/endpoint.ts";
import { seqAfter } from "../../net/sequence.ts";
import { FIN } from "../../net/tcp-flags.ts";
import type { Nanoseconds } from "../../net/time.ts";
import { SECOND } from "../../net/time.ts";
import type { Segment, Trail } from "../../session/segment.ts";
import { remember } from "../remember.ts";
import type { Vantage } from "../scene.ts";
import { endpointOf } from "../trail-queries.ts";
import { type Attempt, attemptsOf, type Challenge, nextNumber } from "../tuple-queries.ts";

/** A SYN that met the remains of the previous connection between the very same two sockets. */
export interface Remains {
  readonly attempt: Attempt;
  readonly challenge: Challenge;
  /** The connection that was closed before. */
  readonly previous: Trail;
  /** Its two FINs, the server's first. */
  readonly fins: readonly [Segment, Segment];
  /** How long the client had to wait for its SYN-ACK; undefined when none came. */
  readonly delay: Nanoseconds | undefined;
  /** From the first SYN to the last packet of the attempt. */
  readonly span: Nanoseconds;
  /** The SYN's number is not after the last one that the old connection expected. */
  readonly olderNumber: boolean;
}

/** Linux repeats the SYN about 10 ms after such an answer, and connects: nothing is lost by that. */
const NOTICED: Nanoseconds = 0.9 * SECOND;

/** Attempts that failed or were held up by the TIME-WAIT state of the connection before. */
export const remainsIn: (vantage: Vantage) => readonly Remains[] = remember((vantage: Vantage) =>
  attemptsOf(vantage.trails).flatMap((attempt) => remainsOf(vantage, attempt) ?? []),
);

function remainsOf(vantage: Vantage, attempt: Attempt): Remains | undefined {
  const { challenges, synAck, segments, syns } = attempt;
  const [syn] = syns;
  const [challenge] = challenges;
  const last = segments.at(-1);
  if (syn === undefined || challenge === undefined || challenge.answer.length > 0 || last === undefined)
    return undefined;
  const delay = synAck === undefined ? undefined : synAck.time - syn.time;
  const span = last.time - syn.time;
  if ((delay ?? span) < NOTICED) return undefined;
  for (const trail of vantage.trails) {
    if (attempt.trails.includes(trail) || trail.flow.from >= syn.time) continue;
    if (
      !sameEndpoint(endpointOf(trail, "client"), attempt.client) ||
      !sameEndpoint(endpointOf(trail, "server"), attempt.server)
    )
      continue;
    const fins = closedInOrder(trail);
    // Both numbers exactly: the server still stands where that connection ended.
    if (fins === undefined || nextNumber(trail.segments, "client") !== challenge.answer.ack) continue;
    if (nextNumber(trail.segments, "server") !== challenge.answer.seq) continue;
    return {
      attempt,
      challenge,
      previous: trail,
      fins,
      delay,
      span,
      olderNumber: !seqAfter(syn.seq, challenge.answer.ack),
    };
  }
  return undefined;
}

/** Both ends had closed, the server first: then TIME-WAIT is on its side (RFC 9293 §3.6). */
function closedInOrder(trail: Trail): readonly [Segment, Segment] | undefined {
  const server = trail.segments.find((s) => s.from === "server" && (s.flags & FIN) !== 0);
  const client = trail.segments.find((s) => s.from === "client" && (s.flags & FIN) !== 0);
  return server !== undefined && client !== undefined && server.packet < client.packet ? [server, client] : undefined;
}

import type { EventName } from "../flow/events.ts";
import { clientOf, serverOf } from "../flow/flow.ts";
import { sameEndpoint } from "../net/endpoint.ts";
import { seqAfter } from "../net/sequence.ts";
import { ACK, RST, SYN } from "../net/tcp-flags.ts";
import type { Segment, Trail } from "../session/segment.ts";

/** What identifies a connection wherever it is seen: its numbers. */
export interface Identity {
  readonly clientInitial: number | undefined;
  readonly serverInitial: number | undefined;
  /** Range of sequence numbers seen of each side. */
  readonly client: readonly [number, number] | undefined;
  readonly server: readonly [number, number] | undefined;
}

/** Reads a trail's identity from its segments. */
export function identify(trail: Trail): Identity {
  const syn = trail.segments.find((s) => s.from === "client" && (s.flags & (SYN | ACK)) === SYN);
  const synAck = trail.segments.find((s) => s.from === "server" && (s.flags & (SYN | ACK)) === (SYN | ACK));
  return {
    clientInitial: syn?.seq,
    serverInitial: synAck?.seq,
    client: range(trail.segments, "client"),
    server: range(trail.segments, "server"),
  };
}

/** Whether two trails of different captures are the same connection. */
export function sameConnection(a: Trail, ia: Identity, b: Trail, ib: Identity): boolean {
  const sameTuple =
    sameEndpoint(clientOf(a.flow), clientOf(b.flow)) && sameEndpoint(serverOf(a.flow), serverOf(b.flow));
  if (ia.clientInitial !== undefined && ib.clientInitial !== undefined) {
    if (ia.clientInitial !== ib.clientInitial) return false;
    if (ia.serverInitial !== undefined && ib.serverInitial !== undefined) return ia.serverInitial === ib.serverInitial;
    // Only the client's number: 32 random bits, and one end must be recognisable.
    return (
      clientOf(a.flow).port === clientOf(b.flow).port ||
      clientOf(a.flow).address === clientOf(b.flow).address ||
      serverOf(a.flow).port === serverOf(b.flow).port
    );
  }
  const overlap = overlaps(ia.client, ib.client) && overlaps(ia.server, ib.server);
  return overlap && (sameTuple || clientOf(a.flow).port === clientOf(b.flow).port);
}

const STRANGE: readonly EventName[] = ["foreignAck", "challengeAck"];

function range(segments: readonly Segment[], from: "client" | "server"): readonly [number, number] | undefined {
  let low: number | undefined;
  let high: number | undefined;
  for (const s of segments) {
    // A RST, and the challenge that it answers, may carry another connection's numbers (RFC 9293 §3.10.7.3, RFC 5961 §4).
    if (s.from !== from || (s.flags & RST) !== 0 || STRANGE.some((note) => s.notes.includes(note))) continue;
    const end = (s.seq + s.length) >>> 0;
    if (low === undefined || seqAfter(low, s.seq)) low = s.seq;
    if (high === undefined || seqAfter(end, high)) high = end;
  }
  return low === undefined || high === undefined ? undefined : [low, high];
}

function overlaps(a: readonly [number, number] | undefined, b: readonly [number, number] | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return !seqAfter(a[0], b[1]) && !seqAfter(b[0], a[1]);
}

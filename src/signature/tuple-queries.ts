/**
 * Questions about connections that share one client port. The answers come from sequence numbers
 * first and from times second: a 32-bit number that fits twice is proof, a coincidence in time is a hint.
 */
import { clientOf, serverOf } from "../flow/flow.ts";
import { type Endpoint, printEndpoint } from "../net/endpoint.ts";
import { seqAdd, seqDiff } from "../net/sequence.ts";
import { ACK, FIN, RST, SYN } from "../net/tcp-flags.ts";
import type { Segment, Side, Trail } from "../session/segment.ts";
import { withoutCopies } from "./copies.ts";

/** Numbers further apart than this are taken for two connections' (4 MiB, the survey's bound for a foreign ACK). */
export const FAR: number = 1 << 22;

/**
 * A SYN that was answered by a bare ACK instead of SYN-ACK (RFC 5961 §4), and the RST that this provokes (RFC 9293 §3.10.7.3).
 * Where the challenge was held back, data of the old connection may take its place and provoke the same RST.
 */
export interface Challenge {
  readonly syn: Segment;
  readonly answer: Segment;
  /** The client's RST with exactly the challenge's acknowledgment as its number. */
  readonly reset: Segment | undefined;
}

/** An attempt to connect, as one vantage point saw it: all SYNs with one initial number and what followed them. */
export interface Attempt {
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly vantage: number;
  /** Initial sequence number. */
  readonly isn: number;
  /** One flow; two where a RST between equal SYNs made another of it. */
  readonly trails: readonly Trail[];
  /** In capture order, without copies that a mirror or a second interface added. */
  readonly segments: readonly Segment[];
  readonly syns: readonly Segment[];
  readonly synAck: Segment | undefined;
  readonly challenges: readonly Challenge[];
}

/** The attempts among these trails, in order of their first SYN. */
export function attemptsOf(trails: readonly Trail[]): Attempt[] {
  const groups = new Map<string, { isn: number; trails: Trail[] }>();
  for (const trail of trails) {
    const isn = trail.segments.find(isSyn)?.seq;
    if (isn === undefined) continue;
    const key = `${printEndpoint(clientOf(trail.flow))} ${printEndpoint(serverOf(trail.flow))} ${isn}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { isn, trails: [trail] });
    else group.trails.push(trail);
  }
  return [...groups.values()].map(attemptOf);
}

function attemptOf({ isn, trails }: { isn: number; trails: readonly Trail[] }): Attempt {
  const [first] = trails as readonly [Trail, ...Trail[]];
  const all = trails.length === 1 ? first.segments : trails.flatMap((t) => t.segments);
  const segments = withoutCopies(trails.length === 1 ? all : [...all].sort((a, b) => a.packet - b.packet));
  const accepts = (s: Segment) => s.from === "server" && hasFlags(s, SYN | ACK) && s.ack === seqAdd(isn, 1);
  const synAck = segments.find(accepts);
  return {
    client: clientOf(first.flow),
    server: serverOf(first.flow),
    vantage: first.vantage,
    isn,
    trails,
    segments,
    syns: segments.filter((s) => isSyn(s) && s.seq === isn),
    synAck,
    challenges: challengesOf(segments, isn, synAck),
  };
}

function challengesOf(segments: readonly Segment[], isn: number, synAck: Segment | undefined): Challenge[] {
  const found: Challenge[] = [];
  let syn: Segment | undefined;
  for (const [i, segment] of segments.entries()) {
    if (segment === synAck) break;
    if (segment.from === "client") syn = isSyn(segment) && segment.seq === isn ? segment : undefined;
    else if (syn !== undefined && isPlainAck(segment) && segment.ack !== seqAdd(isn, 1)) {
      const reset = resetFor(segment, segments, i);
      if (segment.length > 0 && reset === undefined) continue;
      found.push({ syn, answer: segment, reset });
      syn = undefined;
    }
  }
  return found;
}

function resetFor(answer: Segment, segments: readonly Segment[], index: number): Segment | undefined {
  for (let i = index + 1; i < segments.length; i++) {
    const segment = segments[i] as Segment;
    if (segment.from !== "client") continue;
    if (isSyn(segment)) return undefined;
    if (hasFlags(segment, RST) && segment.seq === answer.ack) return segment;
  }
  return undefined;
}

/** The number after the last one that a segment uses: SYN and FIN count one each (RFC 9293 §3.4). */
export function endOf(segment: Segment): number {
  const controls = (segment.flags & (SYN | FIN)) !== 0 ? 1 : 0;
  return seqAdd(segment.seq, segment.length + controls);
}

/** The number a side would send next, as its segments among these show it; undefined when it sent none. */
export function nextNumber(segments: readonly Segment[], side: Side): number | undefined {
  let next: number | undefined;
  for (const segment of segments) {
    if (segment.from !== side || hasFlags(segment, RST)) continue;
    const end = endOf(segment);
    if (next === undefined || seqDiff(end, next) > 0) next = end;
  }
  return next;
}

/**
 * Answers on a connection that carry another connection's numbers: neither is near what the
 * speaker sent and acknowledged, and the speaker does not follow them. (Where packets are missing
 * from the capture both ends jump together.) Handshakes and RSTs do not count.
 */
export function foreignAnswers(segments: readonly Segment[], speaker: Side): Segment[] {
  const found: Segment[] = [];
  let doubted: Segment[] = [];
  let sent: number | undefined;
  let expected = 0;
  for (const segment of segments) {
    if (hasFlags(segment, RST) || !hasFlags(segment, ACK)) continue;
    if (segment.from === speaker) {
      if (!doubted.some((answer) => !isFar(segment.seq, answer.ack))) found.push(...doubted);
      doubted = [];
      sent = endOf(segment);
      expected = segment.ack;
    } else if (sent !== undefined && !hasFlags(segment, SYN)) {
      if (isFar(segment.ack, sent) && isFar(segment.seq, expected)) doubted.push(segment);
    }
  }
  return [...found, ...doubted];
}

export const isFar = (a: number, b: number): boolean => Math.abs(seqDiff(a, b)) > FAR;

export const hasFlags = (segment: Segment, flags: number): boolean => (segment.flags & flags) === flags;

/** SYN without ACK. */
export const isSyn = (segment: Segment): boolean => (segment.flags & (SYN | ACK)) === SYN;

/** ACK alone, no payload. */
export const isBareAck = (segment: Segment): boolean => segment.length === 0 && isPlainAck(segment);

/** ACK without SYN, FIN or RST, with or without payload. */
const isPlainAck = (segment: Segment): boolean => (segment.flags & (SYN | FIN | RST | ACK)) === ACK;

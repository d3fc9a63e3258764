import { clientOf, serverOf } from "../flow/flow.ts";
import { type Endpoint, printEndpoint } from "../net/endpoint.ts";
import { seqDiff } from "../net/sequence.ts";
import { ACK, RST, SYN } from "../net/tcp-flags.ts";
import { MILLISECOND, type Nanoseconds, SECOND } from "../net/time.ts";
import type { IcmpError, Segment, Trail } from "../session/segment.ts";
import { remember } from "./remember.ts";
import type { Destination, Scene, Vantage } from "./scene.ts";

/** An attempt to open a connection, as one vantage point saw it. */
export interface Attempt {
  readonly vantage: Vantage;
  readonly trail: Trail;
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** The client's SYNs, the repeated ones too; copies within 100 ms (a mirror, a second interface) count once. */
  readonly syns: readonly [Segment, ...Segment[]];
  readonly synAck: Segment | undefined;
  /** The RST that acknowledges the SYN: the only RST that a connecting client believes (RFC 9293 §3.10.7.3). */
  readonly refusal: Segment | undefined;
  /** ICMP errors that quote what the client sent. */
  readonly icmp: readonly IcmpError[];
  /** Nothing came back at all, and the client sent nothing that answers something we missed. */
  readonly silent: boolean;
}

/** Linux waits 1 s before it repeats a SYN and a SYN-ACK (RFC 6298 §2): an answer not seen by now was lost twice. */
export const PATIENCE: Nanoseconds = 3 * SECOND;
/** Two SYNs closer than this are one SYN seen twice. */
const SAME_SYN: Nanoseconds = 100 * MILLISECOND;

/** Every attempt among the trails of a vantage point, in order of the first packet. */
export const attemptsOf: (vantage: Vantage) => readonly Attempt[] = remember((vantage: Vantage) =>
  vantage.trails.flatMap((trail) => attemptOf(vantage, trail) ?? []),
);

/** The same by trail. */
export const attemptsByTrail: (vantage: Vantage) => ReadonlyMap<Trail, Attempt> = remember(
  (vantage: Vantage) => new Map(attemptsOf(vantage).map((a) => [a.trail, a] as const)),
);

function attemptOf(vantage: Vantage, trail: Trail): Attempt | undefined {
  const [first, ...more] = distinctSyns(trail.segments);
  if (first === undefined) return undefined;
  const answers = trail.segments.filter((s) => s.from === "server");
  const own = trail.segments.filter((s) => s.from === "client");
  const icmp = trail.icmp.filter((error) => error.quoted === "client");
  return {
    vantage,
    trail,
    client: clientOf(trail.flow),
    server: serverOf(trail.flow),
    syns: [first, ...more],
    synAck: answers.find((s) => (s.flags & (SYN | ACK)) === (SYN | ACK)),
    refusal: answers.find((s) => refuses(s, first)),
    icmp,
    silent: answers.length === 0 && icmp.length === 0 && own.every((s) => (s.flags & (SYN | RST)) !== 0),
  };
}

const isSyn = (s: Segment): boolean => s.from === "client" && (s.flags & (SYN | ACK | RST)) === SYN;

function distinctSyns(segments: readonly Segment[]): Segment[] {
  const found: Segment[] = [];
  for (const s of segments) {
    const last = found[found.length - 1];
    if (isSyn(s) && (last === undefined || s.time - last.time >= SAME_SYN)) found.push(s);
  }
  return found;
}

/** RST with an ACK of the SYN, or of the SYN and the data it carried (RFC 7413). */
function refuses(s: Segment, syn: Segment): boolean {
  const acked = seqDiff(s.ack, syn.seq);
  return (s.flags & (RST | ACK | SYN)) === (RST | ACK) && acked >= 1 && acked <= 1 + syn.length;
}

/** A host refuses at once: what comes later answers something else. */
const AT_ONCE: Nanoseconds = SECOND;

/** Whether the host refused this attempt: its RST acknowledges the SYN, follows it at once, and is the first thing it sent. */
export function refusedAtOnce({ trail, syns, refusal }: Attempt): boolean {
  if (refusal === undefined || trail.segments.find((s) => s.from === "server") !== refusal) return false;
  const asked = syns.findLast((syn) => syn.packet < refusal.packet);
  return asked !== undefined && refusal.time - asked.time <= AT_ONCE;
}

/** Destinations that answered somebody, by address. */
export const answeredBy: (vantage: Vantage) => ReadonlyMap<string, readonly Destination[]> = remember(
  (vantage: Vantage) =>
    Map.groupBy(
      [...vantage.destinations.values()].filter((d) => d.answered > 0),
      (d) => d.endpoint.address,
    ),
);

/** Groups attempts by the server they were meant for. */
export function byServer(attempts: readonly Attempt[]): (readonly [Attempt, ...Attempt[]])[] {
  const groups = new Map<string, [Attempt, ...Attempt[]]>();
  for (const attempt of attempts) {
    const key = printEndpoint(attempt.server);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [attempt]);
    else group.push(attempt);
  }
  return [...groups.values()];
}

/** When the last of some attempts at one vantage point began; nothing where all began at one time. */
export function untilOf(attempts: readonly Attempt[]): { readonly until?: Nanoseconds } {
  const begun = attempts.map(({ syns }) => syns[0].time);
  const until = begun.reduce((last, each) => Math.max(last, each), 0);
  return begun.every((each) => each === until) ? {} : { until };
}

/** The same attempt at the other vantage points. */
export function elsewhere(scene: Scene, attempt: Attempt): readonly Attempt[] {
  return scene.sightings(attempt.trail).flatMap((s) => attemptsByTrail(s.vantage).get(s.trail) ?? []);
}

/** Leaves out attempts that an earlier capture shows too, so that each is told once. */
export function toldOnce(scene: Scene, attempts: readonly Attempt[], fits: (attempt: Attempt) => boolean): Attempt[] {
  return attempts.filter(
    (attempt) =>
      fits(attempt) && !elsewhere(scene, attempt).some((o) => o.vantage.index < attempt.vantage.index && fits(o)),
  );
}

/** Names the clients of some attempts: the one endpoint, or each address with how many ports it used. */
export function clientsOf(attempts: readonly Attempt[]): string {
  const [only] = attempts;
  if (attempts.length === 1 && only !== undefined) return printEndpoint(only.client);
  const addresses = [...new Set(attempts.map((a) => a.client.address))];
  return addresses.length > 3 ? `${addresses.length} clients` : addresses.join(", ");
}

/** A client that tries both IP versions goes on to the other within this time (RFC 8305 §5: 250 ms, and retries). */
const FALLBACK: Nanoseconds = 2 * SECOND;

/** Whether the same port was reached over the other IP version right then, as a client does that tries both (RFC 8305). */
export function otherVersionAnswered({ vantage, server, syns }: Attempt): boolean {
  const sixth = server.address.includes(":");
  return [...vantage.destinations.values()].some(
    ({ endpoint, answeredFrom, answeredTo }) =>
      endpoint.port === server.port &&
      endpoint.address.includes(":") !== sixth &&
      answeredFrom !== undefined &&
      answeredTo !== undefined &&
      answeredFrom <= syns[0].time + FALLBACK &&
      answeredTo >= syns[0].time - FALLBACK,
  );
}

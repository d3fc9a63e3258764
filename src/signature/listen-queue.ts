import { serverOf } from "../flow/flow.ts";
import { type Endpoint, printEndpoint } from "../net/endpoint.ts";
import { ACK, RST, SYN } from "../net/tcp-flags.ts";
import type { Nanoseconds } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import { isAtHost } from "./answering-host.ts";
import { remember } from "./remember.ts";
import type { Scene, Vantage } from "./scene.ts";
import { type Attempt, attemptsOf } from "./syn-queries.ts";
import { covers, type Reading, readTrail, type Step } from "./trail-queries.ts";

/** A connection that the client has and the server's application does not: its last ACK and its data are passed over. */
export interface HalfOpened {
  readonly reading: Reading;
  /** The client's ACK of the SYN-ACK, its data, and the SYN-ACK that comes again nevertheless. */
  readonly ack: Step;
  readonly data: Step;
  readonly again: readonly Step[];
}

/** A connection that the kernel opened and whose request it acknowledged, while the application says nothing. */
export interface Waiting {
  readonly reading: Reading;
  readonly request: Step;
  readonly accepted: Step;
  /** When the application spoke at last. */
  readonly answered: Nanoseconds | undefined;
}

/** What one capture shows of one listening port. */
export interface PortSigns {
  readonly vantage: Vantage;
  readonly server: Endpoint;
  /** Taken at the server's own host. */
  readonly atHost: boolean;
  readonly halfOpened: readonly HalfOpened[];
  /** Connections whose first data is never taken, without another SYN-ACK. */
  readonly passedOver: readonly Reading[];
  /** SYNs that got no answer while connections waited. */
  readonly dropped: readonly Attempt[];
  readonly waiting: readonly Waiting[];
  /** Handshakes whose client never answered the SYN-ACK. */
  readonly unfinished: readonly Attempt[];
}

/** What every capture shows of every listening port that passed something over. */
export function portSigns(scene: Scene): PortSigns[] {
  return scene.vantages.flatMap((vantage) => {
    if (vantage.oneSided) return [];
    const attempts = Map.groupBy(attemptsOf(vantage), ({ server }) => printEndpoint(server));
    return [...trailsByServer(vantage)].flatMap(
      ([server, trails]) => signsOf(vantage, trails, attempts.get(server) ?? []) ?? [],
    );
  });
}

function signsOf(vantage: Vantage, trails: readonly Trail[], attempts: readonly Attempt[]): PortSigns | undefined {
  const [first] = trails;
  if (first === undefined) return undefined;
  const server = serverOf(first.flow);
  const halfOpened = trails.flatMap((t) => halfOpenedIn(t) ?? []);
  const silent = attempts.filter((a) => a.silent && a.syns.length > 1);
  const passedOver = trails.filter((t) => isPassedOver(vantage, t)).map((t) => readTrail(t));
  if (halfOpened.length === 0 && silent.length === 0 && passedOver.length === 0) return undefined;
  const waiting = trails.flatMap((t) => waitingIn(t) ?? []);
  const dropped = silent.filter((a) => waiting.some((w) => isWaitingAt(w, a.syns[0].time)));
  const unfinished = attempts.filter(isUnfinished);
  const atHost = isAtHost(vantage, server.address);
  return {
    vantage,
    server,
    atHost,
    halfOpened,
    passedOver,
    dropped: dropped.length > 0 ? dropped : silent,
    waiting,
    unfinished,
  };
}

/** SYN-ACK, the client's ACK and data, and the SYN-ACK again: the kernel dropped the ACK (tcp_v4_syn_recv_sock, queue full). */
function halfOpenedIn(trail: Trail): HalfOpened | undefined {
  if (trail.flow.synAck.length === 0) return undefined;
  const reading = readTrail(trail);
  const { steps } = reading;
  const synAck = steps.find((s) => s.side === "server" && isSynAck(s));
  if (synAck === undefined) return undefined;
  const ack = steps.find(
    (s) => s.side === "client" && s.index > synAck.index && !s.syn && !s.rst && covers(s, synAck.end),
  );
  // A listener with TCP_DEFER_ACCEPT waits for data and asks again until it comes: only what ignores data is full.
  const data = steps.find((s) => s.side === "client" && s.fresh && s.index >= (ack?.index ?? Number.POSITIVE_INFINITY));
  if (ack === undefined || data === undefined) return undefined;
  const taken = steps.find((s) => s.side === "server" && !s.syn && covers(s, data.end));
  const again = steps.filter(
    (s) =>
      s.side === "server" &&
      isSynAck(s) &&
      s.index > data.index &&
      s.segment.seq === synAck.segment.seq &&
      s.index < (taken?.index ?? Number.POSITIVE_INFINITY),
  );
  return again.length === 0 ? undefined : { reading, ack, data, again };
}

/** Whether the server never sent anything but SYN-ACK, and perhaps a RST: it took nothing of what the client said. */
export const saidOnlySynAck = ({ steps }: Reading): boolean =>
  steps.some((s) => s.side === "server" && isSynAck(s)) &&
  steps.every((s) => s.side === "client" || isSynAck(s) || s.rst);

/** Repetitions of the first data that are no chance. */
const FEWEST_REPEATS = 3;

/**
 * Whether a server's kernel passes over all that a client says on a connection that it answered with SYN-ACK, while it
 * takes what comes on others of the same port, whose application is silent: its queue is full, the host is not gone.
 */
export function isPassedOver(vantage: Vantage, trail: Trail): boolean {
  if (trail.flow.synAck.length === 0) return false;
  const reading = readTrail(trail);
  const { steps } = reading;
  if (!saidOnlySynAck(reading)) return false;
  const data = steps.find((s) => s.side === "client" && s.fresh);
  if (data === undefined || steps.filter((s) => s.side === "client" && s.repeat).length < FEWEST_REPEATS) return false;
  const server = printEndpoint(serverOf(trail.flow));
  return (trailsByServer(vantage).get(server) ?? []).some((t) => t !== trail && takesMeanwhile(t, data.time));
}

function takesMeanwhile(trail: Trail, time: Nanoseconds): boolean {
  const waiting = waitingIn(trail);
  return waiting !== undefined && waiting.accepted.time >= time;
}

const isSynAck = (step: Step): boolean => (step.segment.flags & (SYN | ACK)) === (SYN | ACK);

function waitingIn(trail: Trail): Waiting | undefined {
  if (trail.flow.synAck.length === 0) return undefined;
  const reading = readTrail(trail);
  const request = reading.steps.find((s) => s.side === "client" && s.fresh);
  if (request === undefined) return undefined;
  const accepted = reading.steps.find(
    (s) => s.side === "server" && s.index > request.index && !s.syn && !s.rst && covers(s, request.end),
  );
  // The kernel acknowledges by itself; what comes with data comes from the application.
  if (accepted === undefined || accepted.fresh) return undefined;
  const answered = reading.steps.find((s) => s.side === "server" && (s.fresh || s.fin || s.rst))?.time;
  return { reading, request, accepted, answered };
}

/** How many connections to a server waited for its application at a time. */
export function waitingAt(vantage: Vantage, server: Endpoint, time: Nanoseconds): number {
  const there = trailsByServer(vantage).get(printEndpoint(server)) ?? [];
  return there.filter((trail) => {
    const waiting = waitingIn(trail);
    return waiting !== undefined && isWaitingAt(waiting, time);
  }).length;
}

const trailsByServer = remember((vantage: Vantage) =>
  Map.groupBy(vantage.trails, ({ flow }) => printEndpoint(serverOf(flow))),
);

export const isWaitingAt = ({ accepted, answered }: Waiting, time: Nanoseconds): boolean =>
  accepted.time <= time && (answered === undefined || answered > time);

/** SYN-ACK after SYN-ACK, and nothing from the client but its SYN: it fills the queue of half-open connections. */
const isUnfinished = ({ synAck, trail }: Attempt): boolean =>
  synAck !== undefined && trail.segments.every((s) => s.from === "server" || (s.flags & (SYN | RST)) !== 0);

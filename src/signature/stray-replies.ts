import { clientOf, serverOf } from "../flow/flow.ts";
import { type Endpoint, printEndpoint, sameEndpoint } from "../net/endpoint.ts";
import { seqAfter, seqDiff } from "../net/sequence.ts";
import { ACK } from "../net/tcp-flags.ts";
import type { Nanoseconds } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import { remember } from "./remember.ts";
import type { Vantage } from "./scene.ts";
import { endpointOf, type Reading, readTrail, type Step } from "./trail-queries.ts";

/**
 * A packet that belongs to a connection by its numbers, but came from another address than the one the client talks to:
 * the box that translates let it through as it was. The client knows no such connection and answers with a RST whose
 * number is that packet's acknowledgment (RFC 9293 §3.10.7.1), which the real sender believes.
 */
export interface StrayReply {
  readonly vantage: Vantage;
  /** The connection it belongs to. */
  readonly victim: Reading;
  /** The packet and the RST, in the flow that they make up here. */
  readonly stray: Reading;
  readonly packet: Step;
  readonly rst: Step;
  /** Whose address it bears. */
  readonly backend: Endpoint;
  /** Where its bytes stand: the very next ones of the connection, or others (sent before, or ahead of a hole). */
  readonly order: "next" | "old" | "ahead";
  /** The last packet of the connection that the client got before, from the address it knows. */
  readonly before: Step | undefined;
  /** Whether the connection lived on: its server sent more than a RST afterwards. */
  readonly livedOn: boolean;
}

/** Bytes that one side may be ahead of what was seen of it. */
const AHEAD = 1 << 27;
const WINDOW = 1 << 24;

/** The stray replies that a capture shows. */
export const strayRepliesOf: (vantage: Vantage) => readonly StrayReply[] = remember((vantage: Vantage) => {
  const known = Map.groupBy(
    vantage.trails.filter((t) => t.flow.syn.length > 0 || t.flow.bytes[0] + t.flow.bytes[1] > 0),
    ({ flow }) => printEndpoint(clientOf(flow)),
  );
  return vantage.trails.flatMap((trail) => strayIn(vantage, trail, known) ?? []);
});

/** Whether a flow is no connection, but a stray reply of another one and its RST. */
export const isStray = (vantage: Vantage, trail: Trail): boolean => strayTrailsOf(vantage).has(trail);

const strayTrailsOf = remember(
  (vantage: Vantage): ReadonlySet<Trail> => new Set(strayRepliesOf(vantage).map(({ stray }) => stray.trail)),
);

function strayIn(vantage: Vantage, trail: Trail, known: ReadonlyMap<string, readonly Trail[]>): StrayReply | undefined {
  if (trail.flow.syn.length > 0 || trail.flow.synAck.length > 0) return undefined;
  const stray = readTrail(trail);
  const rst = stray.steps.find((s) => s.rst && (s.segment.flags & ACK) === 0);
  if (rst === undefined) return undefined;
  const packet = stray.steps.findLast((s) => s.index < rst.index && s.side !== rst.side);
  if (packet === undefined || packet.rst || packet.segment.ack !== rst.segment.seq) return undefined;
  // A flow in which the two ends had talked before is a connection of its own.
  if (stray.steps.some((s) => s.side === rst.side && !s.rst && s.index < rst.index)) return undefined;
  const client = endpointOf(trail, rst.side);
  const backend = endpointOf(trail, packet.side);
  for (const other of known.get(printEndpoint(client)) ?? []) {
    if (other === trail || sameEndpoint(serverOf(other.flow), backend)) continue;
    const victim = readTrail(other);
    const fit = fitOf(victim, packet);
    if (fit !== undefined) return { vantage, victim, stray, packet, rst, backend, ...fit };
  }
  return undefined;
}

/** Whether a packet's numbers are those of the connection at that time, and what became of the connection. */
function fitOf(victim: Reading, packet: Step): Pick<StrayReply, "order" | "before" | "livedOn"> | undefined {
  const { time, segment } = packet;
  const earlier = victim.steps.filter((s) => s.time <= time);
  const own = nextOf(earlier, "client");
  const theirs = nextOf(earlier, "server");
  const first = earlier.find((s) => s.side === "client");
  const before = earlier.findLast((s) => s.side === "server" && !s.rst);
  if (own === undefined || theirs === undefined || first === undefined || before === undefined) return undefined;
  const behind = seqDiff(own, segment.ack);
  if (behind < 0 || behind > WINDOW || !seqAfter(segment.ack, first.segment.seq)) return undefined;
  const ahead = seqDiff(segment.seq, theirs);
  if (Math.abs(ahead) > AHEAD) return undefined;
  const order = ahead === 0 ? "next" : ahead < 0 ? "old" : "ahead";
  return { order, before, livedOn: victim.steps.some((s) => s.side === "server" && !s.rst && isLater(s, time)) };
}

const isLater = (step: Step, time: Nanoseconds): boolean => step.time > time;

function nextOf(steps: readonly Step[], side: Step["side"]): number | undefined {
  let next: number | undefined;
  for (const step of steps) {
    if (step.side === side && !step.rst && (next === undefined || seqAfter(step.end, next))) next = step.end;
  }
  return next;
}

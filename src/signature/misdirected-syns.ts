import { clientOf } from "../flow/flow.ts";
import { printEndpoint, sameEndpoint } from "../net/endpoint.ts";
import { ACK, RST, SYN } from "../net/tcp-flags.ts";
import { SECOND } from "../net/time.ts";
import type { Segment, Trail } from "../session/segment.ts";
import { remember } from "./remember.ts";
import type { Scene, Vantage } from "./scene.ts";
import { type Attempt, attemptsOf, elsewhere } from "./syn-queries.ts";

/**
 * The SYN come back to the host that sent it: a packet with this SYN's port and initial number whose source and
 * destination address are the same.
 */
export function loopedCopy(scene: Scene, attempt: Attempt): Attempt | undefined {
  if (attempt.client.address === attempt.server.address) return undefined;
  return scene.vantages.map((v) => loopedOf(v).get(loopKey(attempt))).find((copy) => copy !== undefined);
}

const loopKey = (a: Attempt): string => `${printEndpoint(a.client)} ${a.syns[0].seq}`;

const loopedOf = remember((vantage: Vantage) => {
  const looped = attemptsOf(vantage).filter((a) => a.client.address === a.server.address);
  return new Map(looped.map((a) => [loopKey(a), a] as const));
});

/**
 * The SYNs reach a host that takes them for another connection's (RFC 5961 §4), so they are not lost: after most of
 * them a duplicate ACK comes on another connection from the same client port, or, where the addresses are the same, on theirs.
 */
export function answeredElsewhere(scene: Scene, attempt: Attempt): boolean {
  const copies = [attempt, ...elsewhere(scene, attempt)];
  if (copies.some((a) => !a.silent && a.synAck === undefined && a.refusal === undefined && a.icmp.length === 0))
    return true;
  return copies.some((a) => scene.vantages.some((vantage) => drawsAnswers(a, vantage)));
}

/** Whether a vantage point shows a repeated bare ACK towards the same client port after most of the SYNs, before the next one. */
function drawsAnswers({ vantage: own, syns, trail, client }: Attempt, vantage: Vantage): boolean {
  const shift = Number(own.epoch - vantage.epoch);
  const others = vantage.trails.filter((t) => t !== trail && sameEndpoint(clientOf(t.flow), client));
  const bare = others.flatMap((t) => repeatedAcks(t));
  const drawn = syns.filter((syn, i) => {
    const from = syn.time + shift;
    const until = Math.min(from + SECOND, (syns[i + 1]?.time ?? Number.POSITIVE_INFINITY) + shift);
    return bare.some((s) => s.time > from && s.time < until);
  });
  return drawn.length * 2 >= syns.length;
}

/** Bare ACKs of the server that acknowledge nothing new. */
function repeatedAcks({ segments }: Trail): Segment[] {
  const answers = segments.filter((s) => s.from === "server");
  return answers.filter(
    (s, i) => s.length === 0 && (s.flags & (SYN | RST | ACK)) === ACK && s.ack === answers[i - 1]?.ack,
  );
}

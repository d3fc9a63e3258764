import { printEndpoint } from "../../net/endpoint.ts";
import { seqDiff } from "../../net/sequence.ts";
import { ACK, FIN, RST, SYN } from "../../net/tcp-flags.ts";
import type { Side, Trail } from "../../session/segment.ts";
import type { Scene } from "../scene.ts";
import { endpointOf, other } from "../trail-queries.ts";
import { type Attempt, attemptsOf, type Challenge, endOf, hasFlags } from "../tuple-queries.ts";
import { numbersFit } from "./numbers-fit.ts";
import { type Clocks, type Stray, straysOf } from "./strays.ts";

/** A connection in one capture, and the side of the trail that the collision's client plays. */
export interface Sight {
  readonly trail: Trail;
  readonly side: Side;
}

/** The older connection in one capture. */
export interface Older extends Sight {
  /** How well its numbers fit the challenge: both exactly, or near where packets are missing from the capture. */
  readonly fit: "exact" | "near";
}

/** Two connections of one client port that met at one backend, as all captures together show them. */
export interface Collision {
  /** The newer connection's attempt to connect in each capture that has it; empty when its start was not captured. */
  readonly attempts: readonly Attempt[];
  readonly newer: readonly Sight[];
  readonly older: readonly Older[];
  readonly challenge: Challenge | undefined;
  /** The capture that shows the challenge. */
  readonly challengedAt: number;
  /** Of every capture that shows them: one SYN comes once for each. */
  readonly strays: readonly Stray[];
  /** Whether a capture shows that the two went to different destinations. */
  readonly twoDestinations: boolean;
  readonly established: boolean;
}

/** Trails by the client endpoint that they may belong to. */
export type ByClient = ReadonlyMap<string, readonly Sight[]>;

/** Every attempt that was answered with the numbers of an older connection, or whose answers went to one. */
export function collisionsOf(scene: Scene, byClient: ByClient): Collision[] {
  const clocks = clocksOf(scene);
  const groups = new Map<string, Attempt[]>();
  for (const vantage of scene.vantages) {
    for (const attempt of attemptsOf(vantage.trails)) {
      // The client's address and port are the same everywhere: that they are preserved is what makes the collision.
      const key = `${printEndpoint(attempt.client)} ${attempt.isn}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [attempt]);
      else group.push(attempt);
    }
  }
  return [...groups.values()].flatMap((attempts) => collisionsOfOne(attempts, byClient, clocks));
}

/**
 * One SYN may meet several connections in turn: where its RST ends a flow that the balancer still knew, the SYN that is repeated is a flow of its
 * own, and goes to a backend where it meets another.
 */
function collisionsOfOne(attempts: readonly Attempt[], byClient: ByClient, clocks: Clocks): Collision[] {
  const first = collisionOf(attempts, byClient, clocks);
  if (first === undefined) return [];
  const answeredByAnother = ({ answer }: Challenge): boolean =>
    first.older.every(({ trail, side }) => numbersFit(trail, side, answer) === undefined);
  const rest = attempts.map((attempt) => ({ ...attempt, challenges: attempt.challenges.filter(answeredByAnother) }));
  if (first.older.length === 0 || rest.every(({ challenges }) => challenges.length === 0)) return [first];
  const met = new Set(first.older.map(({ trail }) => trail));
  const others = collisionsOfOne(rest, byClient, clocks).filter(
    ({ older }) => older.length > 0 && older.every(({ trail }) => !met.has(trail)),
  );
  return [first, ...others];
}

/** By the clocks as they stand in the captures. */
export function clocksOf(scene: Scene): Clocks {
  return (from, to) => Number((scene.vantages[from]?.epoch ?? 0n) - (scene.vantages[to]?.epoch ?? 0n));
}

/** Puts every trail under its client's endpoint; where no SYN was seen, under both ends. */
export function byClientOf(scene: Scene): ByClient {
  const index = new Map<string, Sight[]>();
  for (const trail of scene.vantages.flatMap((v) => v.trails)) {
    const sides: readonly Side[] = trail.flow.clientSeen ? ["client"] : ["client", "server"];
    for (const side of sides) {
      const key = printEndpoint(endpointOf(trail, side));
      const list = index.get(key);
      if (list === undefined) index.set(key, [{ trail, side }]);
      else list.push({ trail, side });
    }
  }
  return index;
}

function collisionOf(attempts: readonly Attempt[], byClient: ByClient, clocks: Clocks): Collision | undefined {
  const challenged =
    attempts.find((a) => a.challenges.some((c) => c.reset !== undefined)) ??
    attempts.find((a) => a.challenges.length > 0);
  const challenge = challenged?.challenges.find((c) => c.reset !== undefined) ?? challenged?.challenges[0];
  const newer = attempts.flatMap((a) => a.trails).map((trail): Sight => ({ trail, side: "client" }));
  const known = new Set(newer.map((n) => n.trail));
  const others = (attempt: Attempt) =>
    (byClient.get(printEndpoint(attempt.client)) ?? []).filter(({ trail }) => !known.has(trail));
  const strays = attempts.flatMap((attempt) => straysOf(attempt, others(attempt), clocks));
  if (challenge === undefined && strays.length === 0) return undefined;

  const older = new Map<Trail, Older>();
  for (const stray of strays) older.set(stray.older.trail, { ...stray.older, fit: "exact" });
  if (challenge !== undefined) {
    for (const attempt of attempts) {
      for (const { trail, side } of others(attempt)) {
        const fit = numbersFit(trail, side, challenge.answer);
        if (fit !== undefined && older.get(trail)?.fit !== "exact") older.set(trail, { trail, side, fit });
      }
    }
  }
  const best = [...older.values()].some((o) => o.fit === "exact") ? "exact" : "near";
  const fitting = [...older.values()].filter((o) => o.fit === best);
  if (fitting.some((o) => closedBefore(o, attempts, challenge))) return undefined;
  return {
    attempts,
    newer,
    older: fitting,
    challenge,
    challengedAt: challenged?.vantage ?? 0,
    strays,
    twoDestinations: differ(newer, fitting),
    established: attempts.some((a) => a.synAck !== undefined),
  };
}

/** True when the newer and the older connection were each seen towards a destination that the other was not. */
export function differ(newer: readonly Sight[], older: readonly Sight[]): boolean {
  const news = new Set(newer.map(destinationOf));
  const olds = new Set(older.map(destinationOf));
  return [...news].some((n) => !olds.has(n)) && [...olds].some((o) => !news.has(o));
}

const destinationOf = ({ trail, side }: Sight): string => printEndpoint(endpointOf(trail, other(side)));

/** Either end had closed the old connection, by the challenge's numbers or by this capture's own order. */
function closedBefore(older: Older, attempts: readonly Attempt[], challenge: Challenge | undefined): boolean {
  const here = attempts.find((a) => a.vantage === older.trail.vantage);
  const first = here?.syns[0]?.packet ?? 0;
  // A RST before its own SYN-ACK answered a challenge: it was the newer one of an earlier collision.
  const opened = older.trail.segments.findIndex((s) => hasFlags(s, SYN | ACK));
  return older.trail.segments.some((s, i) => {
    if ((s.flags & (FIN | RST)) === 0 || i < opened) return false;
    if (s.packet < first) return true;
    if (challenge === undefined || !hasFlags(s, FIN)) return false;
    const reached = s.from === older.side ? challenge.answer.ack : challenge.answer.seq;
    return seqDiff(reached, endOf(s)) >= 0;
  });
}

import { clientOf, type Flow, serverOf } from "../../flow/flow.ts";
import { type Endpoint, printEndpoint, sameEndpoint } from "../../net/endpoint.ts";
import type { Nanoseconds } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { remember } from "../remember.ts";
import type { Scene, Vantage } from "../scene.ts";
import { type Attempt, attemptsByTrail, attemptsOf } from "../syn-queries.ts";

/** Fewer ports in a row than this may be chance. */
const SMALLEST_RANGE = 4;

/** A connection before and after the box that rewrites its source address. */
export interface Translation {
  readonly near: Attempt;
  readonly far: Attempt;
  /** Add to the far capture's times to get the near one's. */
  readonly offset: Nanoseconds;
}

/** The source ports that a translating box holds towards one server at one instant. */
export interface HeldPorts {
  readonly vantage: Vantage;
  readonly box: string;
  readonly server: Endpoint;
  /** In ascending order, and the trail that uses each. */
  readonly ports: readonly number[];
  readonly trails: readonly Trail[];
  /** The ports form a range without a gap that is too long for chance. */
  readonly full: boolean;
}

/**
 * The connections of `attempts` that are also seen with another source address, later: in another capture, or in the same one
 * where it was taken on the box (both of its sides).
 */
export function translationsOf(scene: Scene, attempts: readonly Attempt[]): Translation[] {
  return attempts.flatMap((near) => {
    const [syn] = near.syns;
    const other = scene.sightings(near.trail).flatMap(({ vantage, trail, offset }) => {
      const far = attemptsByTrail(vantage).get(trail);
      return far !== undefined && far.syns[0].time + offset > syn.time ? [{ far, offset }] : [];
    });
    const same = (bySequence(near.vantage).get(syn.seq) ?? [])
      .filter((a) => a.trail !== near.trail && a.syns[0].packet > syn.packet)
      .map((far) => ({ far, offset: 0 }));
    return [...same, ...other]
      .filter(({ far }) => far.client.address !== near.client.address && far.client.address !== far.server.address)
      .slice(0, 1)
      .map((twin) => ({ near, ...twin }));
  });
}

const bySequence = remember((vantage: Vantage) => Map.groupBy(attemptsOf(vantage), ({ syns }) => syns[0].seq));

/**
 * What the box held when a SYN came in at `time` (near clock), for the server to which it held most. `kept` is how long
 * it keeps the port of a closed connection.
 */
export function heldAt(
  translations: readonly Translation[],
  time: Nanoseconds,
  kept: Nanoseconds,
): HeldPorts | undefined {
  const found = new Map<string, HeldPorts>();
  for (const { far, offset } of translations) {
    const there = time - offset;
    if (there < far.vantage.from || there > far.vantage.to) continue;
    const key = `${far.vantage.index} ${far.client.address} ${printEndpoint(far.server)}`;
    if (!found.has(key)) found.set(key, held(far, there, kept));
  }
  return [...found.values()].sort((a, b) => b.ports.length - a.ports.length)[0];
}

function held({ vantage, client, server }: Attempt, time: Nanoseconds, kept: Nanoseconds): HeldPorts {
  const byPort = new Map<number, Trail>();
  for (const trail of vantage.trails) {
    const { flow } = trail;
    if (clientOf(flow).address !== client.address || !sameEndpoint(serverOf(flow), server)) continue;
    if (flow.from <= time && endOf(flow) + kept >= time) byPort.set(clientOf(flow).port, trail);
  }
  const ports = [...byPort.keys()].sort((a, b) => a - b);
  const [low = 0, high = 0] = [ports[0], ports[ports.length - 1]];
  return {
    vantage,
    box: client.address,
    server,
    ports,
    trails: ports.map((port) => byPort.get(port) as Trail),
    full: ports.length >= SMALLEST_RANGE && high - low + 1 === ports.length,
  };
}

/** When a flow ended; never, for one that was open when the capture ended. */
export function endOf(flow: Flow): Nanoseconds {
  const ended = flow.state === "closed" || flow.state === "reset" || flow.state === "refused";
  return ended ? flow.to : Number.POSITIVE_INFINITY;
}

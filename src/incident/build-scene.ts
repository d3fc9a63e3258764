import { destinationsOf } from "../flow/destinations.ts";
import { clientOf, serverOf } from "../flow/flow.ts";
import type { RecordedLog } from "../log/log-recorder.ts";
import { printEndpoint, sameEndpoint } from "../net/endpoint.ts";
import { instantOf } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import type { Session } from "../session/session-recorder.ts";
import type { Scene, Sighting, Vantage } from "../signature/scene.ts";
import { type ClockOffset, clockOffset } from "./clock-offset.ts";
import { identify, sameConnection } from "./join.ts";
import { mentionsOf } from "./mentions.ts";
import { placeLogs } from "./place-logs.ts";
import type { Surveyed } from "./surveyed.ts";
import { vantagePlace } from "./vantage-place.ts";

/** The scene and what is known of its clocks: `clocks[i]` relates capture i to capture 0. */
export interface JoinedScene extends Scene {
  readonly clocks: readonly (ClockOffset | undefined)[];
}

/** Everything that was read, before it is put together. */
export interface Gathered {
  readonly captures: readonly Surveyed[];
  /** Of each capture the flows that were looked at closely, and what was said on them by `tcp.stream`. */
  readonly trails: readonly (readonly Trail[])[];
  readonly sessions: readonly ReadonlyMap<number, Session>[];
  readonly logs: readonly RecordedLog[];
}

/**
 * Puts captures, their trails and logs together: which connections are the same, how the clocks relate, where
 * each was taken, which lines are about which connection.
 */
export function buildScene({ captures, trails: silent, sessions, logs: recorded }: Gathered): JoinedScene {
  const trails = silent.map((list, i) => list.map((trail) => withSession(trail, sessions[i])));
  const pairs = matchTrails(trails);
  const offsets = relateClocks(captures, pairs);
  const anything = trails.some((t) => t.length > 0);
  const vantages = captures.map((capture, i) => vantageOf(capture, i, trails[i] ?? [], anything));
  const sightings = new Map<Trail, Sighting[]>();
  for (const [a, b] of pairs) {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const clock = offsets.get(one.vantage * captures.length + other.vantage);
      const list = sightings.get(one) ?? [];
      const epochs = Number((captures[other.vantage]?.epoch ?? 0n) - (captures[one.vantage]?.epoch ?? 0n));
      list.push({
        vantage: vantages[other.vantage] as Vantage,
        trail: other,
        offset: epochs + (clock?.offset ?? 0),
        uncertainty: clock?.uncertainty ?? Number.POSITIVE_INFINITY,
        translated:
          !sameEndpoint(clientOf(one.flow), clientOf(other.flow)) ||
          !sameEndpoint(serverOf(one.flow), serverOf(other.flow)),
      });
      sightings.set(one, list);
    }
  }
  const clocks = captures.map((_, i) => (i === 0 ? undefined : offsets.get(i)));
  /** What is added to a capture's times to get those of the first. */
  const correction = (vantage: Vantage): bigint => BigInt(Math.round(clocks[vantage.index]?.offset ?? 0));
  const toCommon = (vantage: Vantage, at: number): bigint => instantOf(vantage.epoch, at) + correction(vantage);
  const session = (trail: Trail): Session | undefined => trail.session;
  const captured = { vantages, session, toCommon };
  const logs = placeLogs(recorded, captured, captures[0] && instantOf(captures[0].epoch, captures[0].from));
  const mentions = mentionsOf(captured, logs);
  return {
    vantages,
    sightings: (trail) => sightings.get(trail) ?? [],
    clocks,
    session,
    logs,
    mentions: (trail) => mentions.get(trail) ?? [],
    toVantage: (vantage, instant) => Number(instant - correction(vantage) - vantage.epoch),
    toCommon,
  };
}

function withSession(trail: Trail, sessions: ReadonlyMap<number, Session> | undefined): Trail {
  const session = sessions?.get(trail.flow.stream);
  return session === undefined ? trail : { ...trail, session };
}

function vantageOf(capture: Surveyed, index: number, trails: readonly Trail[], anything: boolean): Vantage {
  return {
    index,
    file: capture.file,
    epoch: capture.epoch,
    from: capture.from,
    to: capture.to,
    place: vantagePlace(trails),
    trails,
    // A healthy capture beside a suspicious one tells what did arrive there.
    destinations: anything ? destinationsOf(capture.table) : new Map(),
    flows: capture.table.rows,
    oneSided: isOneSided(trails),
  };
}

/** Captured in one direction only: several trails, acknowledgments and data on none from the other side. */
function isOneSided(trails: readonly Trail[]): boolean {
  const beyondSyn = trails.filter((t) => t.segments.some((s) => (s.flags & 0x02) === 0));
  if (beyondSyn.length === 0) return false;
  return beyondSyn.every((t) => new Set(t.segments.map((s) => s.from)).size === 1);
}

/** Every pair of trails of different captures that are one connection. */
function matchTrails(trails: readonly (readonly Trail[])[]): (readonly [Trail, Trail])[] {
  const identities = new Map(trails.flat().map((t) => [t, identify(t)] as const));
  const buckets = new Map<string, Trail[]>();
  for (const [trail, identity] of identities) {
    const keys = [`port ${clientOf(trail.flow).port}`];
    if (identity.clientInitial !== undefined) keys.push(`isn ${identity.clientInitial}`);
    for (const key of keys) {
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [trail]);
      else bucket.push(trail);
    }
  }
  const found = new Map<string, readonly [Trail, Trail]>();
  for (const bucket of [...buckets.values()].flatMap(manageable)) {
    if (bucket.every((t) => t.vantage === bucket[0]?.vantage)) continue;
    for (const a of bucket) {
      for (const b of bucket) {
        if (a.vantage >= b.vantage) continue;
        const ia = identities.get(a);
        const ib = identities.get(b);
        if (ia === undefined || ib === undefined || !sameConnection(a, ia, b, ib)) continue;
        found.set(`${a.vantage}/${a.flow.stream}/${b.vantage}/${b.flow.stream}`, [a, b]);
      }
    }
  }
  return [...found.values()];
}

/** More trails than these with one port or initial number are a scan or a flood, told apart by destination. */
const MOST_IN_BUCKET = 256;

function manageable(bucket: readonly Trail[]): readonly (readonly Trail[])[] {
  if (bucket.length <= MOST_IN_BUCKET) return [bucket];
  const byServer = new Map<string, Trail[]>();
  for (const trail of bucket) {
    const key = printEndpoint(serverOf(trail.flow));
    const list = byServer.get(key);
    if (list === undefined) byServer.set(key, [trail]);
    else if (list.length < MOST_IN_BUCKET) list.push(trail);
  }
  return [...byServer.values()];
}

/** The offset of every pair of captures that share connections, keyed by first * captures + second. */
function relateClocks(
  captures: readonly Surveyed[],
  pairs: readonly (readonly [Trail, Trail])[],
): Map<number, ClockOffset> {
  const grouped = new Map<number, (readonly [Trail, Trail])[]>();
  for (const pair of pairs) {
    const key = pair[0].vantage * captures.length + pair[1].vantage;
    const list = grouped.get(key);
    if (list === undefined) grouped.set(key, [pair]);
    else list.push(pair);
  }
  const offsets = new Map<number, ClockOffset>();
  for (const [key, list] of grouped) {
    const first = Math.floor(key / captures.length);
    const second = key % captures.length;
    const epochs = Number((captures[second]?.epoch ?? 0n) - (captures[first]?.epoch ?? 0n));
    const clock = clockOffset(list, epochs);
    if (clock === undefined) continue;
    offsets.set(key, clock);
    offsets.set(second * captures.length + first, {
      ...clock,
      offset: clock.offset === 0 ? 0 : -clock.offset,
      firstNearerClient: !clock.firstNearerClient,
    });
  }
  return offsets;
}

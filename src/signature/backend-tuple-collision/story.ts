import { type Endpoint, printEndpoint } from "../../net/endpoint.ts";
import { instantOf, type Nanoseconds, printInstant } from "../../net/time.ts";
import type { Segment, Trail } from "../../session/segment.ts";
import type { Scene } from "../scene.ts";
import type { Evidence, PacketEvidence } from "../signature.ts";
import { endpointOf, other } from "../trail-queries.ts";
import type { Attempt } from "../tuple-queries.ts";
import type { Collision, Older } from "./collision.ts";
import type { Grade } from "./grade.ts";
import type { Stray } from "./strays.ts";

/** Who plays which part in a collision, chosen among all captures for the clearest view. */
export interface Story {
  readonly collision: Collision;
  readonly scene: Scene;
  /** Where the newer connection is told from. */
  readonly home: Attempt | undefined;
  /** The SYNs with a duplicate ACK on the old connection as one capture shows them, where it is told from if possible. */
  readonly strays: readonly Stray[];
  readonly older: Older | undefined;
  readonly client: Endpoint;
  readonly oldServer: Endpoint | undefined;
  readonly newServer: Endpoint | undefined;
  /** The attempt as a machine saw it on which both connections have one four-tuple: the backend, or a node's inner leg. */
  readonly backend: Attempt | undefined;
}

/** Chooses the views: both connections in one capture if possible, with the destinations that the client used. */
export function storyOf(collision: Collision, scene: Scene): Story | undefined {
  const { attempts, older, newer } = collision;
  const serverOf = (o: Older): string => printEndpoint(endpointOf(o.trail, other(o.side)));
  const olds = new Set(older.map(serverOf));
  const score = (a: Attempt): number =>
    (olds.has(printEndpoint(a.server)) ? 0 : 4) +
    (older.some((o) => o.trail.vantage === a.vantage) ? 2 : 0) +
    (a.challenges.length > 0 ? 1 : 0);
  const home = [...attempts].sort((a, b) => score(b) - score(a))[0];
  const strays = straysSeenFrom(collision, home);
  const strayAt = strays[0]?.older.trail;
  const news = new Set(attempts.map((a) => printEndpoint(a.server)));
  const rank = (o: Older): number =>
    (o.trail === strayAt ? 8 : 0) + (news.has(serverOf(o)) ? 0 : 4) + (o.trail.vantage === home?.vantage ? 2 : 0);
  const old = [...older].sort((a, b) => rank(b) - rank(a))[0];
  const client = home?.client ?? (old === undefined ? undefined : endpointOf(old.trail, old.side));
  if (client === undefined) return undefined;
  const backends = attempts.filter((a) => a !== home && olds.has(printEndpoint(a.server)));
  const recent = newer.find((n) => n.trail.vantage === old?.trail.vantage) ?? newer[0];
  return {
    collision,
    scene,
    home,
    strays,
    older: old,
    client,
    oldServer: old === undefined ? undefined : endpointOf(old.trail, other(old.side)),
    newServer: home?.server ?? (recent === undefined ? undefined : endpointOf(recent.trail, other(recent.side))),
    backend: backends.find((a) => scene.vantages[a.vantage]?.place === "server") ?? backends[0],
  };
}

/** One capture's strays: those of `home`, otherwise of the first attempt that has any. */
function straysSeenFrom({ strays }: Collision, home: Attempt | undefined): readonly Stray[] {
  const of = (attempt: Attempt | undefined): readonly Stray[] => strays.filter((stray) => stray.attempt === attempt);
  const own = of(home);
  return own.length > 0 ? own : of(strays[0]?.attempt);
}

/** Makes a piece of evidence. */
export const shows = (vantage: number, segment: Segment, text: string): PacketEvidence => ({
  vantage,
  packet: segment.packet,
  at: segment.time,
  shows: text,
});

/** The wall-clock time of a packet, as text. */
export function clock(scene: Scene, vantage: number, at: Nanoseconds): string {
  return printInstant(instantOf(scene.vantages[vantage]?.epoch ?? 0n, at));
}

/** Evidence in story order, within a bound: the first ones and the last ones are kept. */
export function bounded<E extends Evidence>(evidence: readonly (E | undefined)[], most = 12): E[] {
  const seen = new Set<string>();
  const all = evidence.filter((e): e is E => {
    if (e === undefined) return false;
    const key = "line" in e ? `${e.log}:${e.line}` : `${e.vantage}/${e.packet}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return all.length <= most ? all : [...all.slice(0, most - 4), ...all.slice(-4)];
}

/** The lost connection first, then the other one, then both as other captures and legs show them. */
export function trailsOf({ collision, older, home }: Story, lostFirst: "older" | "newer" = "older"): Trail[] {
  const olds = older === undefined ? [] : [older.trail];
  const news = home === undefined ? collision.newer.slice(0, 1).map((n) => n.trail) : home.trails;
  const first = lostFirst === "older" ? [...olds, ...news] : [...news, ...olds];
  return [...new Set([...first, ...collision.older.map((o) => o.trail), ...collision.newer.map((n) => n.trail)])];
}

/** What to capture to be certain; nothing when it is certain already. */
export function nextCapture({ client, oldServer, newServer }: Story, grade: Grade): { next?: string } {
  if (grade.confidence === "certain") return {};
  const port = (newServer ?? oldServer)?.port ?? 443;
  return {
    next: `On the client ${client.address} (in front of any address translation): tcpdump -ni any -s 128 -w client.pcap 'host ${client.address} and tcp port ${port}'. It shows whether port ${client.port} was in use towards two destinations at once.`,
  };
}

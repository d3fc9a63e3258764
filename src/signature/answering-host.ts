import { type Endpoint, printEndpoint } from "../net/endpoint.ts";
import { type Nanoseconds, SECOND } from "../net/time.ts";
import { remember } from "./remember.ts";
import type { Scene, Vantage } from "./scene.ts";
import type { Confidence } from "./signature.ts";
import { type Attempt, elsewhere } from "./syn-queries.ts";

/** Whether a packet with this TTL has passed no router yet. */
export const isFresh = (ttl: number): boolean => FRESH.includes(ttl);

/** Initial TTLs in use (Linux and macOS 64, Windows 128, network equipment 255). */
const FRESH: readonly number[] = [64, 128, 255];

/** Who sent the RST that answered a SYN, as far as the captures tell. */
export interface Answerer {
  readonly who: "host" | "firewall" | "unknown";
  readonly confidence: Confidence;
  /** Why, as a clause. */
  readonly because: string;
}

/** TTLs (hop limits) of the packets by which an address answered attempts here, on any port. */
export function ownTtls(vantage: Vantage, address: string): readonly number[] {
  return [...(ttlsOf(vantage).get(address) ?? [])];
}

const ttlsOf = remember((vantage: Vantage) => {
  const found = new Map<string, Set<number>>();
  for (const { endpoint, ttls } of vantage.destinations.values()) {
    const known = found.get(endpoint.address) ?? new Set();
    for (const ttl of ttls) known.add(ttl);
    found.set(endpoint.address, known);
  }
  return found;
});

/** Routers a packet with this TTL has passed, from the nearest initial value above it. */
export function hopsOf(ttl: number): number {
  return (FRESH.find((initial) => initial >= ttl) ?? ttl) - ttl;
}

/** Decides between the host that was called and something on the way to it that answered in its name. */
export function whoAnswered(scene: Scene, attempt: Attempt): Answerer {
  const { vantage, server } = attempt;
  const atHost = seenAtHost(attempt, elsewhere(scene, attempt));
  if (atHost !== undefined) {
    const because = `${atHost.vantage.file}, taken at the host, shows the SYN arrive and the RST leave`;
    return { who: "host", confidence: "certain", because };
  }
  const missed = missedBy(scene, attempt);
  const never = `${missed?.vantage.file}, taken at ${server.address}, shows other traffic but not this SYN`;
  if (missed?.sure === true) return { who: "firewall", confidence: "certain", because: never };
  const byTtl = judgedByTtl(vantage, attempt);
  if (missed === undefined) return byTtl;
  // Two hints that disagree: say the more usual thing, and say it softly.
  return byTtl.who === "host"
    ? { ...byTtl, confidence: "possible" }
    : { who: "firewall", confidence: "likely", because: never };
}

/** How much sooner the RST must follow the SYN in the nearer of two captures. */
const CLEARLY = 3;

/** The capture in which the RST has a fresh TTL and that was taken at the host, by its place or by the shortest wait for the RST. */
function seenAtHost(attempt: Attempt, others: readonly Attempt[]): Attempt | undefined {
  const wait = ({ refusal, syns }: Attempt): Nanoseconds =>
    refusal === undefined ? Number.POSITIVE_INFINITY : refusal.time - syns[0].time;
  const all = [attempt, ...others].sort((a, b) => wait(a) - wait(b));
  const [nearest, farther] = all;
  const fresh = all.filter((a) => a.refusal !== undefined && isFresh(a.refusal.ttl));
  const placed = fresh.find((a) => isAtHost(a.vantage, a.server.address));
  if (placed !== undefined || nearest === undefined || farther === undefined) return placed;
  return fresh.includes(nearest) && wait(farther) > CLEARLY * wait(nearest) ? nearest : undefined;
}

/** Compares the RST's TTL with the TTLs of what that host surely sent itself. */
function judgedByTtl(vantage: Vantage, { server, refusal }: Attempt): Answerer {
  const ttls = ownTtls(vantage, server.address);
  if (refusal === undefined || ttls.length === 0) {
    return {
      who: "unknown",
      confidence: "likely",
      because: "nothing else from that address was captured to compare with",
    };
  }
  const because = `the RST has TTL ${refusal.ttl} and that host's own packets have ${ttls.join(", ")}`;
  const gap = Math.min(...ttls.map(hopsOf)) - hopsOf(refusal.ttl);
  // One hop of difference may be another path, unless the RST has passed no router at all.
  if (gap >= 2 || (gap === 1 && isFresh(refusal.ttl))) return { who: "firewall", confidence: "likely", because };
  const usual = refusal.ttl >= Math.min(...ttls) - 1 && refusal.ttl <= Math.max(...ttls) + 1;
  return { who: usual ? "host" : "unknown", confidence: "likely", because };
}

/** A capture taken at the host with this address: its packets still have their initial TTL, and it is not the client's. */
export function isAtHost(vantage: Vantage, address: string): boolean {
  const ttls = ownTtls(vantage, address);
  return ttls.length === 0 ? vantage.place === "server" : vantage.place !== "client" && ttls.every(isFresh);
}

/** A capture that does not show an attempt although it was taken where the attempt would have arrived. */
export interface Missed {
  readonly vantage: Vantage;
  /** The clocks are known to agree, and the capture shows that port, so no capture filter left the attempt out. */
  readonly sure: boolean;
}

/** Margin by which a capture's span must enclose a packet's time. */
const MARGIN: Nanoseconds = SECOND;

/**
 * A capture that was running at the server's own host while the attempt was made and that does not show it.
 * Another connection to that server must be in it, otherwise it may have been taken anywhere.
 */
export function missedBy(scene: Scene, attempt: Attempt): Missed | undefined {
  const { server, vantage, syns } = attempt;
  const seen = new Set(elsewhere(scene, attempt).map((a) => a.vantage));
  for (const other of scene.vantages) {
    if (other === vantage || seen.has(other) || other.oneSided) continue;
    if (ownTtls(other, server.address).length === 0 || !isAtHost(other, server.address)) continue;
    const shared = vantage.trails.find((t) => scene.sightings(t).some((s) => s.vantage === other));
    const offset =
      (shared && scene.sightings(shared).find((s) => s.vantage === other)?.offset) ??
      Number(other.epoch - vantage.epoch);
    const there = syns[0].time - offset;
    if (there < other.from + MARGIN || there > other.to - MARGIN) continue;
    return { vantage: other, sure: shared !== undefined && takesPort(other, server) };
  }
  return undefined;
}

/** Different server ports from which on a capture was hardly limited to some of them. */
const MANY_PORTS = 4;

/** Whether the capture shows this port, or so many that no capture filter will have left it out. */
function takesPort(vantage: Vantage, server: Endpoint): boolean {
  if (vantage.destinations.has(printEndpoint(server))) return true;
  return new Set([...vantage.destinations.values()].map((d) => d.endpoint.port)).size >= MANY_PORTS;
}

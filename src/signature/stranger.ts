import { printEndpoint } from "../net/endpoint.ts";
import { MILLISECOND, printSpan } from "../net/time.ts";
import { hopsOf } from "./answering-host.ts";
import type { Destination, Scene } from "./scene.ts";
import { endpointOf, other, quickestAnswer, type Reading, type Step } from "./trail-queries.ts";

/** A way in which a packet is unlike the packets of the end it claims to come from. */
export interface Strangeness {
  /** Enough by itself to say that somebody else sent it. */
  readonly strong: boolean;
  /** The way it came, or how soon. Soon means something only where it answers what came just before. */
  readonly by: "hops" | "speed" | "link";
  /** A clause: `its TTL is 63, while …`. */
  readonly says: string;
}

/**
 * What speaks against a RST having been sent by the end whose address it bears. IP id 0, no options
 * and window 0 say nothing: Linux answers for a socket that is gone in just that way
 * (net/ipv4/tcp_ipv4.c, tcp_v4_send_reset). A hop count does, and so does an answer that comes sooner than
 * the end has ever answered.
 */
export function strangeness(scene: Scene, reading: Reading, rst: Step): readonly Strangeness[] {
  const side = rst.side;
  const own = reading.steps.filter((s) => s.side === side && !s.rst && !s.syn && s.index < rst.index);
  const signs: Strangeness[] = [];
  const destination = side === "server" ? destinationOf(scene, reading) : undefined;
  const ttls = new Set([...own.map((s) => s.segment.ttl), ...(own.length === 0 ? (destination?.ttls ?? []) : [])]);
  const ttl = rst.segment.ttl;
  if (ttls.size > 0 && !ttls.has(ttl)) {
    const hops = [...ttls].map(hopsOf);
    const elsewhere = hops.every((n) => n !== hopsOf(ttl));
    const usual = [...ttls].sort((a, b) => a - b).join(" or ");
    const word = rst.segment.ipId < 0 ? "hop limit" : "TTL";
    signs.push({
      strong: elsewhere,
      by: "hops",
      says: `its ${word} is ${ttl}, while the ${side}'s own packets arrive here with ${usual}`,
    });
  }
  const usual = quickestAnswer(reading, side);
  const asked = reading.steps.findLast((s) => s.side === other(side) && s.index < rst.index);
  if (usual !== undefined && asked !== undefined && usual >= 2 * MILLISECOND) {
    const took = rst.time - asked.time;
    if (took * 3 < usual) {
      signs.push({
        strong: reading.steps.some((s) => s.syn && s.side === "server"),
        by: "speed",
        says: `it came after ${printSpan(took)}, while the ${side} never answered in less than ${printSpan(usual)}`,
      });
    }
  }
  const macs = new Set(own.map((s) => s.segment.sourceMac).filter((mac) => mac !== ""));
  if (macs.size > 0 && rst.segment.sourceMac !== "" && !macs.has(rst.segment.sourceMac)) {
    signs.push({
      strong: false,
      by: "link",
      says: `it came from another link-layer address (${rst.segment.sourceMac})`,
    });
  }
  return signs;
}

const destinationOf = (scene: Scene, reading: Reading): Destination | undefined =>
  scene.vantages[reading.trail.vantage]?.destinations.get(printEndpoint(endpointOf(reading.trail, "server")));

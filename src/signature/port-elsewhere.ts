import { type Endpoint, printEndpoint, sameEndpoint } from "../net/endpoint.ts";
import { SYN } from "../net/tcp-flags.ts";
import type { Nanoseconds } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import { remember } from "./remember.ts";
import type { Scene } from "./scene.ts";
import { endpointOf, readTrail } from "./trail-queries.ts";

/**
 * How the client's port was used for another connection while this one was open (backend-tuple
 * collision): `collided` when that connection's beginning shows the marks of it or it had the very
 * same four-tuple, `shared` when the port was merely used towards the same port elsewhere, which Linux does as a matter of course.
 */
export function portElsewhere(scene: Scene, trail: Trail, until: Nanoseconds): "collided" | "shared" | "no" {
  const client = endpointOf(trail, "client");
  const server = endpointOf(trail, "server");
  let answer: "shared" | "no" = "no";
  const same = new Set([trail, ...scene.sightings(trail).map((sighting) => sighting.trail)]);
  for (const fellow of fellowsOf(scene, client)) {
    if (same.has(fellow)) continue;
    // On a balancer's node the same connection appears a second time, towards the target.
    if (initialNumber(fellow) !== undefined && initialNumber(fellow) === initialNumber(trail)) continue;
    const began = fellow.flow.from + epochBetween(scene, trail, fellow);
    if (began < trail.flow.from || began > until) continue;
    const theirs = endpointOf(fellow, "server");
    if (sameEndpoint(theirs, server) || marked(fellow)) return "collided";
    if (theirs.port === server.port) answer = "shared";
  }
  const { events } = trail.flow;
  const foreign = (events.synOnOpenFlow?.length ?? 0) + (events.foreignAck?.length ?? 0) > 0;
  return foreign ? "collided" : answer;
}

/** The trails of every capture that have this client address and port. */
function fellowsOf(scene: Scene, client: Endpoint): readonly Trail[] {
  return byClient(scene).get(printEndpoint(client)) ?? [];
}

const byClient = remember((scene: Scene): ReadonlyMap<string, readonly Trail[]> => {
  const found = new Map<string, Trail[]>();
  for (const trail of scene.vantages.flatMap((vantage) => vantage.trails)) {
    const key = printEndpoint(endpointOf(trail, "client"));
    const list = found.get(key);
    if (list === undefined) found.set(key, [trail]);
    else list.push(trail);
  }
  return found;
});

const initialNumber = (trail: Trail): number | undefined =>
  trail.segments.find((s) => s.from === "client" && (s.flags & SYN) !== 0)?.seq;

/** What to add to a time of the other trail's capture, by the captures' own clocks. */
const epochBetween = (scene: Scene, trail: Trail, fellow: Trail): Nanoseconds =>
  Number((scene.vantages[fellow.vantage]?.epoch ?? 0n) - (scene.vantages[trail.vantage]?.epoch ?? 0n));

/** The SYN was answered by a bare ACK, repeated, or the client answered with RST before it was accepted. */
function marked(trail: Trail): boolean {
  const { steps } = readTrail(trail);
  const syns = steps.filter((s) => s.syn && s.side === "client").length;
  const accepted = steps.findIndex((s) => s.syn && s.side === "server");
  const before = accepted < 0 ? steps : steps.slice(0, accepted);
  return syns > 1 || before.some((s) => (s.side === "server" && !s.rst) || (s.side === "client" && s.rst));
}

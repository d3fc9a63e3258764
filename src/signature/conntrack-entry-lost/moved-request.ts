import { clientOf, serverOf } from "../../flow/flow.ts";
import { printEndpoint, sameEndpoint } from "../../net/endpoint.ts";
import { ACK } from "../../net/tcp-flags.ts";
import type { Trail } from "../../session/segment.ts";
import { briefly, shown, withSightings } from "../findings.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";
import { endpointOf, type Reading, readTrail, type Step } from "../trail-queries.ts";

/** A request that went on to another backend in the middle of its connection. */
interface Moved {
  readonly old: Reading;
  readonly fresh: Reading;
  readonly packet: Step;
  readonly rst: Step;
  readonly last: Step;
}

/** Requests in their turn that arrived at a backend which does not know the connection, seen behind the box. */
export function movedRequests(scene: Scene): Finding[] {
  const all = scene.vantages.flatMap((vantage) => vantage.trails);
  const opened = Map.groupBy(
    all.filter((t) => t.flow.synAck.length > 0),
    ({ flow }) => printEndpoint(clientOf(flow)),
  );
  return all.flatMap((trail) => {
    const moved = movedIn(trail, opened);
    return moved === undefined ? [] : [tell(scene, moved)];
  });
}

function movedIn(trail: Trail, opened: ReadonlyMap<string, readonly Trail[]>): Moved | undefined {
  if (trail.flow.syn.length > 0 || trail.flow.synAck.length > 0) return undefined;
  const fresh = readTrail(trail);
  const [packet, rst] = fresh.steps;
  if (packet === undefined || rst === undefined || !packet.fresh || !rst.rst || rst.side === packet.side)
    return undefined;
  if ((rst.segment.flags & ACK) !== 0 || rst.segment.seq !== packet.segment.ack) return undefined;
  const client = endpointOf(trail, packet.side);
  const candidates = (opened.get(printEndpoint(client)) ?? [])
    .filter((other) => !sameEndpoint(serverOf(other.flow), endpointOf(trail, rst.side)))
    .sort((a, b) => Number(b.vantage === trail.vantage) - Number(a.vantage === trail.vantage));
  for (const other of candidates) {
    const old = readTrail(other);
    // Both numbers are exactly those that the connection had reached.
    const own = old.steps.findLast((s) => s.side === "client" && !s.rst && s.end === packet.segment.seq);
    const theirs = old.steps.findLast((s) => s.side === "server" && !s.rst);
    if (own === undefined || theirs?.end !== packet.segment.ack) continue;
    return { old, fresh, packet, rst, last: own.index > theirs.index ? own : theirs };
  }
  return undefined;
}

function tell(scene: Scene, { old, fresh, packet, rst, last }: Moved): Finding {
  const server = printEndpoint(endpointOf(old.trail, "server"));
  const other = printEndpoint(endpointOf(fresh.trail, rst.side));
  const client = printEndpoint(endpointOf(old.trail, "client"));
  return {
    cause: "conntrack-entry-lost",
    variant: "request-moved",
    confidence: "certain",
    initiator: "balancer",
    at: packet.time,
    trails: [...new Set([fresh.trail, ...withSightings(scene, old.trail), ...withSightings(scene, fresh.trail)])],
    evidence: briefly([
      shown(old, last, `the connection as it stood with ${server}`),
      shown(fresh, packet, `its next bytes go to ${other}, with exactly its numbers and without a SYN`),
      shown(fresh, rst, "RST: that backend has no such connection"),
    ]),
    summary: `The connection of client ${client} with backend ${server} went on at backend ${other}, which does not know it and answered with RST: the box in between had lost its entry and chose anew.`,
    ruledOut: [
      { cause: "process-gone", because: `the RST came from ${other}, with which the client had no connection` },
      { cause: "keep-alive-race", because: `${server} had not closed the connection` },
    ],
    refutedBy: "a SYN between the client and the second backend with these numbers",
    symptoms: ["connection-reset"],
  };
}

import { printEndpoint } from "../net/endpoint.ts";
import { printSpan } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import { shown, withSightings } from "./findings.ts";
import type { Scene } from "./scene.ts";
import type { PacketEvidence } from "./signature.ts";
import type { StrayReply } from "./stray-replies.ts";
import { endpointOf, readTrail } from "./trail-queries.ts";

/** The connection that was lost, the flow of the stray packet, and both as other captures saw them. */
export function strayTrails(scene: Scene, { victim, stray }: StrayReply): readonly Trail[] {
  return [...new Set([...withSightings(scene, victim.trail), stray.trail])];
}

/** The packets: the last translated one, the stray, the RST, what the connection got afterwards, and the RST's arrival elsewhere. */
export function strayPackets(scene: Scene, found: StrayReply): PacketEvidence[] {
  const { victim, stray, packet, rst, backend, before } = found;
  const { trail } = victim;
  const later = victim.steps.find((s) => s.side === "client" && s.fresh && s.time > rst.time);
  const reset = victim.steps.find((s) => s.rst && s.side === "server" && s.time > rst.time);
  const far = scene.sightings(trail).flatMap((sighting) => {
    const reading = readTrail(sighting.trail);
    const arrived = reading.steps.find((s) => s.rst && s.side === "client" && s.segment.seq === rst.segment.seq);
    return arrived === undefined
      ? []
      : [shown(reading, arrived, "the same RST arrives at the server, which believes it")];
  });
  return [
    ...(before === undefined
      ? []
      : [
          shown(victim, before, `the last packet of the connection from ${printEndpoint(endpointOf(trail, "server"))}`),
        ]),
    shown(stray, packet, `a packet with that connection's numbers comes from ${printEndpoint(backend)} itself`),
    shown(stray, rst, "the client knows no such connection: RST with exactly that packet's acknowledgment"),
    ...far,
    ...(later === undefined ? [] : [shown(victim, later, "the client goes on, as if nothing had happened")]),
    ...(reset === undefined
      ? []
      : [shown(victim, reset, "and is told that the server has no such connection any more")]),
  ];
}

/** `the connection of client A with server B lost its server …`. */
export function strayWords({ victim, packet, backend, before }: StrayReply): string {
  const gap =
    before === undefined ? "" : ` ${printSpan(packet.time - before.time)} after the last one that was translated`;
  const { trail } = victim;
  return (
    `A reply on the connection of client ${printEndpoint(endpointOf(trail, "client"))} with ${printEndpoint(endpointOf(trail, "server"))} came from the backend's own address ` +
    `${printEndpoint(backend)}${gap}; the client answered with RST, and the backend dropped the connection`
  );
}

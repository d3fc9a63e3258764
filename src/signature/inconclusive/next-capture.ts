import type { Trail } from "../../session/segment.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import type { Scene } from "../scene.ts";
import { endpointOf } from "../trail-queries.ts";

/** The other end if it was not captured, otherwise what lies between. */
export function nextCapture(scene: Scene, trail: Trail): string {
  const places = new Set(
    [trail.vantage, ...scene.sightings(trail).map((s) => s.vantage.index)].map((v) => scene.vantages[v]?.place),
  );
  const client = endpointOf(trail, "client");
  const server = endpointOf(trail, "server");
  if (!places.has("server")) {
    const where = `the server's own host (${server.address}, or the target behind it if that is a balancer)`;
    return captureAt(where, hostFilter(client.address), "shows which of the packets arrive and what is sent back");
  }
  if (!places.has("client")) {
    return captureAt(
      `the client's own host (${client.address})`,
      hostFilter(server.address, server.port),
      "shows what it sent and what came back",
    );
  }
  return captureAt(
    "the machines in between (balancer node, firewall, NAT gateway), on all interfaces",
    hostFilter(client.address),
    "shows which of them drops or answers",
  );
}

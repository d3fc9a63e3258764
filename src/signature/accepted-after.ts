import { sameEndpoint } from "../net/endpoint.ts";
import { SECOND } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import type { Scene } from "./scene.ts";
import type { ServerClose } from "./server-close.ts";
import { attemptsOf } from "./syn-queries.ts";
import { endpointOf } from "./trail-queries.ts";

/** The first connection that the same server accepted within ten seconds after it had closed one. */
export function acceptedAfter(scene: Scene, { reading, step }: ServerClose): Trail | undefined {
  const { trail } = reading;
  const vantage = scene.vantages[trail.vantage];
  if (vantage === undefined) return undefined;
  const server = endpointOf(trail, "server");
  return attemptsOf(vantage).find(
    (a) =>
      a.synAck !== undefined &&
      sameEndpoint(a.server, server) &&
      a.syns[0].time > step.time &&
      a.syns[0].time < step.time + 10 * SECOND,
  )?.trail;
}

import { sameEndpoint } from "../../net/endpoint.ts";
import { SECOND } from "../../net/time.ts";
import { seenAtServer } from "../findings.ts";
import { asksSomething } from "../open-request.ts";
import type { Scene } from "../scene.ts";
import { type ServerClose, serverClose } from "../server-close.ts";
import type { Confidence } from "../signature.ts";
import { SHORTEST_SILENCE } from "../silence.ts";
import { endpointOf, lastBefore, longestSurvivedSilence, readTrail } from "../trail-queries.ts";
import type { Death } from "./death.ts";
import { perhapsReloaded } from "./reloaded.ts";
import { sameIdleness, workOf } from "./work.ts";

/** How sure it is that the whole process went; undefined when the close may be this connection's own affair. */
export function confidenceOf(scene: Scene, death: Death): Confidence | undefined {
  return death.close.kind === "no-socket" ? withoutSocket(scene, death) : closed(scene, death);
}

/** A close by FIN, or by RST from a living socket. */
function closed(scene: Scene, { close, work, fellows, refused }: Death): Confidence | undefined {
  const all = [close, ...fellows] as const;
  const many = fellows.length > 0 && !sameIdleness(all);
  const loss = all.some((one) => (one === close ? work : workOf(one)).kind !== "none");
  if (refused !== undefined && (many || work.kind !== "none")) {
    return fellows.length >= 2 || seenAtServer(scene, close.reading.trail) ? "certain" : "likely";
  }
  if (many && loss && perhapsReloaded(scene, all)) return "possible";
  if (many && loss)
    return fellows.length >= 2 || all.every((one) => workOf(one).kind !== "none") ? "likely" : "possible";
  // One request cut off by itself may be that request's own failure: only a stream beside others tells of the whole process.
  return work.multiplexed ? "likely" : undefined;
}

/** A bare RST answered data: nobody had closed, and yet the socket was gone. */
function withoutSocket(scene: Scene, { close, refused }: Death): Confidence | undefined {
  const { reading, step } = close;
  const heard = lastBefore(reading, step.index, (s) => s.side === "server")?.index ?? -1;
  const asked = reading.steps
    .slice(heard + 1, step.index)
    .find((s) => s.side === "client" && s.fresh && s.segment.ack === step.segment.seq && asksSomething(reading, s));
  const worked = reading.steps.some((s) => s.side === "server" && s.fresh && asksSomething(reading, s));
  if (asked === undefined || close.lastData === undefined || !worked) return undefined;
  const longest = longestSurvivedSilence(reading, asked.index);
  if (asked.silence >= SHORTEST_SILENCE && longest < 0.95 * asked.silence) return undefined;
  return refused !== undefined || othersWithoutSocket(scene, close) ? "likely" : "possible";
}

/** Another connection of the same server met the same within five seconds. */
function othersWithoutSocket(scene: Scene, close: ServerClose): boolean {
  const { trail } = close.reading;
  const server = endpointOf(trail, "server");
  return (scene.vantages[trail.vantage]?.trails ?? []).some((fellow) => {
    if (fellow === trail || fellow.flow.to < close.step.time - 5 * SECOND) return false;
    if (!sameEndpoint(endpointOf(fellow, "server"), server)) return false;
    const theirs = serverClose(readTrail(fellow));
    return theirs?.kind === "no-socket" && Math.abs(theirs.step.time - close.step.time) < 5 * SECOND;
  });
}

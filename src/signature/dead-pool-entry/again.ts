import { printEndpoint, sameEndpoint } from "../../net/endpoint.ts";
import { ACK, SYN } from "../../net/tcp-flags.ts";
import type { Nanoseconds } from "../../net/time.ts";
import { SECOND } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { asksSomething } from "../open-request.ts";
import type { Scene } from "../scene.ts";
import { unansweredTail } from "../silence.ts";
import { endpointOf, type Reading, type Step } from "../trail-queries.ts";

/** A connection on which its client asked again and again after the last packet that ever came from the server. */
export interface Again {
  readonly reading: Reading;
  readonly lastSign: Step;
  /** The first packet of each request in vain, in order; at least two. */
  readonly asked: readonly Step[];
}

/** Requests further apart than this were not one request. */
const APART: Nanoseconds = SECOND / 2;

/** Looks for new requests, not repetitions, on a connection from whose server nothing comes any more. */
export function askedAgain(reading: Reading): Again | undefined {
  if (!reading.established || reading.trail.omitted > 0) return undefined;
  const tail = unansweredTail(reading, "client");
  const lastSign = tail?.lastSign;
  if (tail === undefined || lastSign === undefined || tail.first.probe) return undefined;
  const asked: Step[] = [];
  for (const step of reading.steps.slice(tail.first.index)) {
    if (step.side !== "client" || !step.fresh || !asksSomething(reading, step)) continue;
    const last = asked.at(-1);
    if (last === undefined || step.time - last.time >= APART) asked.push(step);
  }
  return asked.length >= 2 ? { reading, lastSign, asked } : undefined;
}

/** Other connections from the same client to the same server that were opened and answered after `since`. */
export function answeredSince(
  scene: Scene,
  trail: Trail,
  since: Nanoseconds,
): readonly { readonly trail: Trail; readonly packet: number; readonly time: Nanoseconds }[] {
  const client = endpointOf(trail, "client").address;
  const server = endpointOf(trail, "server");
  return (scene.vantages[trail.vantage]?.trails ?? []).flatMap((fellow) => {
    if (fellow === trail || fellow.flow.from <= since || endpointOf(fellow, "client").address !== client) return [];
    if (!sameEndpoint(endpointOf(fellow, "server"), server)) return [];
    const answer = fellow.segments.find((s) => s.from === "server" && (s.flags & (SYN | ACK)) === (SYN | ACK));
    return answer === undefined ? [] : [{ trail: fellow, packet: answer.packet, time: answer.time }];
  });
}

/** When the last attempt began that this destination answered, by the survey of the whole capture. */
export const destinationAnswered = (scene: Scene, trail: Trail): Nanoseconds | undefined =>
  scene.vantages[trail.vantage]?.destinations.get(printEndpoint(endpointOf(trail, "server")))?.answeredTo;

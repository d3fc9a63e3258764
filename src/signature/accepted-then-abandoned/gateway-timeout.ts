import { type Nanoseconds, printSpan } from "../../net/time.ts";
import { captureAt } from "../capture-advice.ts";
import { capital, carried, shown, withSightings } from "../findings.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";
import { covers, endpointOf, lastBefore, named, type Reading, type Step } from "../trail-queries.ts";
import { roundness, SHORTEST_WAIT } from "./grounds.ts";

/** A gateway that said itself, with status 504 (RFC 9110 §15.6.5), that the server behind it did not answer. */
export function gatewayTimeout(scene: Scene, reading: Reading): Finding | undefined {
  const found = find(reading);
  if (found === undefined) return undefined;
  const { request, accepted, response, wait } = found;
  const { trail } = reading;
  const round = roundness(wait);
  return {
    cause: "accepted-then-abandoned",
    variant: "gateway-timeout",
    confidence: "certain",
    initiator: "balancer",
    at: response.time,
    trails: withSightings(scene, trail),
    evidence: [
      shown(reading, request, `the client's request (${carried(reading, request)})`),
      shown(reading, accepted, "the gateway's side acknowledges it"),
      shown(reading, response, `status 504 after ${printSpan(wait)}: no answer had come from the server behind it`),
    ],
    summary: `${capital(named(trail, "server"))} took a request of ${named(trail, "client")} (${carried(reading, request)}) and answered 504 ${printSpan(wait)} later: the server behind this gateway had not answered in its time.${round === undefined ? "" : ` ${capital(round)}.`}`,
    ruledOut: [{ cause: "keep-alive-race", because: "the request was acknowledged, and answered" }],
    refutedBy: "the server behind the gateway having answered in time",
    next: captureAt(
      `the gateway ${endpointOf(trail, "server").address}`,
      "tcp",
      "shows whether the server behind it took the request, and what it did then",
    ),
    symptoms: ["gateway-timeout"],
  };
}

interface Found {
  readonly request: Step;
  readonly accepted: Step;
  readonly response: Step;
  readonly wait: Nanoseconds;
}

/** The first 504 in the clear that came at least a second after its request. */
function find(reading: Reading): Found | undefined {
  for (const response of reading.steps) {
    if (response.side !== "server" || !response.fresh || reading.payload(response).status !== 504) continue;
    const request = lastBefore(reading, response.index, (s) => s.side === "client" && s.fresh);
    if (request === undefined || response.time - request.time < SHORTEST_WAIT) continue;
    const accepted = reading.steps.find(
      (s) => s.side === "server" && s.index > request.index && covers(s, request.end),
    );
    const between = reading.steps.slice(request.index, response.index).some((s) => s.side === "server" && s.fresh);
    if (accepted !== undefined && !between) return { request, accepted, response, wait: response.time - request.time };
  }
  return undefined;
}

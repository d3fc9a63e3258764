import { type Endpoint, printEndpoint } from "../../net/endpoint.ts";
import { printSpan } from "../../net/time.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import type { LogLoss } from "../log-losses.ts";
import { instantOfLosses, lineOf, quote, some } from "../log-queries.ts";
import { challengesIn } from "../logged-counters.ts";
import { type SharedPort, sharedPorts } from "../logged-ports.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding } from "../signature.ts";

/**
 * The collision as logs tell it: one client port towards two addresses of a balancer at a time, and a loss on one of
 * these two connections. That both led to one target only packets or the target's counters show.
 */
export function collisionByLogs(scene: Scene): Finding[] {
  return sharedPorts(scene).map((shared) => findingOf(scene, shared));
}

function findingOf(scene: Scene, { client, first, second, losses }: SharedPort): Finding {
  const refused = !("what" in second);
  const challenges = challengesIn(scene);
  const [old, fresh] = [first.remote as Endpoint, second.remote as Endpoint];
  const apart =
    first.at === undefined || second.at === undefined ? "" : ` ${printSpan(Number(second.at - first.at))} later`;
  const [loss] = losses as readonly [LogLoss, ...LogLoss[]];
  const confidence: Confidence = "likely";
  return {
    cause: "backend-tuple-collision",
    variant: refused ? "new-connection-refused" : "old-connection-lost",
    confidence,
    initiator: "balancer",
    at: instantOfLosses(losses),
    trails: [],
    named: [
      { client, server: old },
      { client, server: fresh },
    ],
    evidence: [
      lineOf(first, `port ${client.port} is used for a connection to ${printEndpoint(old)}`),
      lineOf(
        second,
        `the same port${apart} for one to ${printEndpoint(fresh)}${refused ? ", which gets no answer" : ""}`,
      ),
      ...challenges.slice(0, 2),
      ...some(
        losses.filter((l) => l !== second),
        6,
      ).map((l) => lineOf(l, `lost: ${quote(l.text)}`)),
    ],
    summary: refused
      ? `The client used port ${client.port} for ${printEndpoint(fresh)} while its connection from the same port to ${printEndpoint(old)} was open, and got no answer: a balancer that keeps the client's address leads both to one target, which knows the port already. ${quote(loss.text)}.`
      : `The client used port ${client.port} for ${printEndpoint(fresh)}${apart === "" ? "" : `,${apart.replace(" later", "")} after it had opened a connection from the same port to ${printEndpoint(old)}`}, and then lost a connection of that port: a balancer that keeps the client's address leads both to one target, to which they are one. ${quote(loss.text)}.`,
    ruledOut: [
      { cause: "peer-vanished", because: "the place was reached from the same port at that time" },
      {
        cause: "silent-idle-drop",
        because: "the client's port was used for another connection between the last answer and the loss",
      },
    ],
    refutedBy:
      "the two addresses leading to two targets, or no challenge ACK at the target (nstat: TcpExtTCPSYNChallenge)",
    next: captureAt(
      `the targets behind ${old.address} and ${fresh.address}`,
      hostFilter(client.address, client.port),
      "shows the second SYN on the open connection, the challenge ACK and the RST",
    ),
    symptoms: [refused ? "connect-timeout" : loss.error === "lost-ping" ? "lost-ping" : "connection-reset"],
  };
}

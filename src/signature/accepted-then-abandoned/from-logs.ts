import { printSpan, SECOND } from "../../net/time.ts";
import { PATH_IDLE_LIMITS, RESPONSE_LIMITS, timeoutNear } from "../known-timeouts.ts";
import type { LogLoss } from "../log-losses.ts";
import { momentsOf } from "../log-moments.ts";
import {
  beganAt,
  bursts,
  type History,
  historiesOf,
  instantOfLosses,
  isCut,
  isRefused,
  isUnanswered,
  lineOf,
  namedBy,
  near,
  nextCapture,
  pauseBefore,
  placeIn,
  quote,
  some,
  workedNear,
} from "../log-queries.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";
import { roundness } from "./grounds.ts";

/** The least that somebody who gives up has waited. */
const SHORTEST_WAIT = 4.5 * SECOND;
/** The connection had been at work this shortly before: nothing had forgotten it. */
const BUSY = Math.min(...PATH_IDLE_LIMITS.map(({ seconds }) => seconds)) * 0.2 * SECOND;

/**
 * A request that was taken and given up, as logs tell it: a gateway that says that its own time to wait ran out (504),
 * or a connection that ended without an answer after a round time, while the place answered others.
 */
export function abandonedByLogs(scene: Scene): Finding[] {
  return historiesOf(scene).flatMap((history) => findingOf(scene, history) ?? []);
}

function findingOf(scene: Scene, history: History): Finding | undefined {
  const { losses } = history;
  const given = losses.filter((loss) => isGivenUp(history, loss) && !befallen(scene, history, loss));
  const [first] = given;
  if (first === undefined) return undefined;
  const gateway = given.filter(isGatewayTimeout);
  const events = bursts(given, SECOND).length;
  const answered = given.filter((loss) => wasAlive(history, loss));
  const wait = given.find((loss) => loss.waited !== undefined)?.waited;
  const round = wait === undefined ? undefined : roundness(wait);
  const sure =
    answered.length === given.length && (gateway.length > 0 ? wait !== undefined : events >= 2 || round !== undefined);
  const after = wait === undefined ? "its time to wait" : printSpan(wait);
  return {
    cause: "accepted-then-abandoned",
    variant: gateway.length > 0 ? "gateway-timeout" : "from-logs",
    confidence: sure ? "likely" : "possible",
    initiator: gateway.length > 0 ? "balancer" : "server",
    at: instantOfLosses(given),
    trails: [],
    named: namedBy(given),
    evidence: some(given).map((loss) =>
      lineOf(
        loss,
        `given up${loss.waited === undefined ? "" : ` after ${printSpan(loss.waited)}`}: ${quote(loss.text)}`,
      ),
    ),
    summary: `${given.length === 1 ? "A request" : `${given.length} requests`} to ${placeIn(history)} ended after ${after} without an answer${gateway.length > 0 ? ": the gateway gave up waiting for the server behind it" : ", which is when somebody in front of the server gives up"}${round === undefined ? "" : `; ${round}`}. ${quote(first.text)}.`,
    ruledOut: [
      { cause: "keep-alive-race", because: `the failure came only after ${after}` },
      ...(answered.length === given.length
        ? [{ cause: "peer-vanished", because: "the place answered other requests shortly before or after" }]
        : []),
    ],
    refutedBy:
      "an answer of the server that had left within that time, or a capture in which the request was never acknowledged",
    next: nextCapture(first, "shows who acknowledged the request and who closed"),
    symptoms: [gateway.length > 0 ? "gateway-timeout" : first.error === "reset" ? "connection-reset" : "empty-reply"],
  };
}

/** A gateway's own word that it waited in vain for a response. */
const isGatewayTimeout = ({ stage, error, teller, status }: LogLoss): boolean =>
  stage === "exchange" && error === "timed-out" && (teller === "proxy" || status === 504);

function isGivenUp(history: History, loss: LogLoss): boolean {
  if (isGatewayTimeout(loss)) return !/while connecting to upstream/.test(loss.text) && !isForgotten(history, loss);
  if (!isCut(loss) || loss.waited === undefined || loss.waited < SHORTEST_WAIT) return false;
  return isSet(loss.waited) && wasAlive(history, loss);
}

/** A time-out that somebody set is a multiple of five seconds, or one that products ship with; by chance one wait in twenty is. */
function isSet(waited: number): boolean {
  const fives = Math.round(waited / (5 * SECOND)) * 5 * SECOND;
  return Math.abs(waited - fives) <= 0.1 * SECOND || timeoutNear(RESPONSE_LIMITS, waited, 0.1 * SECOND) !== undefined;
}

/** The first after a pause at which a box on the path may have forgotten the connection. */
function isForgotten(history: History, loss: LogLoss): boolean {
  const pause = pauseBefore(history, loss);
  return pause !== undefined && pause > BUSY;
}

/** The place answered somebody within the minute before the request was sent, or after it was given up. */
function wasAlive(history: History, loss: LogLoss): boolean {
  const began = beganAt(loss);
  if (began === undefined || loss.at === undefined) return false;
  const before = workedNear(history, began, { before: 60 * SECOND, after: 0 });
  const later = workedNear(history, loss.at, { before: 0, after: 120 * SECOND });
  return before !== undefined || (later !== undefined && later.at > loss.at);
}

/** The server was not there for others either, or its process ended. */
function befallen(scene: Scene, { losses }: History, { at }: LogLoss): boolean {
  return (
    losses.some(
      (other) =>
        (isRefused(other) || isUnanswered(other) || other.error === "unreachable") && near(other.at, at, 30 * SECOND),
    ) || momentsOf(scene).some(({ kind, at: then }) => kind === "crashed" && near(then, at, 5 * SECOND))
  );
}

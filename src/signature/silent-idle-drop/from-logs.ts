import { printSpan, SECOND } from "../../net/time.ts";
import { PATH_IDLE_LIMITS, SERVER_IDLE_LIMITS, timeoutExceeded, timeoutNear } from "../known-timeouts.ts";
import { type LogLoss, lossesOf } from "../log-losses.ts";
import {
  type History,
  historiesOf,
  instantOfLosses,
  isCut,
  lineOf,
  longestPause,
  namedBy,
  nextCapture,
  pauseBefore,
  placeIn,
  quote,
  some,
  workedNear,
} from "../log-queries.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";
import { balancerResets } from "./from-metrics.ts";

/**
 * The forgotten connection as logs and metrics tell it: what failed was the first request after a pause that was longer
 * than a box on the path remembers and than any pause that was survived, and the place was there at once for a new
 * connection; or the balancer itself counts the RSTs that it sent.
 */
export function forgottenByLogs(scene: Scene): Finding[] {
  const told = historiesOf(scene).flatMap((history) => findingOf(history) ?? []);
  return [...told, ...balancerResets(scene, lossesOf(scene), told)];
}

/** A loss after a pause. */
interface Pause {
  readonly loss: LogLoss;
  readonly pause: number;
}

/** A program that is told at once hears of a RST; one that waited in vain hears of nothing. */
const AT_ONCE = SECOND;

function findingOf(history: History): Finding | undefined {
  const found = history.losses.flatMap((loss) => pausedLoss(history, loss) ?? []);
  const longer = found.filter(({ loss, pause }) => pause > longestPause(history, loss.log));
  const over = longer.filter(({ pause }) => timeoutExceeded(PATH_IDLE_LIMITS, pause) !== undefined);
  const [first] = over;
  if (first === undefined) return undefined;
  const limit = timeoutExceeded(PATH_IDLE_LIMITS, first.pause);
  const reset = isCut(first.loss);
  // A server's own limit would have shown itself by a FIN, which programs take for an end, not for a RST.
  const byServer = timeoutNear(SERVER_IDLE_LIMITS, first.pause, SECOND) !== undefined;
  const sure = (reset ? first.loss.error === "reset" : over.length >= 2) && !byServer;
  return {
    cause: "silent-idle-drop",
    variant: reset ? "reset-on-next-packet" : "blackhole",
    confidence: sure && first.pause < 3 * (limit?.seconds ?? 0) * SECOND ? "likely" : "possible",
    initiator: "balancer",
    at: instantOfLosses(over.map(({ loss }) => loss)),
    trails: [],
    named: namedBy(over.map(({ loss }) => loss)),
    evidence: some(over).map(({ loss, pause }) =>
      lineOf(loss, `failed as the first after a pause of ${printSpan(pause)}: ${quote(loss.text)}`),
    ),
    summary: `${over.length === 1 ? "A request" : `${over.length} requests`} to ${placeIn(history)} failed after ${printSpan(first.pause)} without traffic, longer than ${limit?.seconds} s (${limit?.whose}) and than any pause that was survived${reset ? ": the first packet met a RST" : ": nothing answered"}. A box on the path that forgot the connection does this. ${quote(first.loss.text)}.`,
    ruledOut: [
      {
        cause: "keep-alive-race",
        because: reset
          ? "a server that closes for idleness sends FIN, which the program would have seen during the pause"
          : "a server that closes answers at once",
      },
      { cause: "peer-vanished", because: "the place answered a new connection" },
    ],
    refutedBy:
      "the connection surviving a longer pause on the same path, or the request arriving in a capture at the server",
    next: nextCapture(
      first.loss,
      "if the packet after the pause does not arrive at the server, a box in between dropped it",
    ),
    symptoms: [reset ? "connection-reset" : "request-timeout"],
  };
}

function pausedLoss(history: History, loss: LogLoss): Pause | undefined {
  const stated = statedPause(loss.text);
  const pause = stated ?? pauseBefore(history, loss);
  if (pause === undefined || loss.stage !== "exchange") return undefined;
  if (isCut(loss)) return loss.waited === undefined || loss.waited <= AT_ONCE ? { loss, pause } : undefined;
  if (loss.error !== "timed-out") return undefined;
  // What never answers again is no forgotten connection but a server that is gone.
  const again = loss.at === undefined ? undefined : workedNear(history, loss.at, { before: 0, after: 30 * SECOND });
  return stated !== undefined || (again !== undefined && again.at > (loss.at ?? 0n)) ? { loss, pause } : undefined;
}

/** JDBC and librdkafka print the connection's silence themselves. */
function statedPause(text: string): number | undefined {
  const jdbc = /last packet (?:successfully )?received from the server was ([\d,.]{1,15}) (milli)?seconds ago/i.exec(
    text,
  );
  if (jdbc !== null)
    return Number((jdbc[1] ?? "").replace(/[,.]/g, "")) * (jdbc[2] === undefined ? SECOND : SECOND / 1000);
  return undefined;
}

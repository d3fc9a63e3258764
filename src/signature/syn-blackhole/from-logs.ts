import { SECOND } from "../../net/time.ts";
import type { LogLoss } from "../log-losses.ts";
import {
  beganAt,
  bursts,
  type History,
  historiesOf,
  instantOfLosses,
  isUnanswered,
  lineOf,
  namedBy,
  nextCapture,
  placeIn,
  quote,
  some,
} from "../log-queries.ts";
import { type LogSuccess, successesOf } from "../log-successes.ts";
import { sharedPorts } from "../logged-ports.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";

/** An attempt that waited less may have been cut short by its own program. */
const SHORTEST_WAIT = SECOND;

/**
 * A destination that answers no attempt to connect, as logs tell it, while other places answered the same
 * program at the same time.
 */
export function blackholeByLogs(scene: Scene): Finding[] {
  return historiesOf(scene).flatMap((history) => findingOf(scene, history) ?? []);
}

function findingOf(scene: Scene, history: History): Finding | undefined {
  const { place, losses, successes } = history;
  const silent = losses.filter((loss) => isUnanswered(loss) && (loss.waited ?? SHORTEST_WAIT) >= SHORTEST_WAIT);
  const [first] = silent;
  // Some attempts that succeed tell of another story: a balancer, a full queue, a translating box.
  if (first === undefined || place === undefined || successes.length > 0 || silent.length < losses.length)
    return undefined;
  if (sharedPorts(scene).some(({ losses: collided }) => collided.some((loss) => silent.includes(loss))))
    return undefined;
  const elsewhere = workedElsewhere(scene, place, silent);
  // One attempt alone may have met a collision of ports, or a target that was just going.
  if (elsewhere === undefined || bursts(silent, 0.1 * SECOND).length < 2) return undefined;
  const other = placeIn(elsewhere);
  return {
    cause: "syn-blackhole",
    variant: "from-logs",
    confidence: "likely",
    initiator: "unknown",
    at: instantOfLosses(silent),
    trails: [],
    named: namedBy(silent),
    evidence: [
      ...some(silent).map((loss) => lineOf(loss, `no answer to the attempt: ${quote(loss.text)}`)),
      lineOf(elsewhere, `meanwhile ${other} answers the same program`),
    ],
    summary: `${silent.length} attempts to connect to ${placeIn(history)} got no answer, while ${other} answered the same program: packets to that destination are dropped on the way or at it. ${quote(first.text)}.`,
    ruledOut: [
      { cause: "hairpin-loopback", because: "every attempt failed, not one in so many" },
      { cause: "connection-refused", because: "no answer came at all" },
    ],
    refutedBy: "an attempt to the same destination that succeeds, or a SYN-ACK of it in a capture at the client",
    next: nextCapture(first, "shows whether the SYNs arrive and whether anything answers"),
    symptoms: ["connect-timeout"],
  };
}

/** What another place answered the same program while these attempts waited. */
function workedElsewhere(scene: Scene, place: string, silent: readonly LogLoss[]): LogSuccess | undefined {
  return successesOf(scene).find((success) => {
    if (success.place === undefined || success.place === place) return false;
    return silent.some((loss) => {
      const began = beganAt(loss);
      if (success.log !== loss.log || loss.at === undefined || began === undefined) return false;
      return success.at >= began - BigInt(5 * SECOND) && success.at <= loss.at + BigInt(5 * SECOND);
    });
  });
}

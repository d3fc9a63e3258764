import { SECOND } from "../../net/time.ts";
import type { LogLoss } from "../log-losses.ts";
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
  nextCapture,
  pauseBefore,
  placeIn,
  quote,
  some,
} from "../log-queries.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";

/** Requests that were under way when the host went began within this of each other, a client's retries counted. */
const TOGETHER = 30 * SECOND;
/** A connection that had worked this shortly before was not forgotten for its silence. */
const BUSY = 30 * SECOND;

/**
 * A host or path that went, as logs tell it: everything to one place that worked before gets no answer from one moment on,
 * new connections included, and nobody says no; or the kernel says of an open connection that there is no way there.
 */
export function vanishedByLogs(scene: Scene): Finding[] {
  return historiesOf(scene).flatMap((history) => findingOf(history) ?? []);
}

function findingOf(history: History): Finding | undefined {
  const unreachable = history.losses.filter((l) => l.stage === "exchange" && l.error === "unreachable");
  const mute = unreachable.length > 0 ? [] : muteFrom(history);
  const lost = unreachable.length > 0 ? unreachable : mute;
  const [first] = lost;
  if (first === undefined) return undefined;
  const opened = lost.filter(isUnanswered).length;
  const sure = unreachable.length > 0 || opened > 0;
  return {
    cause: "peer-vanished",
    variant: unreachable.length > 0 ? "no-route" : "mute",
    confidence: sure ? "likely" : "possible",
    initiator: "unknown",
    at: instantOfLosses(lost),
    trails: [],
    named: namedBy(lost),
    evidence: some(lost).map((loss) => lineOf(loss, `no answer: ${quote(loss.text)}`)),
    summary:
      unreachable.length > 0
        ? `An open connection to ${placeIn(history)} failed because there was no way to the host any more: ${quote(first.text)}.`
        : `From one moment on ${placeIn(history)} answered nothing: ${lost.length} requests or connections got no answer${opened > 0 ? ", new connections among them" : ""}, and none was reset or refused. ${quote(first.text)}.`,
    ruledOut: [
      { cause: "process-gone", because: "a host whose process is gone refuses and resets" },
      { cause: "silent-idle-drop", because: "connections that had just been at work were lost, and more than one" },
    ],
    refutedBy:
      "an answer of that host in the time in question, or its own log or console showing that it ran and was connected",
    next: nextCapture(first, "shows whether anything of that host arrives, and whether the packets reach it"),
    symptoms: ["request-timeout"],
  };
}

/** What stayed without an answer at the end of a history that had gone well, when nothing worked any more and nobody said no. */
function muteFrom({ losses, successes, place }: History): readonly LogLoss[] {
  const history = { losses, successes, place };
  const timed = losses.filter((l) => l.error === "timed-out" && l.teller === "client" && l.status === undefined);
  const [first] = timed;
  const began = first === undefined ? undefined : beganAt(first);
  if (first?.at === undefined || began === undefined || first.stage !== "exchange") return [];
  if (losses.some((l) => isCut(l) || isRefused(l))) return [];
  const worked = successes.some((s) => s.at <= began) && !successes.some((s) => s.at > began);
  const pause = pauseBefore(history, first);
  if (!worked || pause === undefined || pause > BUSY) return [];
  const together = bursts(timed, TOGETHER)[0] ?? [];
  return together.length >= 2 ? timed : [];
}

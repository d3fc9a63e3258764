import { MILLISECOND, printSpan, SECOND } from "../../net/time.ts";
import type { LogLoss } from "../log-losses.ts";
import { type Moment, momentLine, momentsOf } from "../log-moments.ts";
import {
  bursts,
  type History,
  historiesOf,
  instantOfLosses,
  isCut,
  isRefused,
  lineOf,
  namedBy,
  near,
  nextCapture,
  placeIn,
  quote,
  some,
} from "../log-queries.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding, LogEvidence } from "../signature.ts";

/** Connections of one process end this close together, whole seconds in logs allowed for. */
const INSTANT = 300 * MILLISECOND;
/** New connections are refused within this, until somebody starts it again. */
const AFTERMATH = 10 * SECOND;
/** A line about the process and the losses that follow from it are this close. */
const STORY = 5 * SECOND;

/**
 * The death of a process as logs tell it: connections cut at one instant and new ones refused from then on, or a
 * line of the kernel, a supervisor or the process itself beside the losses.
 */
export function deathFromLogs(scene: Scene): Finding[] {
  return historiesOf(scene).flatMap((history) => findingOf(scene, history) ?? []);
}

interface Death {
  /** Connections and requests that were cut. */
  readonly cut: readonly LogLoss[];
  readonly refused: readonly LogLoss[];
  readonly moment: Moment | undefined;
  readonly confidence: Confidence;
}

function findingOf(scene: Scene, history: History): Finding | undefined {
  const death = deathOf(scene, history);
  if (death === undefined) return undefined;
  const { cut, refused, moment, confidence } = death;
  const all = [...cut, ...refused];
  const [first] = all as [LogLoss, ...LogLoss[]];
  return {
    cause: "process-gone",
    variant: "from-logs",
    confidence,
    initiator: "server",
    at: instantOfLosses(all),
    trails: [],
    named: namedBy(all),
    evidence: evidenceOf(death),
    summary: `The process behind ${placeIn(history)} ended: ${told(death)}. ${quote((moment ?? first).text)}.`,
    ruledOut: [
      {
        cause: "keep-alive-race",
        because:
          refused.length > 0
            ? "new connections were refused as well"
            : "more than one connection went at the same moment",
      },
    ],
    refutedBy: "a log of the process that runs through that moment, or a connection of it that lived on",
    next: nextCapture(first, "shows whether all of its connections closed at that instant"),
    symptoms: [
      cut.length === 0
        ? "connection-refused"
        : cut.some((l) => l.error === "reset")
          ? "connection-reset"
          : "unexpected-eof",
    ],
  };
}

function deathOf(scene: Scene, history: History): Death | undefined {
  const cut = history.losses.filter(isCut);
  const refused = history.losses.filter(isRefused);
  const events = momentsOf(scene);
  // A reload or an ordered stop is another story.
  const meant = (at: LogLoss["at"]): boolean =>
    events.some((m) => (m.kind === "reloading" || m.kind === "told-to-stop") && near(m.at, at, 15 * SECOND));
  for (const burst of bursts(cut, INSTANT)) {
    const [{ at }] = burst;
    if (meant(at)) continue;
    const later = refused.filter(
      (r) => r.at !== undefined && at !== undefined && r.at >= at - BigInt(SECOND) && near(r.at, at, AFTERMATH),
    );
    const crash = events.find((m) => m.kind === "crashed" && near(m.at, at, STORY));
    if (crash !== undefined) {
      // Any process may die at that time: whose it was shows in what the place does afterwards.
      const tied = later.length > 0 || burst.length >= 3 || crash.log === burst[0].log;
      return { cut: burst, refused: later, moment: crash, confidence: tied ? "likely" : "possible" };
    }
    if (later.length > 0) return { cut: burst, refused: later, moment: undefined, confidence: "likely" };
    const started = events.find(
      (m) => m.kind === "started" && m.log !== burst[0].log && near(m.at, at, STORY) && !isFirst(m),
    );
    if (burst.length >= 3 && started !== undefined) {
      return { cut: burst, refused: [], moment: started, confidence: "likely" };
    }
  }
  return refusedOnly(history, refused, events);
}

/** Refused at a place that had worked before; alone it may as well be a firewall's new rule. */
function refusedOnly(
  { successes }: History,
  refused: readonly LogLoss[],
  events: readonly Moment[],
): Death | undefined {
  for (const loss of refused) {
    const crash = events.find((m) => m.kind === "crashed" && near(m.at, loss.at, AFTERMATH));
    if (crash !== undefined) return { cut: [], refused, moment: crash, confidence: "likely" };
  }
  const [first] = refused;
  if (first?.at === undefined || events.some((m) => m.kind === "told-to-stop" && near(m.at, first.at, 60 * SECOND)))
    return undefined;
  const at = first.at;
  return successes.some((s) => s.at < at) ? { cut: [], refused, moment: undefined, confidence: "possible" } : undefined;
}

/** Its log begins with this start: nothing had run before. */
function isFirst({ log, entry, at }: Moment): boolean {
  const [first] = log.entries;
  const begun = first === undefined ? undefined : log.instantOf(first);
  return first === entry || near(begun, at, SECOND);
}

function told({ cut, refused, moment }: Death): string {
  const parts = [
    ...(cut.length === 0
      ? []
      : [`${cut.length === 1 ? "a connection was" : `${cut.length} connections or requests were`} cut at one moment`]),
    ...(refused.length === 0
      ? []
      : [
          refused.length === 1
            ? "a new connection was refused"
            : `new connections were refused (${refused.length} lines)`,
        ]),
    ...(moment === undefined
      ? []
      : [moment.kind === "started" ? "a new process started at that moment" : "a log tells of the end of a process"]),
  ];
  return parts.join(", and ");
}

function evidenceOf({ cut, refused, moment }: Death): readonly LogEvidence[] {
  const [first] = cut;
  const after = (loss: LogLoss): string =>
    first?.at === undefined || loss.at === undefined
      ? ""
      : `, ${printSpan(Math.abs(Number(loss.at - first.at)))} from the first cut`;
  return [
    ...(moment === undefined
      ? []
      : [
          momentLine(
            moment,
            `${moment.kind === "started" ? "a process starts" : "a process ends"}: ${quote(moment.text)}`,
          ),
        ]),
    ...some(cut, 5).map((loss) => lineOf(loss, `cut: ${quote(loss.text)}`)),
    ...some(refused, 5).map((loss) => lineOf(loss, `refused${after(loss)}: ${quote(loss.text)}`)),
  ];
}

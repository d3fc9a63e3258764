import type { Symptom } from "../../log/symptom.ts";
import { printable } from "../../net/printable.ts";
import type { LogLoss } from "../log-losses.ts";
import { isCut, nextCapture } from "../log-queries.ts";
import type { RuledOut } from "../signature.ts";

/** What may be behind a loss, what can't be, and what to take so that the next one can be decided. */
export interface Advice {
  readonly candidates: string;
  readonly ruledOut: readonly RuledOut[];
  readonly next: string;
}

const MOST_CANDIDATES = 4;

export function adviceFor(
  symptom: Symptom | undefined,
  losses: readonly [LogLoss, ...LogLoss[]] | readonly LogLoss[],
): Advice {
  const [first] = losses as readonly [LogLoss, ...LogLoss[]];
  const ruledOut = excludedBy(first);
  const excluded = new Set(ruledOut.map(({ cause }) => cause));
  const open = (symptom?.causes ?? []).filter(({ cause }) => !excluded.has(cause));
  const candidates = open
    .slice(0, MOST_CANDIDATES)
    .map(({ cause, tell }) => `${cause} (${firstSentence(tell)})`)
    .join("; ");
  return {
    candidates: candidates === "" ? "any; the line names no error of a connection" : candidates,
    ruledOut,
    next: nextFor(symptom, first),
  };
}

const firstSentence = (text: string): string => (/^.*?\.(?= [A-Z])/.exec(text)?.[0] ?? text).replace(/\.$/, "");

/** What the kind of failure excludes by itself. */
function excludedBy({ stage, error }: LogLoss): readonly RuledOut[] {
  if (stage === "connect" && error === "refused") return [{ cause: "syn-blackhole", because: "an answer came" }];
  if (stage === "connect" && error === "timed-out") {
    return [{ cause: "connection-refused", because: "a refusal would have been told at once" }];
  }
  if (isCut({ stage, error } as LogLoss)) return [{ cause: "peer-vanished", because: "an end or a RST came" }];
  return [];
}

/** The dictionary's command with what the log names filled in; a capture of both sides where it has none. */
function nextFor(symptom: Symptom | undefined, first: LogLoss): string {
  const { remote } = first;
  const [take] = symptom?.capture ?? [];
  const both = nextCapture(first, "shows who ended it, and when");
  if (take === undefined || /\btcpdump\b/.test(take.command)) return both;
  const command = take.command
    .replace("SERVER", printable(remote?.address ?? "SERVER"))
    .replace("PORT", remote === undefined || remote.port === 0 ? "PORT" : String(remote.port));
  return `On ${take.where}: ${command}. ${both}`;
}

import type { ErrorWord } from "../../log/content.ts";
import type { Symptom } from "../../log/symptom.ts";
import { lookUpSymptom, SYMPTOMS } from "../../log/symptoms.ts";
import { SECOND } from "../../net/time.ts";
import { type LogLoss, lossesOf } from "../log-losses.ts";
import {
  bursts,
  historiesOf,
  instantOfLosses,
  isCut,
  lineOf,
  MOST_QUOTED,
  namedBy,
  placeIn,
  quote,
  some,
} from "../log-queries.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";
import { adviceFor } from "./advice.ts";
import { countedLosses } from "./counted.ts";
import { lostNodes } from "./lost-nodes.ts";

/** Places, and kinds of loss at one place, that are told; more of the same tell nothing new. */
const MOST = 24;

/**
 * Something was lost by the logs, and they do not decide why: what the program said, what may be behind it by the dictionary
 * of symptoms, and what to capture next. Whoever joins the findings drops it where another signature explains the same.
 */
export function undecidedByLogs(scene: Scene): Finding[] {
  const told = historiesOf(scene).flatMap((history) => {
    const kinds = Map.groupBy(history.losses.filter(isTold), kindOf);
    return [...kinds.values()].flatMap((losses) => tell(history.place, losses));
  });
  return [...withRest(told), ...lostNodes(scene, lossesOf(scene)), ...countedLosses(scene, told.length > 0)];
}

/** The first of them; the last counts the others. */
function withRest(told: readonly Finding[]): readonly Finding[] {
  const kept = told.slice(0, MOST);
  const last = kept.at(-1);
  if (last === undefined || told.length === kept.length) return kept;
  return [...kept.slice(0, -1), { ...last, beyond: told.length - kept.length }];
}

/** GOAWAY and TLS alerts state their reason: signatures of their own tell of them, or nothing was lost. */
const isTold = ({ error }: LogLoss): boolean => error !== "goaway";

/** Losses of these kinds are told apart at one place. */
function kindOf(loss: LogLoss): string {
  if (loss.stage !== "exchange") return `${loss.stage} ${loss.error}`;
  return isCut(loss) ? "cut" : loss.error;
}

function tell(place: string | undefined, losses: readonly LogLoss[]): Finding[] {
  const [first] = losses;
  if (first === undefined) return [];
  const symptom = symptomOf(first);
  const events = bursts(losses, SECOND).length;
  const times = losses.length === 1 ? "" : ` (${losses.length} lines${events > 1 ? `, at ${events} times` : ""})`;
  const { next, candidates, ruledOut } = adviceFor(symptom, losses);
  return [
    {
      cause: "inconclusive",
      variant: `log-${symptom?.id ?? first.error}`,
      confidence: "possible",
      initiator: "unknown",
      at: instantOfLosses(losses),
      trails: [],
      named: namedBy(losses),
      evidence: some(losses, MOST_QUOTED).map((loss) => lineOf(loss, quote(loss.text))),
      summary: `Something was lost at ${placeIn({ place })}${times}: ${quote(first.text)}. ${symptom?.meaning ?? "The line says that it failed, and not how."} Why is not decided. Still possible: ${candidates}.`,
      ruledOut,
      refutedBy: "an application that reports no error at that time",
      next,
      symptoms: [SYMPTOM[first.error] ?? "request-failed"],
    },
  ];
}

function symptomOf(loss: LogLoss): Symptom | undefined {
  const { content } = loss.entry;
  const chain = content.kind === "failure" ? content.chain.map((line) => `Caused by: ${line}`) : [];
  const matches = lookUpSymptom([loss.text, ...chain].join("\n"));
  return matches[0]?.symptom ?? SYMPTOMS.find(({ id }) => id === fallbackFor(loss));
}

/** The entry of the dictionary for a loss whose words are not in it. */
function fallbackFor({ error, stage, status }: LogLoss): string {
  if (status === 502 || status === 504) return `http-${status}`;
  if (stage === "connect" && error === "timed-out") return "dial-timeout";
  return FALLBACK[error] ?? "connection-reset";
}

const FALLBACK: Readonly<Partial<Record<ErrorWord, string>>> = {
  reset: "connection-reset",
  refused: "refused",
  "timed-out": "go-awaiting-headers",
  "broken-pipe": "broken-pipe",
  "end-of-file": "go-eof",
  unreachable: "unreachable",
  prohibited: "unreachable",
  "no-free-port": "no-free-port",
  tls: "tls-failure",
  "lost-ping": "go-client-connection-lost",
  "stream-refused": "stream-refused",
  "table-full": "conntrack-table-full",
};

const SYMPTOM: Readonly<Partial<Record<ErrorWord, string>>> = {
  reset: "connection-reset",
  refused: "connection-refused",
  "timed-out": "request-timeout",
  "broken-pipe": "connection-reset",
  "end-of-file": "unexpected-eof",
  unreachable: "no-route-to-host",
  prohibited: "no-route-to-host",
  "lost-ping": "lost-ping",
};

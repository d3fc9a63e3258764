import { printable } from "../../net/printable.ts";
import type { Happening } from "../../scenario/scenario.ts";
import { printNumber, printTime } from "./numbers.ts";
import type { ArmReport } from "./simulation-report.ts";

/** What happens, in words and where it lies on the clock. */
export interface StoryLine {
  readonly fromMs: number;
  readonly toMs?: number;
  readonly words: string;
}

export const HAPPENINGS: readonly Happening["what"][] = [
  "rolling-update",
  "server-restart",
  "server-killed",
  "server-lost",
  "server-hung",
  "deregister",
  "balancer-node-lost",
  "latency",
  "goaway-chance",
  "traffic",
  "quiet",
];

export function storyLine(happening: Happening, servers: number): StoryLine {
  const from = happening.atMs;
  const until = (ms: number): number => from + ms;
  switch (happening.what) {
    case "rolling-update":
      return {
        fromMs: from,
        toMs: until((servers - 1) * happening.stepMs + happening.downMs),
        words: `rolling update: each server in turn is drained and away for ${time(happening.downMs)}, one every ${time(happening.stepMs)}`,
      };
    case "server-restart":
      return {
        fromMs: from,
        toMs: until(happening.downMs),
        words: `server ${happening.server} is restarted, away for ${time(happening.downMs)}`,
      };
    case "server-killed":
      return {
        fromMs: from,
        toMs: until(happening.downMs),
        words: `server ${happening.server} is killed, back after ${time(happening.downMs)}`,
      };
    case "server-lost":
      return {
        fromMs: from,
        toMs: until(happening.downMs),
        words: `the host of server ${happening.server} is gone without a word, back after ${time(happening.downMs)}`,
      };
    case "server-hung":
      return {
        fromMs: from,
        toMs: until(happening.forMs),
        words: `server ${happening.server} stands still for ${time(happening.forMs)}`,
      };
    case "deregister":
      return { fromMs: from, words: `server ${happening.server} is taken out of the balancer` };
    case "balancer-node-lost":
      return {
        fromMs: from,
        toMs: until(happening.forMs),
        words: `balancer node ${happening.node} is lost for ${time(happening.forMs)}, out of DNS after ${time(happening.dnsMs)}`,
      };
    case "latency":
      return {
        fromMs: from,
        toMs: until(happening.forMs),
        words: `every link is ${time(happening.addMs)} slower for ${time(happening.forMs)}`,
      };
    case "goaway-chance":
      return { fromMs: from, words: `goaway-chance becomes ${chanceWords(happening.chance)}` };
    case "traffic":
      return {
        fromMs: from,
        toMs: until(happening.forMs),
        words: `${happening.factor} times the requests for ${time(happening.forMs)}`,
      };
    case "quiet":
      return {
        fromMs: from,
        toMs: until(happening.forMs),
        words: `${happening.clients} send nothing for ${time(happening.forMs)}`,
      };
  }
}

/** Held together where lines are broken. */
const time = (ms: number): string => printTime(ms).replaceAll(" ", "\u00a0");

const chanceWords = (chance: number): string =>
  chance === 0 ? "0: the filter is off" : `${chance}: one request in ${printNumber(Math.round(1 / chance))}`;

/** The story of the first arm, and below it what happens in some others only, each with their names. */
export function storiesOf(arms: readonly ArmReport[]): readonly StoryLine[] {
  const [base, ...others] = arms;
  if (base === undefined) return [];
  const servers = base.runs[0]?.connections.length ?? 0;
  const known = new Set(base.story.map((each) => JSON.stringify(each)));
  const added = others.flatMap(({ name, story }) =>
    story.filter((each) => !known.has(JSON.stringify(each))).map((happening) => ({ name, happening })),
  );
  const alike = Map.groupBy(added, ({ happening }) => JSON.stringify(happening));
  const more = [...alike.values()].flatMap(([first, ...rest]) => {
    if (first === undefined) return [];
    const line = storyLine(first.happening, servers);
    return [
      { ...line, words: `${[first, ...rest].map(({ name }) => printable(name)).join(", ")} only: ${line.words}` },
    ];
  });
  return [...base.story.map((happening) => storyLine(happening, servers)), ...more];
}

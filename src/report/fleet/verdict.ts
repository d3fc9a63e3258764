import { compareMeans } from "../../fleet/statistics/welch.ts";
import { atEnd } from "./measures.ts";
import { many, printEstimate, printNumber } from "./numbers.ts";
import type { SummarisedArm } from "./simulation-report.ts";

/** What one arm's runs came to, worst first. */
export interface ArmVerdict {
  readonly badge: "NOT READY" | "LOST" | "FAILED" | "UNEVEN" | "HELD";
  readonly tone: "bad" | "warn" | "good";
  /** What happened, in numbers. */
  readonly words: string;
  /** What it changed, for an arm that is held against the first. */
  readonly change?: string;
}

export interface Verdict {
  readonly badge: ArmVerdict["badge"];
  readonly tone: ArmVerdict["tone"];
  readonly line: string;
  /** For each arm. */
  readonly arms: readonly ArmVerdict[];
}

/** What the story does to the fleet, and what each variant changes. */
export function verdictOf(title: string, arms: readonly SummarisedArm[]): Verdict {
  const [base, ...others] = arms;
  if (base === undefined) return { badge: "HELD", tone: "good", line: "Nothing was run.", arms: [] };
  const troubles = troublesOf(base);
  const worst = troubles[0];
  const verdicts = arms.map((arm) => armVerdict(arm, arm === base ? undefined : base));
  const first = verdicts[0];
  const line =
    worst === undefined
      ? `${title}: nothing is lost in ${seedsOf(base)}, and the load stays even.`
      : lineOf(worst, base, others);
  return { badge: first?.badge ?? "HELD", tone: first?.tone ?? "good", line, arms: verdicts };
}

/** Ways of going wrong, worst first. `of` is the number of one run that says how much of it there was. */
interface Trouble {
  readonly badge: ArmVerdict["badge"];
  readonly tone: "bad" | "warn";
  readonly words: string;
  readonly of: (run: SummarisedArm["runs"][number]) => number;
  readonly there: (arm: SummarisedArm) => boolean;
}

const TROUBLES: readonly Trouble[] = [
  counted("NOT READY", "bad", "Nodes become NotReady", (run) => run.totals.notReady),
  counted("LOST", "bad", "Connections are lost", (run) => run.totals.connectionsLost),
  counted("FAILED", "warn", "Requests fail", (run) => run.totals.requestsFailed),
  {
    badge: "UNEVEN",
    tone: "warn",
    words: "The load stays uneven",
    of: (run) => atEnd([run], "maxOverMean").mean,
    there: (arm) => isUneven(arm),
  },
];

function counted(
  badge: ArmVerdict["badge"],
  tone: "bad" | "warn",
  words: string,
  of: (run: SummarisedArm["runs"][number]) => number,
): Trouble {
  return { badge, tone, words, of, there: ({ runs }) => runs.some((run) => of(run) > 0) };
}

const troublesOf = (arm: SummarisedArm): readonly Trouble[] => TROUBLES.filter((trouble) => trouble.there(arm));

/**
 * The fullest server has, at the end, half as many connections again as the mean, and more than chance alone explains. With n
 * connections that each choose one of s servers at random, a server's count has mean n/s and nearly that variance, and the largest of
 * s normal numbers is expected within sqrt(2 ln s) deviations: the fullest is near 1 + sqrt(2 ln s · s/n) times the mean.
 */
function isUneven({ runs }: SummarisedArm): boolean {
  const found = atEnd(runs, "maxOverMean").mean;
  const first = runs[0];
  if (first === undefined) return false;
  const servers = first.connections.length;
  const connections = first.connections.reduce((sum, series) => sum + (series.at(-1) ?? 0), 0);
  if (servers < 2 || connections === 0) return false;
  const chance = Math.sqrt((2 * Math.log(servers) * servers) / connections);
  return found > 1.5 && found > 1 + 2 * chance;
}

function armVerdict(arm: SummarisedArm, base: SummarisedArm | undefined): ArmVerdict {
  const worst = troublesOf(arm)[0];
  return {
    badge: worst?.badge ?? "HELD",
    tone: worst?.tone ?? "good",
    words: wordsOf(arm),
    ...(base === undefined ? {} : { change: changeOf(arm, base) }),
  };
}

/** `12.4 (9.8 – 15) connections lost, nodes NotReady 3.1 times a run; the fullest server ends with 1.9 times the mean`. */
function wordsOf(arm: SummarisedArm): string {
  const { totals } = arm.summary;
  const parts = [
    totals.connectionsLost.mean > 0
      ? `${printEstimate(totals.connectionsLost)} connections lost a run`
      : totals.requestsFailed.mean > 0 || totals.notReady.mean > 0
        ? "no connection lost"
        : "nothing lost",
    ...(totals.notReady.mean > 0 ? [`nodes become NotReady ${printEstimate(totals.notReady)} times`] : []),
    ...(totals.requestsFailed.mean > 0 ? [`${printEstimate(totals.requestsFailed)} requests fail`] : []),
  ];
  const share = atEnd(arm.runs, "maxOverMean").mean;
  const uneven = Number.isFinite(share) && arm.runs[0] !== undefined && arm.runs[0].connections.length > 1;
  if (uneven) parts.push(`the fullest server ends with ${printNumber(share)} times the mean`);
  return parts.join(", ");
}

/** What a variant does to the troubles of the first arm: `no NotReady nodes and no lost connections; adds uneven load`. */
function changeOf(arm: SummarisedArm, base: SummarisedArm): string {
  const before = troublesOf(base);
  const nouns = (troubles: readonly Trouble[]): string[] => troubles.map(({ badge }) => NOUNS[badge]);
  const moved = (effect: Effect): string[] =>
    nouns(before.filter((trouble) => effectOf(trouble, arm, base) === effect));
  const parts = [
    ...phrase("no", moved("gone"), ""),
    ...phrase("no", moved("unseen"), ", perhaps by chance"),
    ...phrase("fewer", moved("lessened"), ""),
    ...phrase("more", moved("worsened"), ""),
    ...phrase("no clear change of", moved("same"), ""),
    ...phrase("adds", nouns(troublesOf(arm).filter((trouble) => !before.includes(trouble))), ""),
  ];
  return parts.length === 0 ? "changes nothing that matters here" : parts.join("; ");
}

function phrase(before: string, nouns: readonly string[], after: string): readonly string[] {
  return nouns.length === 0 ? [] : [`${before} ${listed(nouns)}${after}`.replace("fewer uneven", "less uneven")];
}

const NOUNS: Readonly<Record<ArmVerdict["badge"], string>> = {
  "NOT READY": "NotReady nodes",
  LOST: "lost connections",
  FAILED: "failed requests",
  UNEVEN: "uneven load",
  HELD: "",
};

/** `unseen`: there was none, but so there might have been by chance. */
type Effect = "gone" | "unseen" | "lessened" | "worsened" | "same";

/** What an arm does to a trouble. A difference counts if seeds that differ as these do make it in less than one of twenty cases (Welch). */
function effectOf(trouble: Trouble, arm: SummarisedArm, base: SummarisedArm): Effect {
  const enough = arm.runs.length > 1 && base.runs.length > 1;
  const { difference, probability } = compareMeans(arm.runs.map(trouble.of), base.runs.map(trouble.of));
  const sure = enough && probability < 0.05;
  if (!trouble.there(arm)) return sure && difference < 0 ? "gone" : "unseen";
  if (!sure) return "same";
  return difference < 0 ? "lessened" : "worsened";
}

function lineOf(worst: Trouble, base: SummarisedArm, others: readonly SummarisedArm[]): string {
  const seen = base.runs.filter((run) => worst.badge === "UNEVEN" || worst.of(run) > 0).length;
  const where = worst.badge === "UNEVEN" ? "" : base.runs.length === 1 ? "" : ` in ${seen} of ${seedsOf(base)}`;
  const start = `${worst.words}${where}`;
  if (others.length === 0) return `${start}.`;
  const mitigations = others.filter(({ kind }) => kind === "mitigation");
  const asked = mitigations.length > 0 ? mitigations : others;
  const uneven = worst.badge === "UNEVEN";
  for (const [effect, words] of [
    ["gone", uneven ? "it does not" : "in none"],
    ["unseen", `${uneven ? "it does not" : "in none"}, perhaps by chance`],
    ["lessened", "less so"],
    ["worsened", "more so"],
  ] as const) {
    const names = asked.filter((arm) => effectOf(worst, arm, base) === effect).map(({ name }) => name);
    if (names.length > 0) return `${start}; with ${listed(names)} ${words}.`;
  }
  const [only] = asked;
  return `${start}; ${asked.length === 1 ? `${only?.name} makes no clear difference` : "no variant makes a clear difference"}.`;
}

function listed(names: readonly string[]): string {
  if (names.length > 6) return `${names.slice(0, 5).join(", ")} and ${names.length - 5} others`;
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

const seedsOf = (arm: SummarisedArm): string => (arm.runs.length === 1 ? "one seed" : many(arm.runs.length, "seed"));

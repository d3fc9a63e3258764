import { compareCounts } from "../../fleet/statistics/compare-counts.ts";
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

/** What the story does to the fleet, and what each variant or swept value changes. */
export function verdictOf(arms: readonly SummarisedArm[]): Verdict {
  const [base, ...others] = arms;
  if (base === undefined) return { badge: "HELD", tone: "good", line: "Nothing was run.", arms: [] };
  const verdicts = arms.map((arm) => armVerdict(arm, referenceOf(arm, arms)));
  // A sweep asks at which values something happens; a story, what it does and what a variant does about it.
  const swept = new Set(arms.map(pointOf)).size > 1;
  const troubles = TROUBLES.filter((trouble) => (swept ? arms : [base]).some(trouble.there));
  const [worst] = troubles;
  const line =
    worst === undefined
      ? heldLine(swept ? arms : [base]) + elsewhere(swept ? [] : others)
      : swept
        ? sweepLine(worst, arms)
        : lineOf(worst, base, others);
  return { badge: worst?.badge ?? "HELD", tone: worst?.tone ?? "good", line, arms: verdicts };
}

/** A variant is held against the scenario at the same swept values, the scenario itself against its first. */
function referenceOf(arm: SummarisedArm, arms: readonly SummarisedArm[]): SummarisedArm | undefined {
  const found =
    arm.kind === "base" ? undefined : arms.find((each) => each.kind === "base" && pointOf(each) === pointOf(arm));
  const reference = found ?? arms[0];
  return reference === arm ? undefined : reference;
}

const pointOf = ({ swept }: SummarisedArm): string => JSON.stringify(swept);

/** The worst that variants bring to a scenario that holds. */
function elsewhere(others: readonly SummarisedArm[]): string {
  const worst = TROUBLES.find((trouble) => others.some(trouble.there));
  if (worst === undefined) return "";
  const names = others.filter(worst.there).map(({ name }) => name);
  return ` With ${listed(names)} ${worst.words.charAt(0).toLowerCase()}${worst.words.slice(1)}.`;
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

/** Nothing seen is not nothing possible: with several seeds it says how much. */
function heldLine(arms: readonly SummarisedArm[]): string {
  const runs = arms.reduce((sum, arm) => sum + arm.runs.length, 0);
  const share = Math.max(...arms.map((arm) => atEnd(arm.runs, "maxOverMean").mean));
  const even = Number.isFinite(share) ? ` The fullest server ends with ${printNumber(share)} times the mean.` : "";
  const none = `no connection is lost, no request fails, no node becomes NotReady`;
  return runs === 1
    ? `In one seed ${none}.${even}`
    : `In ${many(runs, arms.length === 1 ? "seed" : "run")} ${none}.${even}`;
}

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
    ...(base === undefined
      ? {}
      : { change: `${changeOf(arm, base)}${arm.kind === "base" ? ` (against ${base.name})` : ""}` }),
  };
}

/** `12.4 (9.8 – 15) connections lost, nodes NotReady 3.1 times a run; the fullest server ends with 1.9 times the mean`. */
function wordsOf(arm: SummarisedArm): string {
  const { totals } = arm.summary;
  const parts = [
    totals.connectionsLost.mean > 0
      ? `${printEstimate(totals.connectionsLost)} connections lost a run`
      : `no connection lost in ${seedsOf(arm)}`,
    ...(totals.notReady.mean > 0 ? [`nodes become NotReady ${printEstimate(totals.notReady)} times`] : []),
    ...(totals.requestsFailed.mean > 0 ? [`${printEstimate(totals.requestsFailed)} requests fail`] : []),
  ];
  const share = atEnd(arm.runs, "maxOverMean").mean;
  const uneven = Number.isFinite(share) && arm.runs[0] !== undefined && arm.runs[0].connections.length > 1;
  if (uneven) parts.push(`the fullest server ends with ${printNumber(share)} times the mean`);
  return parts.join(", ");
}

/** What an arm does to the troubles of its reference: `no NotReady nodes or lost connections; adds uneven load`. */
function changeOf(arm: SummarisedArm, base: SummarisedArm): string {
  const before = troublesOf(base);
  const added = troublesOf(arm).filter((trouble) => !before.includes(trouble));
  const nouns = (of: readonly Trouble[], effect: Effect): string[] =>
    of.filter((trouble) => effectOf(trouble, arm, base) === effect).map(({ badge }) => NOUNS[badge]);
  const parts = [
    ...phrase("no", nouns(before, "gone"), "or"),
    ...phrase("no", nouns(before, "unseen"), "or", ", perhaps by chance"),
    ...phrase("fewer", nouns(before, "lessened")),
    ...phrase("more", nouns(before, "worsened")),
    ...phrase("no clear change of", nouns(before, "same"), "or"),
    ...phrase("adds", nouns(added, "worsened")),
    ...phrase("also", nouns(added, "same"), "and", ", perhaps by chance"),
  ];
  return parts.length === 0 ? "changes nothing that matters here" : parts.join("; ");
}

function phrase(before: string, nouns: readonly string[], joint: "and" | "or" = "and", after = ""): readonly string[] {
  if (nouns.length === 0) return [];
  return [
    `${before} ${listed(nouns, joint)}${after}`.replace(
      /^(fewer|more) uneven/,
      (_, word) => `${word === "fewer" ? "less" : "more"} uneven`,
    ),
  ];
}

const NOUNS: Readonly<Record<ArmVerdict["badge"], string>> = {
  "NOT READY": "NotReady nodes",
  LOST: "lost connections",
  FAILED: "failed requests",
  UNEVEN: "uneven load",
  HELD: "",
};

/** `unseen`: there was none, but so there might have been by chance. `same` of a trouble that the reference has not: likewise. */
type Effect = "gone" | "unseen" | "lessened" | "worsened" | "same";

/** Fewer tell nothing of how seeds differ. */
const LEAST_SEEDS = 3;

/**
 * What an arm does to a trouble. A difference counts if seeds that differ as these do make it in less than one of twenty cases (Welch), and
 * if it is too large for two Poisson counts with one mean: seeds that are alike by chance say nothing of how far others lie.
 */
function effectOf(trouble: Trouble, arm: SummarisedArm, base: SummarisedArm): Effect {
  const [mine, other] = [arm.runs.map(trouble.of), base.runs.map(trouble.of)];
  const { difference, probability } = compareMeans(mine, other);
  const sure =
    Math.min(mine.length, other.length) >= LEAST_SEEDS &&
    probability < 0.05 &&
    (trouble.badge === "UNEVEN" || compareCounts(mine, other) < 0.05);
  if (!trouble.there(arm)) return sure && difference < 0 ? "gone" : "unseen";
  if (!sure) return "same";
  return difference < 0 ? "lessened" : "worsened";
}

/** At which values of a sweep the worst happens, and at which not; then what each variant makes of that. */
function sweepLine(worst: Trouble, arms: readonly SummarisedArm[]): string {
  const base = arms.filter(({ kind }) => kind === "base");
  const shown = base.length > 0 ? base : arms;
  const variants = Map.groupBy(
    arms.filter((arm) => !shown.includes(arm)),
    ({ name }) => variantOf(name),
  );
  const where = (some: readonly SummarisedArm[]): string => {
    const there = some.filter(worst.there);
    const left = some.filter((arm) => !there.includes(arm));
    const names = (of: readonly SummarisedArm[]): string => listed(of.map(({ name }) => valuesOf(name)));
    if (there.length === 0) return "with none of the values";
    return left.length === 0 ? "with all of the values" : `with ${names(there)}, not with ${names(left)}`;
  };
  // Variants that come to the same are told together.
  const alike = Map.groupBy(variants, ([, some]) => where(some));
  const others = [...alike].map(([words, some]) => `${listed(some.map(([name]) => name))}: ${words}`);
  return `${[`${worst.words} ${where(shown)}`, ...others].join("; ")}.`;
}

/** `preservation-off, chance=0` without what a sweep set. */
const variantOf = (name: string): string => name.split(", ")[0] ?? name;

/** `preservation-off, chance=0` without the variant. */
const valuesOf = (name: string): string =>
  variantOf(name).includes("=") ? name : name.split(", ").slice(1).join(", ");

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

function listed(names: readonly string[], joint: "and" | "or" = "and"): string {
  if (names.length > 6) return `${names.slice(0, 5).join(", ")} ${joint} ${names.length - 5} others`;
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} ${joint} ${names.at(-1)}`;
}

const seedsOf = (arm: SummarisedArm): string => (arm.runs.length === 1 ? "one seed" : many(arm.runs.length, "seed"));

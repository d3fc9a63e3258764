import type { SettingKey } from "./setting.ts";

/** A setting of a hop, as a variable. */
export interface Term {
  readonly hop: string;
  readonly key: SettingKey;
}

/**
 * `sum of lesser + plus + margin <= greater + offset`, all in the unit of the settings (milliseconds for times). Without
 * `greater` the right side is `offset` alone. One term stands on the right at most, so that the least and the greatest value
 * of each setting follow from the others by substitution (see fix/bounds.ts).
 */
export interface Inequality {
  readonly lesser: readonly Term[];
  readonly plus?: number;
  readonly greater?: Term;
  readonly offset?: number;
  /** What should lie between them. */
  readonly margin: number;
  /** What must lie between them: less is as good as nothing. Absent: all of the margin. */
  readonly least?: number;
  /** What a remedy leaves beside the margin, where it can; a path without it is well. */
  readonly room?: number;
}

/** One way to meet a demand: every inequality of it holds. */
export type Option = readonly Inequality[];

/** `error`: a connection can go half-open or a request be lost. `warning`: too close, or not all is known. `note`: a price to know. */
export type Level = "error" | "warning" | "note";

/** What a rule asks of a path: that one of several options is met. */
export interface Demand {
  readonly rule: string;
  /** Level when no option is met. One that is met but for its margin is a warning at most. */
  readonly level: Level;
  /** Index of the branch it is about; a demand that several branches make is one demand. */
  readonly branch: number;
  /** Ids of the hops between which it goes wrong, the one nearer to the client first. */
  readonly hops: readonly string[];
  readonly anyOf: readonly Option[];
  /** The settings that contradict each other: two, mostly. */
  readonly settings: readonly Term[];
  /** What happens: one or two sentences with the values, without advice. */
  readonly says: string;
  /** What to change, in general. */
  readonly remedy: string;
}

/** How a demand is met: fully, but for its margin, or not. */
export type Fit = "met" | "tight" | "broken";

export type Look = (term: Term) => number | undefined;

/** How a demand is met by the values of settings; a setting without a value meets nothing. */
export function fitOf(demand: Pick<Demand, "anyOf">, look: Look): Fit {
  let best: Fit = "broken";
  for (const option of demand.anyOf) {
    const fit = optionFit(option, look);
    if (fit === "met") return "met";
    if (fit === "tight") best = "tight";
  }
  return best;
}

function optionFit(option: Option, look: Look): Fit {
  let worst: Fit = "met";
  for (const inequality of option) {
    const fit = inequalityFit(inequality, look);
    if (fit === "broken") return "broken";
    if (fit === "tight") worst = "tight";
  }
  return worst;
}

export function inequalityFit(inequality: Inequality, look: Look): Fit {
  const { lesser, plus = 0, greater, offset = 0, margin, least = margin } = inequality;
  let left = plus;
  for (const term of lesser) {
    const value = look(term);
    if (value === undefined) return "broken";
    left += value;
  }
  const right = greater === undefined ? 0 : look(greater);
  if (right === undefined) return "broken";
  // Never is not before never: two ends that keep a connection for ever agree.
  if (right === Number.POSITIVE_INFINITY) return "met";
  const between = right + offset - left;
  if (between >= margin) return "met";
  return between >= least ? "tight" : "broken";
}

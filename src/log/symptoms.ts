import type { Symptom } from "./symptom.ts";
import { CLIENT_SYMPTOMS } from "./symptom-data/clients.ts";
import { GO_SYMPTOMS } from "./symptom-data/go.ts";
import { PROXY_SYMPTOMS } from "./symptom-data/proxies.ts";

/** Every symptom in the dictionary. */
export const SYMPTOMS: readonly Symptom[] = [...GO_SYMPTOMS, ...CLIENT_SYMPTOMS, ...PROXY_SYMPTOMS];

/** A symptom found in a text. */
export interface SymptomMatch {
  readonly symptom: Symptom;
  /** The words that matched, as they stand in the text. */
  readonly matched: string;
  /** Where they begin, in characters. */
  readonly at: number;
}

/** Characters of a pasted text that are searched. */
const LONGEST_TEXT = 1 << 18;

/**
 * The symptoms that a pasted message or stack trace shows, best first: the innermost cause of a trace
 * tells more than the error around it, a longer match more than a shorter one.
 */
export function lookUpSymptom(text: string): SymptomMatch[] {
  const searched = text.slice(0, LONGEST_TEXT);
  const matches = SYMPTOMS.flatMap((symptom) => bestMatch(symptom, searched));
  return matches.sort((a, b) => weight(b, searched) - weight(a, searched));
}

function bestMatch(symptom: Symptom, text: string): SymptomMatch[] {
  const found = symptom.patterns.flatMap((pattern) => {
    const m = pattern.exec(text);
    return m === null ? [] : [{ symptom, matched: m[0], at: m.index }];
  });
  const best = found.reduce<SymptomMatch | undefined>(
    (a, b) => (a === undefined || b.matched.length > a.matched.length ? b : a),
    undefined,
  );
  return best === undefined ? [] : [best];
}

/** The length of the match; what stands in a `Caused by` or `[cause]` line counts half as much again. */
function weight({ matched, at }: SymptomMatch, text: string): number {
  const start = text.lastIndexOf("\n", at) + 1;
  const inner = /^\s*(?:Caused by: |---> |\[cause\]: )/.test(text.slice(start, start + 80));
  return matched.length * (inner ? 1.5 : 1);
}

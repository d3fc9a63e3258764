/** Something that was not read, or was read with doubt: a kind, a sentence, how often. */
export interface Problem {
  /** A stable code such as `cut-short`, `unknown-link-type`, `unsupported-block`. */
  readonly kind: string;
  /** A sentence for a person: what was found and what it means for the result. */
  readonly message: string;
  readonly count: number;
}

/** Different problems kept before the rest are only counted: hostile input must not fill memory. */
const MOST_PROBLEMS = 64;

/** Collects problems, counting those of equal kind and message once each. */
export class ProblemTally {
  readonly #counts = new Map<string, { kind: string; message: string; count: number }>();

  /** Notes `count` more occurrences of a problem. */
  add(kind: string, message: string, count = 1): void {
    const key = `${kind}\n${message}`;
    const known = this.#counts.get(key);
    if (known !== undefined) {
      known.count += count;
      return;
    }
    if (this.#counts.size < MOST_PROBLEMS) {
      this.#counts.set(key, { kind, message, count });
      return;
    }
    const rest = this.#counts.get("");
    if (rest !== undefined) rest.count += count;
    else this.#counts.set("", { kind: "more-problems", message: "further problems of other kinds", count });
  }

  /** The problems in order of first appearance. */
  list(): Problem[] {
    return [...this.#counts.values()].map((problem) => ({ ...problem }));
  }
}

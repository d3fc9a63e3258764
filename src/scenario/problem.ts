import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";
import type { Spot } from "./tree.ts";

/** Something that is wrong with a scenario: where, what was found, how to mend it. */
export interface Problem {
  readonly at: Spot;
  readonly found: string;
  readonly fix: string;
  /** A mistake of form, which `schema/scenario-1.schema.json` shows too; false: of sense, which only reading shows. */
  readonly form: boolean;
}

/** Takes a problem note of. */
export type Note = (problem: Problem) => void;

/** Every problem of a scenario that was found, in the order of the file. */
export class ScenarioFault extends Fault {
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[], omitted: number) {
    const shown = problems.map(printProblem).join("\n");
    const more = omitted === 0 ? "" : `\n  and ${omitted} more`;
    const count = problems.length + omitted;
    super(
      "bad-scenario",
      `${count} ${count === 1 ? "problem" : "problems"} in ${printable(file)}:\n${shown}${more}`,
      count === 1
        ? `${problems[0]?.fix ?? ""}. The format is described in docs/scenarios.md.`
        : "Each line ends with what mends it; the format is described in docs/scenarios.md.",
    );
    this.name = "ScenarioFault";
    this.problems = problems;
  }
}

const printProblem = ({ at, found, fix }: Problem): string =>
  `  ${printable(at.file)}${at.line === undefined ? "" : `:${at.line}`}: ${at.path === "" ? "" : `${at.path}: `}${found}; ${fix}`;

/** Problems are told as they are found; the first at a place counts, since the others follow from it, and the list is bounded. */
export class Problems {
  readonly #told: Problem[] = [];
  readonly #places = new Set<string>();
  #omitted = 0;

  readonly tell: Note = (problem) => {
    const key = `${problem.at.file}\n${problem.at.line}\n${problem.at.path}`;
    if (this.#places.has(key)) return;
    if (this.#places.size < MOST_PLACES) this.#places.add(key);
    if (this.#told.length < MOST_TOLD) this.#told.push(problem);
    else this.#omitted += 1;
  };

  get none(): boolean {
    return this.#told.length === 0;
  }

  /** Throws if there is a problem. */
  check(file: string): void {
    if (this.none) return;
    const inOrder = [...this.#told].sort((a, b) => (a.at.line ?? 0) - (b.at.line ?? 0));
    throw new ScenarioFault(file, inOrder, this.#omitted);
  }
}

const MOST_TOLD = 50;
/** Places that are remembered, so that none is counted twice. */
const MOST_PLACES = 10_000;

import { VERSION } from "./form.ts";
import { Problems } from "./problem.ts";
import { type ReadOptions, scenarioFrom, scenarioOf } from "./read-scenario.ts";
import type { Scenario, Variant } from "./scenario.ts";
import { treeOfValue } from "./tree.ts";

/** A value as a file has it: times as `idleTimeout: "350s"` or as `idleTimeoutMs: 350000`, what has a default left out. */
export type Written<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Key in keyof T]?: Written<T[Key]> | "none" } & {
        readonly [Key in keyof T as Key extends `${infer Name}Ms` ? Name : never]?: string;
      }
    : T;

/** Where every member may be null, which takes it away (RFC 7396). */
export type Change<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [Key in keyof T]?: Change<T[Key]> | null }
    : T;

type Substance = Written<Pick<Scenario, "title" | "about" | "durationMs" | "network">> & {
  readonly story?: readonly Written<Scenario["story"][number]>[];
};

/** A scenario in the form of its file (docs/scenarios.md). */
export type ScenarioFile = Substance & {
  readonly scenario: 1;
  readonly name: string;
  readonly extends?: string;
  readonly expect?: Scenario["expect"];
  readonly variants?: Readonly<Record<string, VariantFile | null>>;
};

export interface VariantFile {
  readonly title: string;
  readonly kind: Variant["kind"];
  readonly extends?: string;
  readonly expect?: Scenario["expect"];
  readonly change?: Change<Substance>;
}

export interface DefineOptions extends ReadOptions {
  /** What problems are said to be in. */
  readonly file?: string;
}

/**
 * A scenario from an object: in the form of a file (it has `scenario: 1`), or as data, for instance one that another program wrote.
 * It is checked and filled in like a file. Throws a `ScenarioFault` with everything that is wrong.
 */
export function defineScenario(input: ScenarioFile | Scenario, options: DefineOptions = {}): Scenario {
  const { file = "the scenario" } = options;
  const problems = new Problems();
  const fileForm = typeof input === "object" && input !== null && "scenario" in input;
  if (fileForm) return scenarioOf(file, treeOfValue(file, input, problems.tell), problems, options);
  return ofData(file, input as Scenario, problems, options);
}

/** The data form: every variant is a whole scenario, and is checked as one. */
function ofData(file: string, input: Scenario, problems: Problems, options: ReadOptions): Scenario {
  const one = (data: unknown, within: string): Scenario | undefined => {
    const tree = treeOfValue(file, data, problems.tell, within);
    if (tree?.kind !== "map") return tree === undefined ? undefined : scenarioFrom(tree, problems.tell, options);
    const value = { kind: "leaf", at: tree.at, value: VERSION } as const;
    const version = { written: "scenario", inMs: false, at: tree.at, value };
    return scenarioFrom(
      { ...tree, entries: new Map([...tree.entries, ["scenario", version]]) },
      problems.tell,
      options,
      "data",
    );
  };
  const { variants = {}, ...rest } = (input ?? {}) as Partial<Scenario>;
  const base = one(input === null || typeof input !== "object" ? input : rest, "");
  const read = Object.entries(variants ?? {}).flatMap(([name, variant]): [string, Variant][] => {
    const { title, kind, scenario } = (variant ?? {}) as Variant;
    const whole = one(scenario, `variants.${name}.scenario`);
    if (whole === undefined) return [];
    const { variants: _, ...plain } = whole;
    return [[name, { title, kind, scenario: plain }]];
  });
  problems.check(file);
  if (base === undefined) throw new Error("a scenario was not read, and no problem was found");
  return { ...base, variants: Object.fromEntries(read) };
}

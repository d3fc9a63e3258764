import { readFileSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Fault } from "./net/fault.ts";
import { meantWord } from "./net/nearest-word.ts";
import { printable } from "./net/printable.ts";
import { BUILT_IN } from "./scenario/built-in.ts";
import { defineScenario } from "./scenario/define-scenario.ts";
import { type ReadOptions, readScenario } from "./scenario/read-scenario.ts";
import type { Scenario } from "./scenario/scenario.ts";

/** Beside `src/` and `dist/` alike. */
const FOLDER = join(import.meta.dirname, "..", "scenarios");
/** Largest file that is taken for a scenario. */
const MOST_BYTES = 4_194_304;

/** What a scenario's file may extend. */
export const EXTENDED: ReadOptions = { builtIn: builtInText, builtInNames: BUILT_IN };

/** The text of a built-in scenario; undefined where there is none of that name. */
export function builtInText(name: string): string | undefined {
  return BUILT_IN.includes(name) ? readFileSync(join(FOLDER, `${name}.yaml`), "utf8") : undefined;
}

/** The built-in scenario of a name, or the one in a YAML or JSON file. Throws a `Fault` where there is none or it is wrong. */
export function readScenarioFile(nameOrPath: string): Scenario {
  const text = builtInText(nameOrPath);
  if (text !== undefined) return readScenario(`scenarios/${nameOrPath}.yaml`, text, EXTENDED);
  return readScenario(nameOrPath, textOf(nameOrPath), EXTENDED);
}

/**
 * The same, and for a module (`.ts`, `.mts`, `.js`, `.mjs`), which is run, what it exports as `scenario` or by default. Whoever
 * names a module trusts it.
 */
export async function loadScenario(nameOrPath: string): Promise<Scenario> {
  const module = [".ts", ".mts", ".js", ".mjs"].includes(extname(nameOrPath));
  if (!module || BUILT_IN.includes(nameOrPath)) return readScenarioFile(nameOrPath);
  textOf(nameOrPath);
  const exported: { scenario?: unknown; default?: unknown } = await import(pathToFileURL(resolve(nameOrPath)).href);
  const found = exported.scenario ?? exported.default;
  if (found === undefined) {
    const says = `The module ${printable(nameOrPath)} exports no scenario.`;
    throw new Fault("bad-scenario", says, "Export it as: export const scenario = defineScenario({ … }).");
  }
  return defineScenario(found as Scenario, { ...EXTENDED, file: nameOrPath });
}

function textOf(path: string): string {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) {
    const meant = meantWord(path, BUILT_IN);
    const remedy = meant === undefined ? `Name a file, or one of ${BUILT_IN.join(", ")}.` : `Did you mean ${meant}?`;
    throw new Fault("no-such-scenario", `There is no scenario and no file '${printable(path)}'.`, remedy);
  }
  if (!status.isFile() || status.size > MOST_BYTES) {
    const found = status.isFile() ? `has ${status.size} bytes` : "is no file";
    throw new Fault("unreadable", `${printable(path)} ${found}.`, "Name a YAML or JSON file with a scenario.");
  }
  return readFileSync(path, "utf8");
}

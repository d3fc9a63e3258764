import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { BUILT_IN } from "../src/scenario/built-in.ts";
import { defineScenario, type ScenarioFile } from "../src/scenario/define-scenario.ts";
import { type Problem, ScenarioFault } from "../src/scenario/problem.ts";
import { readScenario } from "../src/scenario/read-scenario.ts";
import type { Scenario } from "../src/scenario/scenario.ts";
import { scenarioSchema } from "../src/scenario/scenario-schema.ts";
import { builtInText, EXTENDED, loadScenario, readScenarioFile } from "../src/scenario-files.ts";
import { SIGNATURES } from "../src/signature/index.ts";
import { fc } from "./helpers/fast-check.ts";

const ROOT = join(import.meta.dirname, "..");
const PUBLISHED = join(ROOT, "schema/scenario-1.schema.json");

/** Every built-in scenario and each of its variants, by name. */
const all = BUILT_IN.flatMap((name): [string, Omit<Scenario, "variants">][] => {
  const { variants, ...base } = readScenarioFile(name);
  return [
    [name, base],
    ...Object.entries(variants).map(([v, { scenario }]): [string, typeof base] => [`${name} ${v}`, scenario]),
  ];
});

describe("the built-in scenarios", () => {
  test("are the files of the folder, each under its own name", () => {
    const files = readdirSync(join(ROOT, "scenarios")).map((file) => file.replace(/\.yaml$/, ""));
    expect(files.sort()).toEqual([...BUILT_IN].sort());
    for (const name of BUILT_IN) expect(readScenarioFile(name).name).toBe(name);
  });

  test("each mitigation is of the named kind and changes something", () => {
    for (const name of BUILT_IN) {
      const { variants, ...base } = readScenarioFile(name);
      for (const [variant, { title, scenario }] of Object.entries(variants)) {
        expect(title, `${name} ${variant}`).not.toBe("");
        const { expect: _, ...substance } = scenario;
        const { expect: __, ...before } = base;
        expect(substance, `${name} ${variant}`).not.toEqual(before);
      }
    }
  });

  test.each(all)(
    "%s: expects a cause that there is, and lasts minutes",
    (_, { expect: expected, durationMs, name }) => {
      if (expected.cause !== undefined) expect(SIGNATURES.map(({ id }) => id)).toContain(expected.cause);
      expect(durationMs).toBeGreaterThanOrEqual(180_000);
      expect(durationMs).toBeLessThanOrEqual(name === "cluster-5000-nodes" ? 3_600_000 : 1_200_000);
    },
  );

  test("data is read back as it is, and told wrong where it is", () => {
    for (const name of BUILT_IN) {
      const scenario = readScenarioFile(name);
      expect(defineScenario(scenario)).toEqual(scenario);
      expect(defineScenario(JSON.parse(JSON.stringify(scenario)))).toEqual(scenario);
    }
    const silent = structuredClone(readScenarioFile("silent-idle-drop")) as {
      variants: Record<string, { scenario: { durationMs: number } }>;
    };
    const keepalive = silent.variants.keepalive;
    if (keepalive !== undefined) keepalive.scenario.durationMs = -1;
    const [problem] = problemsOf(() => defineScenario(silent as unknown as Scenario));
    expect(problem?.at.path).toBe("variants.keepalive.scenario.durationMs");
  });

  test("the page's example is read, its mistakes are told as it says, and it lists every built-in one", () => {
    const page = readFileSync(join(ROOT, "docs/scenarios.md"), "utf8");
    const [, example = ""] = /```yaml\n(.*?)```/s.exec(page) ?? [];
    expect(Object.keys(readScenario("shop.yaml", example).variants)).toEqual(["keepalive"]);
    const wrong = example.replace("jitter:", "jiter:").replace("servers: { count: 2", "servers: { count: 0");
    const [, told = ""] = /```\n(\d problems in shop.*?)```/s.exec(page) ?? [];
    expect(() => readScenario("shop.yaml", wrong)).toThrow(told.trimEnd());
    for (const name of BUILT_IN) {
      const { title, variants } = readScenarioFile(name);
      const names = Object.entries(variants).map(([v, { kind }]) => (kind === "variation" ? `*${v}*` : v));
      expect(page).toContain(`| \`${name}\` | ${title} | ${names.join(", ")} |`.replace("|  |", "| |"));
    }
  });

  test("a module gives its scenario", async () => {
    const scenario = await loadScenario(join(ROOT, "tests/fixtures/scenario-module.ts"));
    expect(scenario).toMatchObject({ name: "from-a-module", durationMs: 240_000, network: { servers: { count: 2 } } });
    expect(scenario.variants.slow?.scenario.network.links.delayMs).toBe(40);
    await expect(loadScenario("no-such-file.ts")).rejects.toThrow("no file 'no-such-file.ts'");
  });
});

describe("scenario-1.schema.json", () => {
  const schema = scenarioSchema();
  const validate = new Ajv2020({ strict: false }).compile(schema);

  test("is published as the shapes have it: node scripts/scenario-schema.ts", () => {
    expect(JSON.parse(readFileSync(PUBLISHED, "utf8"))).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  const files = BUILT_IN.map((name): ScenarioFile => parse(builtInText(name) ?? ""));
  const extending: ScenarioFile = {
    scenario: 1,
    name: "mine",
    extends: "silent-idle-drop",
    network: { balancer: { idleTimeout: "60s" } },
    variants: {
      keepalive: null,
      slow: { title: "slow", kind: "variation", change: { network: { links: { delay: "20ms" } } } },
    },
  };

  test.each([...files, extending])("takes $name", (file) => {
    expect(validate(file)).toBe(true);
    expect(problemsOf(() => defineScenario(file, EXTENDED))).toEqual([]);
  });

  test("takes and refuses what the reader does", () => {
    let refused = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...files, extending),
        fc.array(MUTATION, { minLength: 1, maxLength: 3 }),
        (file, mutations) => {
          const mutant = mutations.reduce(mutated, JSON.parse(JSON.stringify(file)));
          const text = JSON.stringify(mutant);
          const ofForm = problemsOf(() => readScenario("mutant.json", text, EXTENDED)).filter(({ form }) => form);
          const right = validate(mutant);
          refused += right ? 0 : 1;
          const both = `${text}\n${JSON.stringify(ofForm)}\n${JSON.stringify(validate.errors)}`;
          expect(right, both).toBe(ofForm.length === 0);
        },
      ),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(200);
  });
});

interface Mutation {
  readonly where: number;
  readonly how: "delete" | "set" | "rename" | "add";
  readonly value: unknown;
  readonly key: string;
}

const VALUES: readonly unknown[] = [
  null, -1, 0, 1, 5, 1.5, 1e12, true, "", "350s", "-3s", "350", "350 S ", "1h30m", "never", "NEVER", "none", "abc", "kubelet",
  "network", "application", "x".repeat(300), [], {}, [1, 2], [70_000, 1], ["a"], { count: 1 }, { kind: "plain", count: 1 },
  { title: "t", kind: "mitigation" }, { at: "1s", what: "deregister", server: 0 },
]; // biome-ignore format: values for themselves

const MUTATION: fc.Arbitrary<Mutation> = fc.record({
  where: fc.nat(100_000),
  how: fc.constantFrom("delete", "set", "set", "rename", "add"),
  value: fc.constantFrom(...VALUES),
  key: fc.constantFrom(
    "duration",
    "durationMs",
    "idleTimeoutMs",
    "idleTimeout",
    "delayMs",
    "kind",
    "extends",
    "count",
    "countMs",
    "colour",
    "Bad Name",
    "healthCheck",
    "balancer",
    "story",
    "expect",
    "variants",
  ),
});

/** The value with one of its members changed. */
function mutated(root: unknown, { where, how, value, key }: Mutation): unknown {
  const members: [Record<string, unknown> | unknown[], string][] = [];
  const visit = (found: unknown): void => {
    if (found === null || typeof found !== "object") return;
    for (const name of Object.keys(found)) {
      members.push([found as Record<string, unknown>, name]);
      visit((found as Record<string, unknown>)[name]);
    }
  };
  visit(root);
  const [owner, name] = members[where % Math.max(1, members.length)] ?? [{}, ""];
  const map = owner as Record<string, unknown>;
  const copy = structuredClone(value);
  if (Array.isArray(owner)) {
    if (how === "delete") owner.splice(Number(name), 1);
    else owner[Number(name)] = copy;
  } else if (how === "delete") delete map[name];
  else if (how === "set") map[name] = copy;
  else if (how === "add") map[key] = copy;
  else {
    map[key] = map[name];
    if (key !== name) delete map[name];
  }
  return root;
}

function problemsOf(run: () => unknown): readonly Problem[] {
  try {
    run();
    return [];
  } catch (error) {
    if (error instanceof ScenarioFault) return error.problems;
    throw error;
  }
}

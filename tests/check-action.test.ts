import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { RUN_SOURCES } from "./helpers/command-line.ts";

const ROOT = join(import.meta.dirname, "..");
const rule = (kind: "bad" | "good"): string => join(ROOT, "src/path/rule/keep-alive-order", `${kind}.yaml`);
const scratch = mkdtempSync(join(tmpdir(), "halfopen-action-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** `halfopen` as a command, run from the sources. */
const script = join(scratch, "run.mjs");
writeFileSync(script, RUN_SOURCES.replace("slice(1)", "slice(2)"));
const command = join(scratch, "halfopen");
writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" --no-warnings "${script}" "$@"\n`);
chmodSync(command, 0o755);

describe("action.yml", () => {
  const action = parse(readFileSync(join(ROOT, "action.yml"), "utf8"));
  const step = action.runs.steps.find(({ id }: { id?: string }) => id === "check");

  test("is a composite action whose inputs reach the script through the environment only", () => {
    expect(action.runs.using).toBe("composite");
    for (const { run, shell } of action.runs.steps) {
      expect(shell).toBe("bash");
      expect(run).not.toContain("${{");
    }
    const used = Object.values<string>(step.env).map((value) => /^\$\{\{ inputs\.([a-z]+) \}\}$/.exec(value)?.[1]);
    expect(used.sort()).toEqual(Object.keys(action.inputs).sort());
    for (const { description } of Object.values<{ description: string }>(action.inputs))
      expect(description).toBeTruthy();
  });

  /** Runs the step as a runner would, with its inputs in the environment. */
  function runStep(inputs: Record<string, string>): { status: number | null; out: string; outputs: string } {
    const outputs = join(scratch, `outputs-${Math.abs(JSON.stringify(inputs).length)}`);
    writeFileSync(outputs, "");
    const env: Record<string, string> = { GITHUB_ACTION_PATH: ROOT, GITHUB_OUTPUT: outputs, HALFOPEN_COMMAND: command };
    for (const name of Object.keys(action.inputs)) {
      env[`HALFOPEN_${name.toUpperCase()}`] = inputs[name] ?? action.inputs[name].default ?? "";
    }
    const { status, stdout, stderr } = spawnSync("bash", ["-c", step.run], {
      encoding: "utf8",
      cwd: scratch,
      env: { PATH: process.env.PATH ?? "", ...env },
    });
    return { status, out: stdout + stderr, outputs: readFileSync(outputs, "utf8") };
  }

  test("fails on an unsafe path and says so", () => {
    const { status, out, outputs } = runStep({ files: `${rule("good")}\n${rule("bad")}\n` });
    expect(status).toBe(1);
    expect(out).toContain("UNSAFE");
    expect(out).toContain("fix");
    expect(outputs).toBe("unsafe=true\n");
  });

  test("passes on a safe one, and writes SARIF where it is told to", () => {
    const { status, outputs } = runStep({ files: rule("good"), format: "sarif", output: "report.sarif" });
    expect({ status, outputs }).toEqual({ status: 0, outputs: "unsafe=false\n" });
    expect(JSON.parse(readFileSync(join(scratch, "report.sarif"), "utf8")).runs[0].results).toEqual([]);
  });

  test("runs nothing that an input holds, and takes no input for an option", () => {
    const { status, out } = runStep({ files: "$(touch pwned)\n`touch pwned`\n; touch pwned\n--output=pwned" });
    expect(status).toBe(2);
    expect(out).toContain("There is no file");
    expect(() => readFileSync(join(scratch, "pwned"))).toThrow();
  });

  test("fails without files", () => {
    expect(runStep({ files: "\n" }).status).toBe(2);
  });
});

describe(".pre-commit-hooks.yaml", () => {
  const [hook] = parse(readFileSync(join(ROOT, ".pre-commit-hooks.yaml"), "utf8"));

  test("is a hook of this package's command", () => {
    expect(hook).toMatchObject({ id: "halfopen-check", language: "node", types: ["yaml"] });
    const { bin } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    expect(Object.keys(bin)).toContain(hook.entry.split(" ")[0]);
  });

  test.each([
    ["path.yaml", true],
    ["deploy/path.yml", true],
    ["deploy/shop.path.yaml", true],
    ["deploy/mypath.yaml", false],
    ["values.yaml", false],
  ])("%s is taken: %s", (file, taken) => {
    expect(new RegExp(hook.files).test(file)).toBe(taken);
  });

  test.each([
    ["bad", 1],
    ["good", 0],
  ] as const)("its entry, with names of files behind it, judges the %s path", (kind, expected) => {
    const [, ...args] = hook.entry.split(" ");
    expect(spawnSync(command, [...args, rule(kind)], { encoding: "utf8" }).status).toBe(expected);
  });
});

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { examine } from "../../src/lab/doctor.ts";
import { cleanLeftovers, runsFolder } from "../../src/lab/lab-state.ts";
import { RUN_SOURCES } from "../helpers/command-line.ts";

const { canRun } = examine();

/** `halfopen lab run` in a process of its own, up to the line that says that it runs. */
async function begun(): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ["--no-warnings", "--input-type=module", "-e", RUN_SOURCES, "--", "lab", "run", "silent-idle-drop"],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const lines = createInterface({ input: child.stderr ?? process.stdin });
  for await (const line of lines) if (line.startsWith("running")) return child;
  throw new Error("it did not begin");
}

const ended = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once("close", resolve));

/** Processes that carry the name of a run's folder in their arguments. */
function programsOf(suffix: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`${runsFolder()}/${suffix}/`);
    } catch {
      return false;
    }
  });
}

async function goneFrom(look: () => readonly string[]): Promise<void> {
  for (let tries = 0; look().length > 0 && tries < 200; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(look()).toEqual([]);
}

const suffixOf = (child: ChildProcess): string =>
  readdirSync(runsFolder()).find((suffix) =>
    readFileSync(`${runsFolder()}/${suffix}/owner.json`, "utf8").includes(`"pid":${child.pid},`),
  ) ?? "";

/** What the host itself has: links, rules, names. */
const hostState = (): string =>
  [
    ["ip", "link"],
    ["ip", "rule"],
    ["nft", "list", "ruleset"],
    ["ip", "netns"],
  ]
    .map(([file = "", ...args]) => spawnSync(file, args, { encoding: "utf8" }).stdout.replace(/^\d+: /gm, ""))
    .join("\n");

describe.skipIf(!canRun)("a run", () => {
  test("leaves nothing when it is interrupted, and the host never had any of it", async () => {
    const before = hostState();
    const child = await begun();
    const suffix = suffixOf(child);
    expect(programsOf(suffix).length).toBeGreaterThan(3);
    expect(hostState()).toBe(before);
    child.kill("SIGINT");
    expect(await ended(child)).toBe(2);
    await goneFrom(() => programsOf(suffix));
    expect(existsSync(`${runsFolder()}/${suffix}`)).toBe(false);
    expect(hostState()).toBe(before);
  });

  test("that is killed is ended by the kernel, and its files are removed by the next command", async () => {
    const child = await begun();
    const suffix = suffixOf(child);
    child.kill("SIGKILL");
    await ended(child);
    await goneFrom(() => programsOf(suffix));
    expect(existsSync(`${runsFolder()}/${suffix}`)).toBe(true);
    expect(cleanLeftovers()).toContain(suffix);
    expect(existsSync(`${runsFolder()}/${suffix}`)).toBe(false);
  });
});

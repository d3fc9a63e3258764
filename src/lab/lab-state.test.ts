import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cleanLeftovers, openRun, runsFolder } from "./lab-state.ts";

const STATE = JSON.stringify(join(import.meta.dirname, "lab-state.ts"));

test.skipIf(process.platform !== "linux")(
  "a run's folder is kept while its process lives, and removed once it is gone",
  () => {
    const { folder: mine } = openRun(`t${process.pid}a`);
    expect(cleanLeftovers()).not.toContain(`t${process.pid}a`);
    expect(existsSync(mine)).toBe(true);
    // A process that has ended since.
    const script = `import { openRun } from ${STATE}; openRun("t${process.pid}b");`;
    expect(spawnSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", script]).status).toBe(0);
    expect(cleanLeftovers()).toContain(`t${process.pid}b`);
    expect(existsSync(join(runsFolder(), `t${process.pid}b`))).toBe(false);
    // The number has come again: another process, begun at another time.
    writeFileSync(
      join(mine, "owner.json"),
      readFileSync(join(mine, "owner.json"), "utf8").replace(/"started":"\d+"/, '"started":"1"'),
    );
    expect(cleanLeftovers()).toContain(`t${process.pid}a`);
  },
);

test.skipIf(process.platform !== "linux")(
  "commands that begin and clean at one time take nothing from each other, and have addresses of their own",
  async () => {
    const script = `import { openRun, cleanLeftovers } from ${STATE}; import { existsSync } from "node:fs"; const networks = [];
    for (let i = 0; i < 30; i += 1) { cleanLeftovers(); const made = openRun("r" + process.pid + "x" + i); cleanLeftovers(); if (!existsSync(made.folder + "/owner.json")) process.exit(9); networks.push(made.network); }
    process.stdout.write(JSON.stringify(networks)); process.stdin.resume();`;
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, ["--no-warnings", "--input-type=module", "-e", script], {
        stdio: ["pipe", "pipe", "inherit"],
      }),
    );
    const networks = await Promise.all(
      children.map(async ({ stdout }) => JSON.parse(String((await once(stdout, "data"))[0])) as readonly number[]),
    );
    // Until here all of them live.
    expect(new Set(networks.flat()).size).toBe(90);
    const codes = children.map(async (child) => (await once(child, "exit"))[0]);
    for (const { stdin } of children) stdin.end();
    expect(await Promise.all(codes)).toEqual([0, 0, 0]);
    cleanLeftovers();
    expect(readdirSync(runsFolder()).filter((name) => /^r\d+x/.test(name))).toEqual([]);
  },
);

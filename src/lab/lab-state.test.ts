import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  "commands that begin and clean at one time take nothing from each other",
  () => {
    const script = `import { openRun, cleanLeftovers } from ${STATE}; import { existsSync } from "node:fs";
    for (let i = 0; i < 30; i += 1) { cleanLeftovers(); const name = "r" + process.pid + "x" + i; const made = openRun(name).folder; cleanLeftovers(); if (!existsSync(made + "/owner.json")) process.exit(9); }`;
    const child = [
      "-e",
      `const { spawn } = require("node:child_process"); let bad = 0, left = 3;
    for (let i = 0; i < 3; i += 1) spawn(process.execPath, ["--no-warnings", "--input-type=module", "-e", ${JSON.stringify(script)}], { stdio: "inherit" }).on("close", (code) => { bad += code === 0 ? 0 : 1; if (--left === 0) process.exit(bad); });`,
    ];
    const { status, stderr } = spawnSync(process.execPath, child, { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    cleanLeftovers();
    for (const name of readdirSync(runsFolder()).filter((each) => /^r\d+x/.test(each)))
      rmSync(join(runsFolder(), name), { recursive: true });
  },
);

test.skipIf(process.platform !== "linux")("two living runs never have the same addresses", () => {
  const names = Array.from({ length: 120 }, (_, index) => `n${process.pid}x${index}`);
  try {
    const networks = names.map((name) => openRun(name).network);
    expect(new Set(networks).size).toBe(networks.length);
  } finally {
    for (const name of names) rmSync(join(runsFolder(), name), { recursive: true, force: true });
  }
});

/**
 * Measures `halfopen check` on 1,000 generated files, half of them unsafe: `npm run bench:check`. Run in a process of its own, start-up
 * and all, five times; the median counts. The target is 3 s.
 */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { type Run, run } from "./bench/measure.ts";
import { dice } from "./lib/random.ts";

const FILES = 1000;
const RUNS = 5;
const TARGET_S = 3;

const root = join(import.meta.dirname, "..");
const folder = join(root, ".bench/check");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (let i = 0; i < FILES; i++) writeFileSync(join(folder, `${i}.yaml`), pathFile(i));

// Builds first, if anything has changed.
await run(join(root, "halfopen"), ["--version"], { limitSeconds: 300 });
const runs: Run[] = [];
for (let i = 0; i < RUNS; i++) {
  const one = await run(join(root, "halfopen"), ["check", folder, "--quiet"], { limitSeconds: 60, keepOutput: true });
  if (one.code !== 1) throw new Error(`exit code ${one.code}: ${one.stderr}`);
  runs.push(one);
}
const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Number.NaN;
const seconds = middle(runs.map((one) => one.seconds ?? Number.NaN));
const processor = middle(runs.map((one) => one.cpuSeconds ?? Number.NaN));
const peak = middle(runs.map((one) => one.peakMB ?? Number.NaN));
const [load = 0] = loadavg();
console.log(
  `${FILES} files: ${seconds.toFixed(2)} s, ${processor.toFixed(2)} s of processor, ${Math.round(peak)} MB (medians of ${RUNS}; load ${load.toFixed(1)} on ${cpus().length} processors); ${runs[0]?.stdout.trimEnd().split("\n").at(-1)}`,
);
// On a machine that does other work the clock says little: then processor time counts.
const counted = load > cpus().length ? processor : seconds;
console.log(counted < TARGET_S ? `within the target of ${TARGET_S} s` : `over the target of ${TARGET_S} s`);
process.exitCode = counted < TARGET_S ? 0 : 1;

/** A path of two to seven hops with some settings. */
function pathFile(seed: number): string {
  const { below } = dice(seed + 1);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  const middle = Array.from({ length: below(5) }, (_, i) => {
    const product = pick(["aws-nlb", "aws-alb", "nginx", "envoy", "ingress-nginx", "azure-load-balancer", "traefik"]);
    return `  - id: m${i}\n    product: ${product}\n    settings:\n      idleTimeout: ${pick([61, 75, 240, 350, 600])}s\n`;
  });
  return [
    "path: 1\n",
    `name: path ${seed}\n`,
    `carries: [${pick(["http", "streams", "http, streams"])}]\n`,
    "hops:\n",
    `  - id: a\n    product: ${pick(["undici", "go-client", "dotnet-httpclient", "okhttp"])}\n`,
    ...middle,
    `  - id: z\n    product: ${pick(["node-server", "tomcat", "uvicorn", "kestrel"])}\n    settings: { idleTimeout: ${pick([5, 65, 620, 4000])}s }\n`,
  ].join("");
}

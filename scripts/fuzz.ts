/**
 * Feeds spoiled captures and logs to the whole pipeline: `npm run fuzz -- --seconds 600 --seed 1 [--corpus FOLDER]...`.
 *
 * Evidence is hostile input, so whatever the bytes, there must be an answer or a counted problem, in bounded time and
 * memory. An input that makes the pipeline throw, hang, grow or answer differently the second time is kept in .fuzz/
 * with the seed and number that repeat it (`--seed N --only K`), and the exit code is 1. The folders named by
 * the environment variables HALFOPEN_CAPTURES and HALFOPEN_CASES are added to the corpus.
 */

import { type ChildProcess, fork } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Job, Outcome, WorkerSettings } from "./fuzz/job.ts";

/** Wall clock, generous because the machine may be busy: a hang never ends, a slow input is reported anyway. */
const HANG_MS = 20_000;
const MEMORY_MB = 700;
const WATCH_EVERY_MS = 100;
const ENOUGH_FAILURES = 10;

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    corpus: { type: "string", multiple: true, default: [] },
  },
});
const seed = Number(options.seed);
const seconds = Number(options.seconds);
const only = options.only === undefined ? undefined : Number(options.only);
if (![seed, seconds, only ?? 0].every(Number.isFinite)) throw new Error("--seconds, --seed and --only take numbers");

const folder = join(import.meta.dirname, "../.fuzz");
const fromEnvironment = [process.env.HALFOPEN_CAPTURES, process.env.HALFOPEN_CASES].filter(
  (each) => each !== undefined,
);
const settings: WorkerSettings = {
  seed,
  folder,
  corpora: [...options.corpus, ...fromEnvironment],
  memoryMB: MEMORY_MB,
};
mkdirSync(folder, { recursive: true });

const containers = new Map<string, number>();
const failures = new Map<string, number>();
const seen = new Set<string>();
let executions = 0;
let refused = 0;
let peakMB = 0;
let slowest: Outcome | undefined;

const end = performance.now() + seconds * 1000;
let next = only ?? 0;
while (performance.now() < end && total(failures) < ENOUGH_FAILURES) {
  await session();
  if (only !== undefined) break;
}
report();
process.exitCode = total(failures) > 0 ? 1 : 0;

/** One worker's life: until the time is up, or an input ends it. */
function session(): Promise<void> {
  const worker = fork(join(import.meta.dirname, "fuzz/worker.ts"), [JSON.stringify(settings)], {
    execArgv: ["--max-old-space-size=384"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let stderr = "";
  let since = performance.now();
  let ready = false;
  let stopped: string | undefined;
  worker.stderr?.on("data", (chunk) => {
    stderr = (stderr + chunk).slice(-4000);
  });
  const watch = setInterval(() => {
    if (performance.now() - since > HANG_MS) stop("hang");
    else if (residentMB(worker) > MEMORY_MB) stop("memory");
  }, WATCH_EVERY_MS);
  const stop = (why: string): void => {
    stopped = why;
    worker.kill("SIGKILL");
  };
  worker.on("message", (outcome: Outcome) => {
    ready = true;
    if (outcome.index < 0) console.log(`corpus: ${outcome.container}; seed ${seed}, from input ${next}`);
    else record(outcome);
    const over = performance.now() >= end || total(failures) >= ENOUGH_FAILURES;
    // A worker that has grown too much says so itself; a new one begins with clean memory.
    if ((outcome.index >= 0 && (over || only !== undefined)) || outcome.kind === "memory") return stop("done");
    since = performance.now();
    stderr = "";
    worker.send({ index: next++ } satisfies Job);
  });
  return new Promise((resolve, reject) => {
    worker.on("close", (code, signal) => {
      clearInterval(watch);
      if (!ready) return reject(new Error(`the worker did not start: ${stderr}`));
      if (stopped !== "done") {
        const milliseconds = performance.now() - since;
        fail(next - 1, stopped ?? "crash", `ended by ${signal ?? code}\n${stderr}`, milliseconds);
      }
      resolve();
    });
  });
}

function record(outcome: Outcome): void {
  executions++;
  containers.set(outcome.container, (containers.get(outcome.container) ?? 0) + 1);
  peakMB = Math.max(peakMB, outcome.peakMB);
  if (outcome.milliseconds > (slowest?.milliseconds ?? 0)) slowest = outcome;
  if (outcome.kind === "refused") refused++;
  else if (outcome.kind !== "explained") fail(outcome.index, outcome.kind, outcome.detail ?? "", outcome.milliseconds);
}

/** Keeps the input; says the first of each kind of failure in full. */
function fail(index: number, kind: string, detail: string, milliseconds: number): void {
  const place = detail.match(/src\/\S+?:\d+/)?.[0] ?? "";
  const first = !seen.has(kind + place);
  seen.add(kind + place);
  failures.set(kind, (failures.get(kind) ?? 0) + 1);
  const base = join(folder, `${kind}-${seed}-${index}`);
  for (const i of [0, 1]) {
    const current = join(folder, `current-${i}`);
    if (existsSync(current)) copyFileSync(current, `${base}-${i}.bin`);
  }
  writeFileSync(
    `${base}.txt`,
    `npm run fuzz -- --seed ${seed} --only ${index}\n${Math.round(milliseconds)} ms\n${detail}\n`,
  );
  console.log(`${kind}: kept as ${base}-*.bin; repeat with: npm run fuzz -- --seed ${seed} --only ${index}`);
  if (first) console.log(detail.trim().split("\n").slice(0, 8).join("\n"));
}

function report(): void {
  for (const i of [0, 1]) rmSync(join(folder, `current-${i}`), { force: true });
  const formats = [...containers]
    .toSorted()
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
  const wrong = [...failures].map(([kind, count]) => `${kind} ${count}`).join(", ") || "none";
  const slow = slowest === undefined ? "-" : `${Math.round(slowest.milliseconds)} ms (input ${slowest.index})`;
  console.log(
    `fuzz: ${executions} executions (${formats}; ${refused} refused), failures: ${wrong}, ` +
      `slowest ${slow}, peak ${Math.round(peakMB)} MB`,
  );
}

function residentMB(worker: ChildProcess): number {
  try {
    const line = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${worker.pid}/status`, "latin1"));
    return (Number(line?.[1] ?? 0) * 1024) / 1e6;
  } catch {
    return 0;
  }
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

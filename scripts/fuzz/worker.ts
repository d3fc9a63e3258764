/**
 * The process that is risked: it spoils inputs and runs the pipeline on them, one after another, and is ended from
 * outside when one takes too long or too much memory. The input it works on lies in the folder as `current-0` (and -1).
 */

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dice } from "../lib/random.ts";
import { type Body, loadCorpus } from "./corpus.ts";
import type { Job, Outcome, WorkerSettings } from "./job.ts";
import { mutate } from "./mutate.ts";
import { containerOf } from "./records.ts";
import { drawSubject, type Subject } from "./subject.ts";

/** Every so many inputs the same one is run twice: the same bytes must give the same answer. */
const REPEAT_EVERY = 32;

/** Files given to one run. */
const MOST_FILES = 4;

const settings = JSON.parse(process.argv[2] ?? "{}") as WorkerSettings;
const corpus = loadCorpus(settings.folder, settings.corpora);

process.on("message", (job: Job) => {
  void work(job).then(answer);
});
answer({ ...resources(0), index: -1, container: `${corpus.length} bodies of evidence`, kind: "explained" });

async function work({ index }: Job): Promise<Outcome> {
  const chance = dice(Math.imul(settings.seed, 0x9e3779b1) ^ index);
  const count = 1 + Math.min(chance.below(MOST_FILES), chance.below(MOST_FILES));
  const body = (): Body => corpus[chance.below(corpus.length)] ?? [];
  const one = (from: Body): Uint8Array => from[chance.below(from.length)] ?? new Uint8Array();
  const together = body();
  // Files of one story with each other, most of them spoilt; now and then with a stranger among them.
  const inputs = Array.from({ length: count }, (_, i) => {
    const bytes = one(chance.below(8) === 0 ? body() : together);
    return i > 0 && chance.below(3) === 0 ? bytes : mutate(bytes, chance, one(body()));
  });
  for (let i = 1; i < MOST_FILES; i++) rmSync(join(settings.folder, `current-${i}`), { force: true });
  const files = inputs.map((bytes, i) => {
    const file = join(settings.folder, `current-${i}`);
    writeFileSync(file, bytes);
    return file;
  });
  const subject = drawSubject(chance);
  const started = performance.now();
  const verdict = await judge(subject, files, index);
  return {
    index,
    container: containerOf(inputs[0] ?? new Uint8Array()),
    ...verdict,
    ...resources(started),
    ...(overMemory() ? { kind: "memory" as const } : {}),
  };
}

async function judge(
  subject: Subject,
  files: readonly string[],
  index: number,
): Promise<Pick<Outcome, "kind" | "detail">> {
  try {
    const { kind, text } = await subject(files);
    if (index % REPEAT_EVERY !== 0 || text === (await subject(files)).text) return { kind };
    return { kind: "differs", detail: "two runs on the same bytes gave two answers" };
  } catch (error) {
    return { kind: "threw", detail: error instanceof Error ? String(error.stack) : String(error) };
  }
}

function resources(started: number): Pick<Outcome, "milliseconds" | "peakMB"> {
  const milliseconds = started === 0 ? 0 : performance.now() - started;
  return { milliseconds, peakMB: (process.resourceUsage().maxRSS * 1024) / 1e6 };
}

function overMemory(): boolean {
  return (process.resourceUsage().maxRSS * 1024) / 1e6 > settings.memoryMB;
}

function answer(outcome: Outcome): void {
  process.send?.(outcome);
}

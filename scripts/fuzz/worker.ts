/**
 * The process that is risked: it spoils inputs and runs the pipeline on them, one after another, and is ended from
 * outside when one takes too long or too much memory. The input it works on lies in the folder as `current-0` (and -1).
 */

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dice } from "../lib/random.ts";
import { loadCorpus } from "./corpus.ts";
import type { Job, Outcome, WorkerSettings } from "./job.ts";
import { mutate } from "./mutate.ts";
import { containerOf } from "./records.ts";
import { drawSubject, type Subject } from "./subject.ts";

/** Every so many inputs the same one is run twice: the same bytes must give the same answer. */
const REPEAT_EVERY = 32;

const settings = JSON.parse(process.argv[2] ?? "{}") as WorkerSettings;
const corpus = loadCorpus(settings.folder, settings.corpora);

process.on("message", (job: Job) => {
  void work(job).then(answer);
});
answer({ ...resources(0), index: -1, container: `${corpus.length} captures`, kind: "explained" });

async function work({ index }: Job): Promise<Outcome> {
  const chance = dice(Math.imul(settings.seed, 0x9e3779b1) ^ index);
  const count = chance.below(6) === 0 ? 2 : 1;
  const draw = (): Uint8Array => corpus[chance.below(corpus.length)] ?? new Uint8Array();
  const inputs = Array.from({ length: count }, () => mutate(draw(), chance, draw()));
  rmSync(join(settings.folder, "current-1"), { force: true });
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

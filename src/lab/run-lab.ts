import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Fault } from "../net/fault.ts";
import { timeScaleOf } from "../netns/adapt.ts";
import type { LabTools } from "../netns/lab-options.ts";
import type { LabPlan } from "../netns/lab-plan.ts";
import { plan } from "../netns/plan.ts";
import type { ProxySoftware } from "../netns/proxy/proxy.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { certificate } from "./certificate.ts";
import { SEARCHED } from "./doctor.ts";
import { cleanLeftovers, openRun } from "./lab-state.ts";
import { AS_ROOT, AS_USER } from "./unshare-arguments.ts";

export interface RunOptions {
  readonly variant?: string;
  readonly seed?: number;
  /** Default: one with which the run takes less than a minute. */
  readonly timeScale?: number;
  /** Ends as soon as its clients have told of the loss it is for. */
  readonly brief?: boolean;
  /** The software of an application balancer; absent: nginx. */
  readonly proxy?: ProxySoftware;
  readonly tools: LabTools;
  readonly go?: string;
  readonly onProgress?: (step: string, detail: string) => void;
  readonly signal?: AbortSignal;
}

/** A run that is over. `close` removes its folder. */
export interface LabRun {
  readonly plan: LabPlan;
  /** Captures, logs and counters, as a user would bring them. */
  readonly evidence: string;
  /** What the kernel and the programs know besides. */
  readonly truth: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** The most by which a process that waited for a moment was called late, milliseconds: a sign of how long programs waited for the machine. */
  readonly lateMs: number;
  /** `on`, or why there is none. */
  readonly tracing: string;
  readonly problems: readonly string[];
  readonly close: () => void;
}

/** Whether programs waited for the machine so long that, in the scenario's time, a health check or a dial may have failed for that alone. */
export const isTooLate = ({ lateMs, plan: { timeScale } }: Pick<LabRun, "lateMs" | "plan">): boolean =>
  lateMs * timeScale > PATIENCE_MS;

/** In the scenario's time; the shortest health check, dial or request timeout of a built-in scenario is 5 s. */
const PATIENCE_MS = 4000;

/** Runs one story on the kernel. Whatever happens to this process, nothing of the run's network outlives it. Rejects with a `Fault`. */
export async function runLab(story: Omit<Scenario, "variants">, options: RunOptions): Promise<LabRun> {
  cleanLeftovers();
  const suffix = randomInt(36 ** 4)
    .toString(36)
    .padStart(4, "0");
  const { folder, network } = openRun(suffix);
  const here = fileURLToPath(import.meta.url);
  const ending = here.endsWith(".ts") ? ".ts" : ".js";
  const planned = plan(story, {
    suffix,
    network,
    seed: options.seed ?? randomInt(2 ** 31),
    timeScale: options.timeScale ?? timeScaleOf(story),
    ...(options.timeScale === undefined ? { mostMs: MOST_MS } : {}),
    ...(options.variant === undefined ? {} : { variant: options.variant }),
    ...(options.brief === undefined ? {} : { brief: options.brief }),
    folder,
    programs: { node: process.execPath, folder: join(dirname(here), "programs"), ending },
    ...(options.go === undefined ? {} : { go: options.go }),
    ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
    tools: options.tools,
  });
  const close = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const { key, cert } = certificate();
    writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 });
    writeFileSync(join(folder, "cert.pem"), cert);
    writeFileSync(join(folder, "both.pem"), `${cert}${key}`, { mode: 0o600 });
    writeFileSync(join(folder, "plan.json"), JSON.stringify(planned, undefined, 1));
    for (const { path, text } of planned.files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    await inWorld(ending, folder, options);
    const facts = JSON.parse(readFileSync(join(folder, "truth", "run.json"), "utf8"));
    return { plan: planned, evidence: join(folder, "evidence"), truth: join(folder, "truth"), ...facts, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** A run whose time scale was not asked for, and in which nothing happens but by chance, ends after so long. */
const MOST_MS = 60_000;

/** Starts the run's own world and waits for its end. Without root it is a user namespace in which this user is root. */
function inWorld(ending: ".ts" | ".js", folder: string, options: RunOptions): Promise<void> {
  const root = process.getuid?.() === 0;
  const folderOf = dirname(fileURLToPath(import.meta.url));
  const program = join(folderOf, `${root ? "world" : "antechamber"}${ending}`);
  const args = [...(root ? AS_ROOT : AS_USER), process.execPath, program, folder];
  // A group of its own: an interrupt from the terminal comes to this process, which ends the world.
  const child = spawn("unshare", args, {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, PATH: SEARCHED.join(":"), NODE_OPTIONS: "" },
  });
  const stop = (): void => {
    child.kill("SIGKILL");
    // Whoever is left of it ends with its input.
    child.stdin.destroy();
  };
  options.signal?.addEventListener("abort", stop, { once: true });
  process.once("exit", stop);
  let failed: string | undefined;
  let errors = "";
  child.stdin.on("error", () => {});
  child.stderr.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4000);
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const said = JSON.parse(line) as { step?: string; detail?: string; failed?: string };
    if (said.failed !== undefined) failed = said.failed;
    else options.onProgress?.(said.step ?? "", said.detail ?? "");
  });
  return new Promise((resolve, reject) => {
    child.on("error", (error) =>
      reject(
        new Fault(
          "lab-no-unshare",
          `unshare did not start: ${error.message}.`,
          "halfopen lab doctor says what is missing",
        ),
      ),
    );
    child.on("close", (code) => {
      process.removeListener("exit", stop);
      options.signal?.removeEventListener("abort", stop);
      if (code === 0) return resolve();
      if (options.signal?.aborted)
        return reject(new Fault("lab-interrupted", "The run was interrupted; nothing of it is left.", "Run it again."));
      const why = failed ?? (errors.trim() || `exit code ${code}`);
      reject(new Fault("lab-failed", `The lab could not run: ${why}.`, "halfopen lab doctor says what is missing"));
    });
  });
}

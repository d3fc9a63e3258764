/** Runs a program and tells how long it took and how much memory it held at most. */

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Run {
  /** Wall-clock seconds from spawn to exit; undefined when it was stopped at the limit. */
  readonly seconds: number | undefined;
  /** Seconds of processor time, all threads; undefined where /proc does not tell. Steadier than the clock on a busy machine. */
  readonly cpuSeconds: number | undefined;
  /** The most resident memory, in MB (10^6 bytes); undefined where /proc does not tell. */
  readonly peakMB: number | undefined;
  /** Exit code, or null when ended by a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Seconds after which the program is stopped. */
  readonly limitSeconds: number;
  /** Keeps standard output (at most 1 MB of it) instead of sending it to /dev/null. */
  readonly keepOutput?: boolean;
  /** Set beside the environment it inherits. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const SAMPLE_EVERY_MS = 20;
const KEEP = 1 << 20;

/**
 * VmHWM of /proc/PID/status is the kernel's own high-water mark, so sampling it can only miss what a program adds in
 * the last 20 ms of its life; the same holds for processor time in /proc/PID/stat. The launchers measured here `exec` what they start, so the PID stays the same.
 */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<Run> {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint();
    const child = spawn(command, args, {
      stdio: ["ignore", options.keepOutput === true ? "pipe" : "ignore", "pipe"],
      env: { ...process.env, ...options.env },
    });
    let peakMB: number | undefined;
    let cpuSeconds: number | undefined;
    let stopped = false;
    const sampler = setInterval(() => {
      peakMB = highWaterMark(child.pid) ?? peakMB;
      cpuSeconds = processorTime(child.pid) ?? cpuSeconds;
    }, SAMPLE_EVERY_MS);
    const limit = setTimeout(() => {
      stopped = true;
      child.kill("SIGKILL");
    }, options.limitSeconds * 1000);
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    let seconds = 0;
    child.on("exit", () => {
      seconds = Number(process.hrtime.bigint() - started) / 1e9;
      clearInterval(sampler);
      clearTimeout(limit);
    });
    child.on("error", (error) => {
      clearInterval(sampler);
      clearTimeout(limit);
      reject(error);
    });
    child.on("close", (code) => {
      resolve({
        seconds: stopped ? undefined : seconds,
        cpuSeconds,
        peakMB,
        code,
        stdout: stdout(),
        stderr: stderr(),
      });
    });
  });
}

/** The middle value; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2;
}

function highWaterMark(pid: number | undefined): number | undefined {
  try {
    const line = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return line === null ? undefined : (Number(line[1]) * 1024) / 1e6;
  } catch {
    return undefined;
  }
}

/** Fields 14 and 15 of /proc/PID/stat (proc(5)), in ticks of which Linux has 100 a second. */
function processorTime(pid: number | undefined): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.on("data", (chunk) => {
    if (text.length < KEEP) text += chunk;
  });
  return () => text;
}

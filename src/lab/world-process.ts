import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Command, Program } from "../netns/lab-plan.ts";

/** A command's arguments inside its namespace. */
export const within = (namespace: string | undefined, argv: readonly string[]): readonly string[] =>
  namespace === undefined ? argv : ["nsenter", `--net=/run/netns/${namespace}`, ...argv];

export interface Finished {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs one command to its end. Rejects when it fails and may not. */
export async function perform(command: Command, patienceMs = 15_000): Promise<Finished> {
  const [file, ...args] = within(command.namespace, command.argv);
  const child = spawn(file ?? "", args, {
    stdio: ["pipe", "pipe", "pipe"],
    timeout: patienceMs,
    killSignal: "SIGKILL",
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(command.input ?? "");
  const status = await new Promise<number>((resolve) => {
    child.on("error", (error) => {
      errors.push(Buffer.from(error.message));
      resolve(127);
    });
    child.on("close", (code) => resolve(code ?? 128));
  });
  const finished = { status, output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() };
  if (status !== 0 && command.mayFail !== true) {
    throw new Error(
      `${command.argv.join(" ")} (in ${command.namespace ?? "no namespace"}): ${finished.errors.trim() || `exit code ${status}`}`,
    );
  }
  return finished;
}

/** A program that runs, what it prints going to its log. */
export class Running {
  readonly program: Program;
  readonly ended: Promise<number>;
  exited = false;
  readonly #child: ChildProcess;
  #rest = "";
  #takesLines: ((line: string) => void) | undefined;
  #said = "";
  #listeners: (() => void)[] = [];

  constructor(program: Program, logFile: string) {
    this.program = program;
    const [file, ...args] = within(program.namespace, program.argv);
    const child = spawn(file ?? "", args, {
      stdio: [program.control ? "pipe" : "ignore", "pipe", "pipe"],
      env: { ...process.env, ...program.env },
    });
    this.#child = child;
    const log = createWriteStream(logFile, { flags: "a" });
    const take = (chunk: Buffer): void => {
      log.write(chunk);
      this.#hearLines(chunk);
      if (this.#said.length < MOST_SAID) this.#said += chunk.toString();
      for (const listener of this.#listeners) listener();
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.stdin?.on("error", () => {});
    child.on("error", (error) => take(Buffer.from(`${error.message}\n`)));
    this.ended = once(child, "close").then(async ([code, signal]) => {
      this.exited = true;
      await new Promise<void>((resolve) => log.end(() => resolve()));
      for (const listener of this.#listeners) listener();
      return typeof code === "number" ? code : signal === null ? 0 : 128;
    });
  }

  /** Hands on each line that it prints from now on. */
  eachLine(take: (line: string) => void): void {
    this.#takesLines = take;
  }

  #hearLines(chunk: Buffer): void {
    if (this.#takesLines === undefined) return;
    const lines = (this.#rest + chunk.toString()).split("\n");
    this.#rest = (lines.pop() ?? "").slice(-MOST_LINE);
    for (const line of lines) this.#takesLines(line);
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.exited) this.#child.kill(signal);
  }

  tell(message: object): void {
    if (!this.exited) this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** Resolves when it has printed the text; rejects when it ends before, or has not within the patience. */
  async said(text: string, patienceMs = 20_000): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(
        () =>
          reject(
            new Error(
              `${this.program.name} did not say '${text}' within ${patienceMs / 1000} s: ${this.#said.slice(-500)}`,
            ),
          ),
        patienceMs,
      );
      const look = (): void => {
        const found = this.#said.includes(text);
        if (!found && !this.exited) return;
        clearTimeout(late);
        this.#listeners = this.#listeners.filter((each) => each !== look);
        if (found) resolve();
        else reject(new Error(`${this.program.name} ended: ${this.#said.slice(-500)}`));
      };
      this.#listeners.push(look);
      look();
    });
  }
}

/** Characters of an unfinished line that are kept. */
const MOST_LINE = 10_000;

/** Of what a program says, so much is looked at for readiness. */
const MOST_SAID = 100_000;

import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LabPlan, Program, Step } from "../netns/lab-plan.ts";
import { startTracing, type Tracing } from "./tracing.ts";
import { perform, Running } from "./world-process.ts";

/**
 * `world FOLDER`: carries out the plan of a run's folder. It is the first process of its own process, mount and network namespaces (and user
 * namespace, without root): whenever it ends, by whatever cause, the kernel ends every program of the run and takes every namespace,
 * cable and rule away. It ends when its standard input does, which whoever started it holds open.
 */
async function world(folder: string): Promise<void> {
  const plan = JSON.parse(readFileSync(join(folder, "plan.json"), "utf8")) as LabPlan;
  if (process.pid !== 1) throw new Error("world is to be the first process of a process namespace");
  process.stdin.resume();
  process.stdin.on("end", () => process.exit(3));
  const run = new Run(plan, folder);
  progress("setting up", `${plan.hosts.length} hosts`);
  // Nobody sees these names but this run: /run is a file system of its own.
  if (process.argv[3] !== "mounted") {
    await perform({ argv: ["mount", "-t", "tmpfs", "tmpfs", "/run"] });
    mkdirSync("/run/netns");
  }
  await perform({ argv: ["ip", "link", "set", "lo", "up"] });
  for (const command of plan.setUp) await perform(command);
  const tracing = await startTracing(plan.hosts[0]?.namespace ?? "", addressesOf(plan));
  await run.begin((program) => program.early === true);
  await run.tap();
  await run.snapshots("before");
  await run.begin((program) => program.early !== true && program.restarts !== true);
  progress("running", `${Math.round(plan.durationMs / 1000)} s`);
  const late = watchClock();
  const facts = { ...(await run.tell()), lateMs: late() };
  progress("collecting", "captures and counters");
  await run.freeze();
  await run.snapshots("after");
  await keepResets(tracing, folder);
  await run.untap();
  await run.stop();
  for (const command of plan.tearDown) await perform(command);
  writeFileSync(
    join(folder, "truth", "run.json"),
    JSON.stringify({ ...facts, tracing: tracing.kind === "on" ? "on" : tracing.because, problems: run.problems }),
  );
}

/** A line for whoever started this. */
function progress(step: string, detail: string): void {
  process.stdout.write(`${JSON.stringify({ step, detail })}\n`);
}

class Run {
  readonly problems: string[] = [];
  readonly #plan: LabPlan;
  readonly #folder: string;
  readonly #running = new Map<string, Running>();
  readonly #taps: Running[] = [];
  #over = false;
  /** Programs that the story ended. */
  readonly #meant = new Set<Running>();

  constructor(plan: LabPlan, folder: string) {
    this.#plan = plan;
    this.#folder = folder;
  }

  async begin(which: (program: Program) => boolean): Promise<void> {
    const chosen = this.#plan.programs.filter(which);
    for (const program of chosen.filter(({ first }) => first)) await this.#start(program);
    await Promise.all(chosen.filter(({ first }) => !first).map((program) => this.#start(program)));
  }

  async tap(): Promise<void> {
    await Promise.all(
      this.#plan.taps.map(async ({ host, namespace, argv }) => {
        const tap = new Running(
          { name: `tcpdump ${host}`, host, namespace, argv, log: "" },
          join(this.#folder, "truth", `tcpdump-${host}.log`),
        );
        this.#taps.push(tap);
        await tap.said("listening on");
      }),
    );
  }

  async snapshots(when: "before" | "after"): Promise<void> {
    await Promise.all(
      this.#plan.snapshots
        .filter((snapshot) => snapshot.when === "both" || snapshot.when === when)
        .map(async (snapshot) => {
          const { output, status, errors } = await perform({ ...snapshot, mayFail: true });
          if (status !== 0) this.problems.push(`${snapshot.argv.join(" ")}: ${errors.trim()}`);
          else
            writeFileSync(
              join(this.#folder, snapshot.truth ? "truth" : "evidence", snapshot.file.replace("%", when)),
              output,
            );
        }),
    );
  }

  /** The story, from the clients' start to the end. */
  async tell(): Promise<{ readonly startedAtMs: number; readonly endedAtMs: number }> {
    const startedAtMs = Date.now();
    for (const each of this.#running.values()) if (each.program.control) each.tell({ do: "start" });
    for (const program of this.#plan.programs) if (program.restarts) void this.#keepRunning(program);
    const pending: Promise<void>[] = [];
    for (const step of this.#plan.story) {
      if (step.atMs > this.#plan.durationMs) break;
      await until(startedAtMs + step.atMs);
      pending.push(this.#take(step).catch((error) => void this.problems.push(String(error))));
    }
    await Promise.race([until(startedAtMs + this.#plan.durationMs), this.#enough(startedAtMs)]);
    return { startedAtMs, endedAtMs: Date.now() };
  }

  /** Resolves a while after clients have told of what the run is for; never, where it is to go on to its end. */
  async #enough(startedAtMs: number): Promise<void> {
    const { enough, programs } = this.#plan;
    if (enough === undefined) return new Promise(() => {});
    const clients = programs.filter(({ name }) => name.startsWith("clients-"));
    let missing = enough.times;
    await new Promise<void>((resolve) => {
      for (const { name } of clients) {
        this.#running.get(name)?.eachLine((line) => {
          if (Date.now() < startedAtMs + enough.fromMs || !enough.texts.some((text) => line.includes(text))) return;
          missing -= 1;
          if (missing === 0) resolve();
        });
      }
    });
    await until(Date.now() + enough.thenMs);
  }

  /**
   * Stops every program where it stands, lets the last packets come, and cuts all cables at once: kernels go on by themselves (a repeated segment of a half-open
   * connection, the RST to it), and what they count is to be what the captures hold.
   */
  async freeze(): Promise<void> {
    this.#over = true;
    for (const each of this.#running.values()) if (!each.program.carries) each.signal("SIGSTOP");
    await this.#quiet();
    await Promise.all(this.#plan.cut.map((command) => perform(command)));
    // Not until it is quiet: what a kernel now repeats, for seconds, would look lost.
    await until(Date.now() + FLUSH_MS);
  }

  /** Ends the captures. */
  async untap(): Promise<void> {
    for (const tap of this.#taps) tap.signal("SIGINT");
    await Promise.all(this.#taps.map(({ ended }) => ended));
  }

  /** Until no capture grows, within a bound. */
  async #quiet(): Promise<void> {
    const sizes = (): string =>
      this.#plan.taps
        .map(({ file }) => statSync(join(this.#folder, "evidence", file), { throwIfNoEntry: false })?.size ?? 0)
        .join();
    for (let before = "", rounds = 0; before !== sizes() && rounds < 7; rounds += 1) {
      before = sizes();
      await until(Date.now() + QUIET_MS);
    }
  }

  async stop(): Promise<void> {
    // Workers of a killed nginx live on and hold its log. Everything in this process namespace is the run's; elsewhere nothing is.
    if (process.pid === 1) process.kill(-1, "SIGKILL");
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  async #start(program: Program): Promise<Running> {
    const log = join(this.#folder, program.inner ? "truth" : "evidence", program.log);
    const running = new Running(program, log);
    this.#running.set(program.name, running);
    void running.ended.then((status) => {
      if (!this.#over && !this.#meant.has(running) && !program.restarts)
        this.problems.push(`${program.name} ended by itself (${status})`);
    });
    if (program.ready !== undefined) await running.said(program.ready);
    return running;
  }

  async #keepRunning(program: Program): Promise<void> {
    while (!this.#over) {
      const began = Date.now();
      await (await this.#start(program)).ended;
      await until(began + 1000);
    }
  }

  async #take(step: Step): Promise<void> {
    if (step.kind === "run") return void (await perform(step.command));
    const running = this.#running.get(step.program);
    const program = this.#plan.programs.find(({ name }) => name === step.program);
    if (running === undefined || program === undefined) return;
    switch (step.kind) {
      case "signal":
        if (step.signal === "SIGTERM" || step.signal === "SIGKILL") this.#meant.add(running);
        return running.signal(step.signal);
      case "tell":
        return running.tell(step.message);
      case "start":
        if (step.down !== undefined) {
          await Promise.race([running.ended, until(Date.now() + step.down.patienceMs)]);
          await until(Date.now() + step.down.forMs);
        }
        running.signal("SIGKILL");
        await running.ended;
        if (this.#over) return;
        (await this.#start(program)).tell({ do: "start" });
        for (const told of step.afterwards ?? []) this.#running.get(told.program)?.tell(told.message);
    }
  }
}

/** No packet is under way when none was captured for so long: on links of 50 ms one is seen every 100 ms, later on a busy machine. */
const QUIET_MS = 500;

/** For what a capture holds to be written. */
const FLUSH_MS = 150;

/** Watches how late this process is called, which has little to do itself: programs beside it may be as late. Gives the most, in whole ms. */
function watchClock(): () => number {
  let last = performance.now();
  let most = 0;
  const look = (): void => {
    most = Math.max(most, Math.round(performance.now() - last - EVERY_MS));
    last = performance.now();
  };
  const timer = setInterval(look, EVERY_MS);
  return () => {
    clearInterval(timer);
    look();
    return most;
  };
}

const EVERY_MS = 20;

/** A line of a trace that names one of the run's hosts. */
function addressesOf(plan: LabPlan): RegExp {
  const all = plan.hosts.flatMap(({ address }) => (address === undefined ? [] : [address.replaceAll(".", "\\.")]));
  return new RegExp(`(?:src|dest)=\\[?(?:${all.join("|")})[\\]:]`);
}

async function keepResets(tracing: Tracing, folder: string): Promise<void> {
  if (tracing.kind === "on") writeFileSync(join(folder, "truth", "resets.txt"), await tracing.end());
}

const until = (atMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - Date.now())));

try {
  await world(process.argv[2] ?? "");
  process.exit(0);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ failed: error instanceof Error ? error.message : String(error) })}\n`, () =>
    process.exit(2),
  );
}

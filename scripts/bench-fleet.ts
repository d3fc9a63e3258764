/**
 * Measures the simulator: `npm run bench:fleet` (some minutes), `-- --short` (under a minute; its figures show the way only).
 * Figures are a second of processor time on one core, so that other work on the machine counts little. SimPy stands beside if
 * /usr/bin/python3, or the Python that HALFOPEN_PYTHON names, has it (Debian: python3-simpy).
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Dice } from "../src/fleet/engine/dice.ts";
import { EVENTS_A_SLOT, EventQueue } from "../src/fleet/engine/event-queue.ts";
import { simulate } from "../src/fleet/simulate.ts";
import { simulateThinned } from "../src/fleet/thinned/simulate-thinned.ts";
import { readScenario } from "../src/scenario/read-scenario.ts";
import type { Clients, Scenario } from "../src/scenario/scenario.ts";
import { median } from "./bench/measure.ts";

const { values: options } = parseArgs({
  // `only`: measures this alone and prints it as JSON, for a process that has a fresh engine of JavaScript: queue:10000, model:10000.
  options: { short: { type: "boolean", default: false }, only: { type: "string" } },
});
const short = options.short;
type Story = Omit<Scenario, "variants">;

const seconds = (from: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1e6;
};
const millions = (n: number): string => (n / 1e6).toFixed(2);

if (options.only !== undefined) {
  const [what, pending] = options.only.split(":");
  console.log(JSON.stringify((what === "queue" ? hold : fullModel)(Number(pending))));
  process.exit();
}

const rounds = short ? 1 : 3;
console.log(`Events a second on one core, in millions; each in a process of its own, in turns, medians of ${rounds}. Queues: the hold model (remove the
earliest, put in one). Full model: clients that ask once a second behind a network balancer. An event of it is what the queue hands out: a packet reaches
the next place, a timer comes up, a request is answered. A timer that is taken back before it comes up is none.\n`);
console.log("pending      our queue    full model   SimPy's queue");
for (const pending of short ? [10_000] : [10_000, 1_000_000]) {
  const turns = Array.from({ length: rounds }, () => ({
    queue: alone<Rate>(`queue:${pending}`),
    model: alone<Rate & Crowd>(`model:${pending}`),
    simpy: simpyHold(pending),
  }));
  const bare = median(turns.map(({ queue }) => queue.rate));
  const full = median(turns.map(({ model }) => model.rate));
  const peers = turns.flatMap(({ simpy }) => simpy ?? []);
  const peer = median(peers.map(({ rate }) => rate));
  const beside = peers.length === 0 ? "absent" : `${millions(peer)} (${peers[0]?.name})`;
  console.log(`${String(pending).padEnd(12)} ${millions(bare).padEnd(12)} ${millions(full).padEnd(12)} ${beside}`);
  const { pending: waiting, events } = (turns[0] as (typeof turns)[number]).model;
  const each = turns.map(({ model }) => millions(model.rate)).join(", ");
  console.log(`             full model: ${waiting} events pending, ${events} handled; ${each}`);
  if (peers.length > 0)
    console.log(
      `             over SimPy's bare queue: our queue ${(bare / peer).toFixed(1)}, full model ${(full / peer).toFixed(1)}`,
    );
}

const spell = short ? 2 : 10;
console.log(`\nCost of ${spell} simulated minutes, by nodes, no captures:\n`);
console.log("nodes    detail    events      seconds   microseconds of processor time per node and simulated minute");
const costs: [nodes: number, cost: number][] = [];
for (const nodes of short ? [50, 500] : [50, 150, 500, 1500, 5000, 15_000])
  for (const [detail, run] of [
    ["full", simulate],
    ["thinned", simulateThinned],
  ] as const) {
    const from = process.cpuUsage();
    const { totals } = run({ ...cluster(nodes, spell), variants: {} }, { seed: 1 });
    const taken = seconds(from);
    const per = (taken * 1e6) / nodes / spell;
    if (detail === "full") costs.push([nodes, taken]);
    console.log(
      `${String(nodes).padEnd(8)} ${detail.padEnd(9)} ${String(totals.events).padEnd(11)} ${taken.toFixed(2).padEnd(9)} ${per.toFixed(0)}`,
    );
  }

const [least = [0, 0], most = [1, 1]] = [costs[0], costs.at(-1)];
const slope = (most[1] - least[1]) / (most[0] - least[0]);
console.log("\nThe full model's seconds, and the straight line through the fewest nodes and the most:\n");
for (const [nodes, cost] of costs) {
  const line = least[1] + slope * (nodes - least[0]);
  const bar = "█".repeat(Math.round((cost / most[1]) * 50));
  console.log(`${String(nodes).padStart(6)}  ${cost.toFixed(2).padStart(6)}  ${line.toFixed(2).padStart(6)}  ${bar}`);
}

const minutes = short ? 1 : 60;
console.log(
  `\n${minutes} simulated minutes of 5,000 nodes, 5 API servers, 3 balancer nodes (scenarios/cluster-5000-nodes.yaml):\n`,
);
{
  const memory: string[] = [];
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const from = process.cpuUsage();
  const wall = performance.now();
  const story = {
    ...cluster(5000, minutes),
    story: cluster(5000, 60).story.filter(({ atMs }) => atMs < minutes * 60_000),
  };
  let last = -1;
  const { totals } = simulate(story, {
    seed: 1,
    onProgress: (fraction) => {
      if (Math.floor(fraction * 6) === last) return;
      last = Math.floor(fraction * 6);
      collect();
      const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
      memory.push(`${[rss, heapUsed, arrayBuffers].map((bytes) => Math.round(bytes / 1e6)).join("/")}`);
    },
  });
  const taken = seconds(from);
  console.log(
    `${totals.events} events, ${totals.requests} requests: ${taken.toFixed(1)} s of processor time, ${((performance.now() - wall) / 1000).toFixed(1)} s by the clock`,
  );
  console.log(`memory at each sixth, MB (resident / living objects / tables): ${memory.join("  ")}`);
}

interface Rate {
  /** Events a second of processor time. */
  readonly rate: number;
}

interface Crowd {
  readonly pending: number;
  readonly events: number;
}

/** One measurement by a process of its own: neither machine code made for another one nor its memory is in the way. */
function alone<T>(only: string): T {
  const file = join(import.meta.dirname, "bench-fleet.ts");
  const run = spawnSync(process.execPath, [file, "--only", only, ...(short ? ["--short"] : [])], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`measuring ${only}: ${run.stderr}`);
  return JSON.parse(run.stdout) as T;
}

/** The bare queue. */
function hold(pending: number): Rate {
  const dice = new Dice(1);
  const stream = dice.stream("hold");
  const gaps = Float64Array.from({ length: 65_536 }, () => Math.floor(dice.exponential(stream, 1e9)));
  const queue = new EventQueue((EVENTS_A_SLOT * 1e9) / pending);
  for (let i = 0; i < pending; i++) queue.push(gaps[i & 65_535] as number, 0, i);
  const count = short ? 1e6 : 5e6;
  const turn = (times: number): void => {
    for (let i = 0; i < times; i++) {
      queue.pop();
      queue.push(queue.at + (gaps[i & 65_535] as number), 0, queue.index);
    }
  };
  turn(count / 5);
  const from = process.cpuUsage();
  turn(count);
  return { rate: count / seconds(from) };
}

/** The whole simulation, sized so that about so many events wait; its second half is measured. */
function fullModel(pending: number): Rate & Crowd {
  const story = crowd(pending);
  let half: { events: number; cpu: NodeJS.CpuUsage } | undefined;
  let waiting = 0;
  let count = 0;
  let taken = 0;
  simulate(story, {
    seed: 1,
    stepMs: story.durationMs / 20,
    onProgress: (fraction, events, left) => {
      if (fraction >= 0.5 && half === undefined) half = { events, cpu: process.cpuUsage() };
      if (fraction < 1 || half === undefined || taken > 0) return;
      waiting = left;
      count = events - half.events;
      taken = seconds(half.cpu);
    },
  });
  return { rate: count / taken, pending: waiting, events: count };
}

function simpyHold(pending: number): { name: string; rate: number } | undefined {
  const script = join(import.meta.dirname, "bench/simpy-hold.py");
  const python = process.env.HALFOPEN_PYTHON ?? "/usr/bin/python3";
  const events = Math.max(2 * pending, short ? 200_000 : 1_000_000);
  const run = spawnSync(python, [script, String(pending), String(events)], { encoding: "utf8", timeout: 300_000 });
  const [name, rate] = (run.stdout ?? "").trim().split("\t");
  return run.status === 0 && name !== undefined ? { name, rate: Number(rate) } : undefined;
}

function cluster(nodes: number, minutes: number): Story {
  const file = join(import.meta.dirname, "../scenarios/cluster-5000-nodes.yaml");
  const { variants: _, ...base } = readScenario(file, readFileSync(file, "utf8"));
  const kubelet = { ...(base.network.clients.kubelet as Clients), count: nodes };
  const network = { ...base.network, clients: { ...base.network.clients, kubelet } };
  return { ...base, durationMs: minutes * 60_000, network, story: nodes === 5000 && minutes === 60 ? base.story : [] };
}

/** Many clients that ask a little: each connection has five events waiting, in the first seconds six. */
function crowd(pending: number): Story {
  const base = cluster(1, 1);
  const all = pending / (pending > 100_000 ? 6 : 5);
  const connections = Math.ceil(all / 50_000);
  const hosts = Math.round(all / connections);
  const kubelet = base.network.clients.kubelet as Clients;
  const requests = { ...kubelet.requests, everyMs: 1000, spacing: "poisson" as const };
  const crowd: Clients = { ...kubelet, kind: "plain", count: hosts, connections, requests };
  const seconds = short ? 150 : pending > 100_000 ? 12 : 400;
  return { ...base, durationMs: seconds * 1000, network: { ...base.network, clients: { crowd } } };
}

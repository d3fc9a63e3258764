/**
 * What the filter and the drain cost: `npm run bench:guard [-- --seconds N --processes N --write]`, where --write puts the tables into
 * docs/guard/cost.md. Real servers, real requests by h2load.
 *
 * A bound of 2 % has to be shown on machines where one program differs from itself by more than that from one second to the next, so:
 * - All servers live in one process, and the compiler treats all alike. In processes of their own two bare servers differed by 6 %.
 *   What is left between them is the code that is run for the one and not for the other.
 * - What counts is the CPU time, user and system, that the process took for a request, not the time that passed: it does not grow when others
 *   have the processor. Server and h2load have a processor each where `taskset` can give it to them. req/s is shown beside it.
 * - Each server has a h2load of its own, with connections that stay; all are stopped (SIGSTOP) but one, for 20 ms. A round is each server once, in
 *   an order drawn anew, and then all in the opposite order: what drifts within a round falls on all alike. Each round gives one ratio, and
 *   each process the median of its rounds.
 * - Each process lives for a part of the time only, and a new one takes over: the memory of one may lie better than that of another, and the order
 *   in which connections are made is drawn once for each. That shifts all its rounds alike, so the interval of 95 % is that of the processes
 *   (ratio-interval.ts).
 * - The bare server is there twice, and the others are set against each by itself. Not against a mean of both: now and then a round costs double, the
 *   mean of two has that twice as often as one has, and whatever is set against it looks cheaper than it is. Where
 *   the interval of one bare server against the other does not contain 0, or is wide, the rows beside it prove nothing.
 * - What the listeners take by themselves is measured beside it (listener-cost.ts), to the nanosecond.
 */
import {
  type ChildProcess,
  type ChildProcessWithoutNullStreams,
  execFileSync,
  spawn,
  spawnSync,
} from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { dice } from "../lib/random.ts";
import { table } from "../lib/table.ts";
import { listenerCost } from "./listener-cost.ts";
import { median } from "./median-interval.ts";
import { type Compared, type Overhead, overhead } from "./overhead.ts";
import { shuffled } from "./shuffled.ts";

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "300" },
    processes: { type: "string", default: "24" },
    write: { type: "boolean", default: false },
  },
});
const SECONDS = Number(flags.seconds);
const PROCESSES = Number(flags.processes);
const BLOCK_MS = 20;
const WARM_UP = 5000;
/** More than there is time for. */
const ENDLESS = 1_000_000_000;
/** In the order in which cost-server.ts says their ports. */
const KINDS = ["clear", "TLS"] as const;
const WHATS = ["bare", "bare, again", "filter at 0.001", "filter and drain"] as const;
/** What is asked of them, in percent of CPU time. */
const BOUNDS: readonly (number | undefined)[] = [undefined, undefined, 2, 5];
const LOADS = [
  ["1 stream each", ["-c", "4", "-m", "1"]],
  ["10 streams each", ["-c", "4", "-m", "10"]],
] as const;

interface Servers {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ports: readonly number[];
  /** The next line that matches. */
  readonly line: (pattern: RegExp) => Promise<string>;
}

/** What one server did, for each process in each round. */
interface Series {
  readonly rates: number[][];
  readonly costs: number[][];
}

interface Reading {
  readonly atMs: number;
  readonly cpuUs: number;
  /** Answered by all servers. */
  readonly requests: number;
}

const folder = mkdtempSync(join(tmpdir(), "halfopen-cost-"));
const keyFile = join(folder, "key.pem");
const certFile = join(folder, "cert.pem");
execFileSync(
  "openssl",
  [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", "/CN=localhost", "-keyout", keyFile, "-out", certFile],
  ],
  { stdio: "ignore" },
);
const random = dice(1);
const [serverCore, loadCore] = cores();
const running = new Set<ChildProcess>();

/** Two processors that this process may use, or none. */
function cores(): readonly string[] {
  if (spawnSync("taskset", ["--version"]).status !== 0) return [];
  const list = readFileSync("/proc/self/status", "utf8").match(/Cpus_allowed_list:\s*(\S+)/)?.[1] ?? "";
  const all = list.split(",").flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
  });
  return all.length < 2 ? [] : all.slice(0, 2);
}

/** Runs it on that processor only. It takes the place of `taskset`, so that signals come to it. */
function pinned(core: string | undefined, command: readonly string[]): [string, string[]] {
  const [program = "", ...args] = core === undefined ? command : ["taskset", "-c", core, ...command];
  return [program, args];
}

async function start(): Promise<Servers> {
  const script = join(import.meta.dirname, "cost-server.ts");
  const order = shuffled([...WHATS.keys()], random).join(",");
  const child = spawn(...pinned(serverCore, [process.execPath, "--no-warnings", script, keyFile, certFile, order]));
  running.add(child);
  child.stderr.pipe(process.stderr);
  const line = (pattern: RegExp): Promise<string> =>
    new Promise((done) => {
      const look = (chunk: Buffer): void => {
        const match = chunk.toString().match(pattern);
        if (match === null) return;
        child.stdout.off("data", look);
        done(match[1] ?? "");
      };
      child.stdout.on("data", look);
    });
  return { child, ports: (await line(/listening ([\d ]+)/)).split(" ").map(Number), line };
}

async function read({ child, line }: Servers): Promise<Reading> {
  const answer = line(/used ([\d ]+)/);
  child.stdin.write("say\n");
  const [cpuUs = 0, ...counts] = (await answer).split(" ").map(Number);
  return { atMs: performance.now(), cpuUs, requests: counts.reduce((sum, count) => sum + count, 0) };
}

/** What was sent before the load stopped is answered by now. */
async function readAtRest(servers: Servers): Promise<Reading> {
  for (let last = await read(servers); ; ) {
    const next = await read(servers);
    if (next.requests === last.requests) return next;
    last = next;
  }
}

function warmUp(url: string, shape: readonly string[]): void {
  const [program, args] = pinned(loadCore, ["h2load", "-n", String(WARM_UP), ...shape, url]);
  const text = execFileSync(program, args, { encoding: "utf8" });
  if (!text.includes(`${WARM_UP} succeeded, 0 failed`)) throw new Error(text);
}

/** An h2load that is connected, and stopped. */
async function load(servers: Servers, url: string, shape: readonly string[]): Promise<ChildProcess> {
  const before = await readAtRest(servers);
  const child = spawn(...pinned(loadCore, ["h2load", "-n", String(ENDLESS), ...shape, url]), { stdio: "ignore" });
  running.add(child);
  while ((await read(servers)).requests < before.requests + 100) await sleep(1);
  child.kill("SIGSTOP");
  return child;
}

/** One load on one kind of server, for some seconds: as many rounds as fit. */
async function measure(
  servers: Servers,
  kind: number,
  shape: readonly string[],
  { seconds, series }: { readonly seconds: number; readonly series: readonly Series[] },
): Promise<void> {
  const loads: ChildProcess[] = [];
  // In no order of its own: connections that are made later lie elsewhere in memory, and were seen to cost up to a tenth less.
  for (const what of shuffled([...WHATS.keys()], random)) {
    const port = servers.ports[kind * WHATS.length + what];
    const url = `${kind === 1 ? "https" : "http"}://127.0.0.1:${port}/`;
    warmUp(url, shape);
    loads[what] = await load(servers, url, shape);
  }
  const own = series.map(({ rates, costs }) => {
    const rounds = { rates: [] as number[], costs: [] as number[] };
    rates.push(rounds.rates);
    costs.push(rounds.costs);
    return rounds;
  });
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const order = shuffled([...WHATS.keys()], random);
    const sums = WHATS.map(() => ({ ms: 0, cpuUs: 0, requests: 0 }));
    let before = await readAtRest(servers);
    for (const what of [...order, ...order.toReversed()]) {
      loads[what]?.kill("SIGCONT");
      await sleep(BLOCK_MS);
      loads[what]?.kill("SIGSTOP");
      const after = await readAtRest(servers);
      const sum = sums[what];
      if (sum === undefined) continue;
      sum.ms += after.atMs - before.atMs;
      sum.cpuUs += after.cpuUs - before.cpuUs;
      sum.requests += after.requests - before.requests;
      before = after;
    }
    // Where others had the processor for all of a block, there is nothing to compare.
    if (sums.some(({ requests }) => requests < 20)) continue;
    for (const [what, { rates, costs }] of own.entries()) {
      const { ms = 1, cpuUs = 0, requests = 1 } = sums[what] ?? {};
      rates.push((requests / ms) * 1000);
      costs.push(cpuUs / requests);
    }
  }
  for (const child of loads) stop(child);
  await readAtRest(servers);
}

function stop(child: ChildProcess): void {
  child.kill("SIGKILL");
  running.delete(child);
}

/** A server's row, of one measurement or of several together. */
function rowOf(
  [title, kind]: readonly [string, string],
  what: number,
  measured: readonly (readonly Series[])[],
): readonly string[] {
  // Against each of the bare servers, where it is not one of them that is looked at.
  const bare = what < 2 ? [0] : [0, 1];
  const of = (key: keyof Series, which: number): readonly (readonly (readonly number[])[])[] =>
    measured.map((series) => series[which]?.[key] ?? []);
  const compare = (key: keyof Series, from: number, to: number): readonly Compared[] =>
    of(key, from).map((base, index) => ({ base, more: of(key, to)[index] ?? [] }));
  /** For each measurement its comparisons. */
  const against = (lists: readonly (readonly Compared[])[]): Overhead =>
    overhead(...measured.map((_, index) => lists.flatMap((list) => list[index] ?? [])));
  const slower = against(bare.map((which) => compare("rates", what, which)));
  const dearer = against(bare.map((which) => compare("costs", which, what)));
  const bound = BOUNDS[what];
  // Between two servers that are the same there is nothing: an interval that is as wide as the bound shows no bound.
  const control = against([compare("costs", 0, 1)]);
  const shown = bound !== undefined && dearer.high < bound && control.low > -bound && control.high < bound;
  const alone = measured.length === 1;
  return [
    title,
    kind,
    WHATS[what] ?? "",
    alone ? median(of("costs", what).flat(2)).toFixed(1) : "",
    ...(what === 0 ? ["", ""] : dearer.cells),
    bound === undefined ? "" : `${bound} %: ${shown ? "shown" : "not shown"}`,
    alone ? String(Math.round(median(of("rates", what).flat(2)))) : "",
    ...(what === 0 ? ["", ""] : slower.cells),
  ];
}

/** A table as the page has it: the columns of numbers set right. */
function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (rows.some((row) => /^-?[\d.]+$/.test(row[column] ?? "")) ? "---:" : "---"));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const [processor] = cpus();
const before = loadavg()[0]?.toFixed(1);
try {
  const listeners = await listenerCost();
  const cells = LOADS.flatMap(([title, shape]) =>
    KINDS.map((_, kind) => ({ title, shape, kind, series: WHATS.map((): Series => ({ rates: [], costs: [] })) })),
  );
  const seconds = SECONDS / PROCESSES / cells.length;
  for (let count = 0; count < PROCESSES; count += 1) {
    const servers = await start();
    for (const { shape, kind, series } of cells) await measure(servers, kind, shape, { seconds, series });
    stop(servers.child);
  }
  const rounds = cells.map(({ series }) => series[0]?.costs.flat().length ?? 0);
  const where = serverCore === undefined ? "not pinned" : `server on processor ${serverCore}, h2load on ${loadCore}`;
  const made = [
    `Measured ${new Date().toISOString().slice(0, 10)}: Node ${process.versions.node}, ${cpus().length} × ${processor?.model}, ${where};`,
    `load ${before} at the start, ${loadavg()[0]?.toFixed(1)} at the end; ${Math.min(...rounds)} to ${Math.max(...rounds)} rounds`,
    `of 2 × ${BLOCK_MS} ms for each server, in ${PROCESSES} ${PROCESSES === 1 ? "process" : "processes"}.`,
  ].join(" ");
  const head = ["load", "over", "server", "CPU µs/req", "more, %", "95 %", "below", "req/s", "fewer, %", "95 %"];
  const rows = cells.flatMap(({ title, kind, series }) =>
    WHATS.map((_, what) => rowOf([title, KINDS[kind] ?? ""], what, [series])),
  );
  for (let what = 1; what < WHATS.length; what += 1)
    rows.push(
      rowOf(
        ["all", "both"],
        what,
        cells.map(({ series }) => series),
      ),
    );
  // Against the cheapest request that was measured: of no other is it more.
  const cheapestUs = Math.min(...cells.map(({ series }) => median(series[0]?.costs.flat() ?? [])));
  const share = (ns = ""): string => (ns === "" ? "" : (Number(ns) / cheapestUs / 10).toFixed(2));
  const listenerRows = listeners.map((row) => [...row, share(row[2])]);
  const listenerHead = ["listeners alone", "ns/req", "more, ns", "95 %", "% of the cheapest request"];
  console.log(`${made}\n\n${table(head, rows)}\n\n${table(listenerHead, listenerRows)}`);
  if (flags.write) {
    const page = join(import.meta.dirname, "../../docs/guard/cost.md");
    const lines = `${made}\n\n${markdown(head, rows)}\n\n${markdown(listenerHead, listenerRows)}`;
    const text = readFileSync(page, "utf8");
    writeFileSync(
      page,
      text.replace(/(<!-- cost -->\n)[\s\S]*(\n<!-- \/cost -->)/, (_all, from, to) => from + lines + to),
    );
  }
} finally {
  for (const child of running) stop(child);
  rmSync(folder, { recursive: true, force: true });
}

/**
 * What the filter and the drain cost: `npm run bench:guard [-- --rounds N --blocks N]`. Real servers, h2load, all variants in turn in short rounds and
 * in a new order each, so that what else the machine does falls on all alike. Overhead is the median over the rounds of the ratio to the bare
 * server in the same round: in requests/s, and in the server's own CPU time for a request.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { dice } from "../lib/random.ts";
import { table } from "../lib/table.ts";

const { values: flags } = parseArgs({
  options: { rounds: { type: "string", default: "200" }, blocks: { type: "string", default: "10" } },
});
const ROUNDS = Number(flags.rounds);
const REQUESTS = 4000;
/** Servers are started anew so often: two runs of one program can differ by a fifth, by what the compiler made of it. */
const BLOCKS = Number(flags.blocks);
/** `control`: the bare server once more. What it differs by from itself is what a row is good to. */
const WHATS = ["bare", "control", "filter", "all"] as const;
const VARIANTS = (["h2c", "h2"] as const).flatMap((kind) => WHATS.map((what) => [kind, what] as const));
const NAMES = {
  bare: "bare",
  control: "bare, again",
  filter: "filter at 0.001",
  all: "filter and drain",
} as const;
const LOADS = [
  ["1 stream each", ["-c", "10", "-m", "1"]],
  ["10 streams each", ["-c", "10", "-m", "10"]],
] as const;

interface Sums {
  readonly kind: "h2c" | "h2";
  readonly what: keyof typeof NAMES;
  readonly rates: number[];
  readonly costs: number[];
}

interface Server {
  readonly sums: Sums;
  readonly port: number;
  readonly child: ChildProcessWithoutNullStreams;
  readonly line: (pattern: RegExp) => Promise<string>;
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

async function start(sums: Sums): Promise<Server> {
  const { kind, what } = sums;
  const script = join(import.meta.dirname, "cost-server.ts");
  const child = spawn(process.execPath, ["--no-warnings", script, what, kind, keyFile, certFile]);
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
  return { sums, port: Number(await line(/listening (\d+)/)), child, line };
}

async function cpu({ child, line }: Server): Promise<number> {
  const answer = line(/cpu (\d+)/);
  child.stdin.write("cpu\n");
  return Number(await answer);
}

function h2load({ sums, port }: Server, requests: number, shape: readonly string[]): number {
  const url = `${sums.kind === "h2" ? "https" : "http"}://127.0.0.1:${port}/`;
  const text = execFileSync("h2load", ["-n", String(requests), ...shape, url], { encoding: "utf8" });
  if (!text.includes(`${requests} succeeded, 0 failed`)) throw new Error(text);
  return Number(text.match(/([\d.]+) req\/s/)?.[1]);
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const { below } = dice(1);
function shuffled<T>(values: readonly T[]): readonly T[] {
  const left = [...values];
  return values.flatMap(() => left.splice(below(left.length), 1));
}
const percent = (ratio: number): string => `${((ratio - 1) * 100).toFixed(1)} %`;

console.log(
  `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model}, ${ROUNDS} rounds of ${REQUESTS} requests for each\n`,
);
try {
  for (const [title, shape] of LOADS) {
    const rows: string[][] = [];
    const variants: Sums[] = VARIANTS.map(([kind, what]) => ({ kind, what, rates: [], costs: [] }));
    for (let block = 0; block < BLOCKS; block += 1) {
      const servers = await Promise.all(variants.map(start));
      // Till the compiler is done with it.
      for (const server of servers) h2load(server, 5 * REQUESTS, shape);
      for (let round = 0; round < ROUNDS / BLOCKS; round += 1) {
        for (const server of shuffled(servers)) {
          const before = await cpu(server);
          server.sums.rates.push(h2load(server, REQUESTS, shape));
          server.sums.costs.push(((await cpu(server)) - before) / REQUESTS);
        }
      }
      for (const { child } of servers) child.kill();
    }
    for (const variant of variants) {
      const bare = variants.find(({ kind, what }) => kind === variant.kind && what === "bare") ?? variant;
      const slower = median(variant.rates.map((rate, round) => (bare.rates[round] ?? 0) / rate));
      const dearer = median(variant.costs.map((cost, round) => cost / (bare.costs[round] ?? 0)));
      rows.push([
        "",
        variant.kind === "h2" ? "TLS" : "clear",
        NAMES[variant.what],
        String(Math.round(median(variant.rates))),
        variant === bare ? "" : percent(slower),
        median(variant.costs).toFixed(1),
        variant === bare ? "" : percent(dearer),
      ]);
    }
    console.log(table([title, "over", "server", "req/s", "overhead", "CPU µs/req", "overhead"], rows));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

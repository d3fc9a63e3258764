/**
 * Measures halfopen beside the programs people use today, on generated captures in which nothing was lost:
 * `npm run bench` (1 GB captures, about 20 minutes), `-- --quick` (without tshark's expert run), `-- --short` (64 MB,
 * under a minute; its ratios show the way only, since start-up counts for much), `-- --captures mixed,small`.
 * Files are read once before they are measured, so that all programs find them in memory. Writes .bench/results.json.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type BenchCapture, benchCapture, CAPTURE_NAMES, tinyCapture } from "./bench/captures.ts";
import { median, type Run, run } from "./bench/measure.ts";
import * as programs from "./bench/programs.ts";
import { type Figure, judge } from "./bench/targets.ts";
import { table } from "./lib/table.ts";

const SHORT_SCALE = 0.064;
/** Load average above which other work disturbs the clock. */
const BUSY = 0.7;
const { values: options } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    captures: { type: "string", default: CAPTURE_NAMES.join(",") },
  },
});

const folder = join(import.meta.dirname, "../.bench");
const figures: Figure[] = [];
const failures: string[] = [];
mkdirSync(folder, { recursive: true });

const versions = peerVersions();
const loadBefore = loadavg()[0] ?? 0;
programs.writeTcpOnlySettings();
// Whatever has to be built is built before anything is timed.
await run(programs.SURVEY.command, ["--version"], { limitSeconds: 300 });
for (const name of options.captures.split(",")) {
  const capture = await benchCapture(folder, name, options.short ? SHORT_SCALE : 1);
  if (capture.gzip === undefined) await measureAll(capture.name, capture, capture.path, peersFor(name));
  else await measureAll(`${name}.gz`, capture, capture.gzip, [programs.GUNZIP, programs.NODE_INFLATE]);
}
const tiny = tinyCapture(folder);
await measureAll("tiny", tiny, tiny.path, [], [{ ...programs.EXPLAIN, runs: 20 }]);
report();
process.exitCode = failures.length > 0 ? 1 : 0;

function peersFor(name: string): readonly programs.Program[] {
  const { CAT, TCPDUMP, CAPINFOS, TCPTRACE, TSHARK, TSHARK_TCP_ONLY, TSHARK_EXPERT } = programs;
  if (name === "ipv6" || name === "vlan") return [CAT, TCPDUMP, CAPINFOS];
  const slow = options.short ? [TSHARK] : [TSHARK, TSHARK_TCP_ONLY];
  const expert = options.short || options.quick ? [] : [TSHARK_EXPERT];
  return [CAT, TCPDUMP, CAPINFOS, TCPTRACE, ...slow, ...expert];
}

/** Runs the programs in rounds, so that a slow moment of the machine does not hit one of them alone. */
async function measureAll(
  name: string,
  capture: BenchCapture,
  file: string,
  peers: readonly programs.Program[],
  own: readonly programs.Program[] = [programs.SURVEY, programs.EXPLAIN],
): Promise<void> {
  const all = [...own, ...peers];
  console.log(`measuring ${name}: ${all.map((program) => program.name).join(", ")}`);
  await run("cat", [file], { limitSeconds: 600 });
  const runs = new Map<programs.Program, Run[]>(all.map((program) => [program, []]));
  for (let round = 0; round < Math.max(...all.map((program) => program.runs)); round++) {
    for (const [program, done] of runs) {
      const over = done.some((one) => one.seconds === undefined);
      if (round >= program.runs || over || versions.get(program.command) === undefined) continue;
      done.push(await runOne(program, name, capture, file));
    }
  }
  for (const [program, done] of runs) figures.push(figureOf(program, name, capture, done));
}

async function runOne(program: programs.Program, name: string, capture: BenchCapture, file: string): Promise<Run> {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${name}: ${program.name}`);
  const result = await run(program.command, program.args(file), {
    limitSeconds: program.limitSeconds,
    keepOutput: program.own === true,
    env: program.env,
  });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const failure = program.own === true ? wrong(program, capture, result) : undefined;
  if (failure !== undefined) failures.push(`${program.name} on ${name}: ${failure}`);
  return failure === undefined ? result : { ...result, seconds: undefined };
}

/** Figures count only when the answer is right: exit code 0, and every packet seen. */
function wrong(program: programs.Program, capture: BenchCapture, result: Run): string | undefined {
  if (result.code !== 0) {
    const said = `${result.stderr}${result.stdout}`.trim().slice(0, 400);
    return `exit code ${result.code} where nothing was lost: ${said}`;
  }
  const digits = result.stdout.replaceAll(/(?<=\d)[,_\u202f ](?=\d{3})/g, "");
  if (program !== programs.SURVEY || digits.includes(String(capture.packets))) return undefined;
  return `does not say the ${capture.packets} packets: ${result.stdout.slice(0, 400)}`;
}

function figureOf(program: programs.Program, name: string, capture: BenchCapture, runs: readonly Run[]): Figure {
  const empty = { capture: name, program: program.name, seconds: undefined, cpuSeconds: undefined, peakMB: undefined };
  if (versions.get(program.command) === undefined) return { ...empty, missing: "not installed" };
  const seconds = runs.flatMap((one) => one.seconds ?? []);
  if (seconds.length < runs.length || runs.some((one) => one.code !== 0)) {
    return { ...empty, missing: program.own ? "failed" : `over ${program.limitSeconds} s, or failed` };
  }
  const middle = median(seconds);
  const cpu = runs.flatMap((one) => one.cpuSeconds ?? []);
  const peaks = runs.flatMap((one) => one.peakMB ?? []);
  return {
    capture: name,
    program: program.name,
    seconds: middle,
    cpuSeconds: cpu.length > 0 ? median(cpu) : undefined,
    peakMB: peaks.length > 0 ? Math.max(...peaks) : undefined,
    packetsPerSecond: capture.packets / middle,
    MBPerSecond: capture.bytes / 1e6 / middle,
  };
}

function peerVersions(): ReadonlyMap<string, string | undefined> {
  const all = Object.values(programs).filter((value) => typeof value !== "function");
  return new Map(all.map((program) => [program.command, programs.versionOf(program)]));
}

function report(): void {
  const machine = {
    cores: cpus().length,
    model: cpus()[0]?.model ?? "unknown",
    memoryGB: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()}`,
    node: process.version,
    loadBefore,
    peers: Object.fromEntries([...versions].filter(([command]) => !command.includes("/"))),
  };
  const verdicts = judge(figures);
  if (loadBefore > BUSY)
    console.log(`\nThe machine was busy (load ${loadBefore.toFixed(1)}): compare CPU seconds, not the clock.`);
  console.log(
    `\n${machine.cores} cores of ${machine.model}, ${machine.memoryGB} GB, ${machine.system}, Node ${machine.node}`,
  );
  for (const [command, version] of Object.entries(machine.peers)) {
    console.log(`${command}: ${version === undefined ? "NOT INSTALLED, not measured" : version || "installed"}`);
  }
  console.log(`\n${figureTable()}\n`);
  console.log(verdictTable(verdicts));
  if (options.short) console.log("\nSmall captures: the targets are meant for 1 GB and are not judged here.");
  for (const failure of failures) console.log(`FAILED: ${failure}`);
  const results = { machine, short: options.short, figures, verdicts, failures };
  writeFileSync(join(folder, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
}

function figureTable(): string {
  const head = ["capture", "program", "seconds", "CPU s", "Mpackets/s", "MB/s", "peak MB", "x survey"];
  const rows = figures.map((figure) => {
    const survey = figures.find((other) => other.capture === figure.capture && other.program === programs.SURVEY.name);
    const times =
      figure.seconds === undefined || survey?.seconds === undefined ? undefined : figure.seconds / survey.seconds;
    return [
      figure.capture,
      figure.program,
      figure.missing ?? fixed(figure.seconds, 3),
      fixed(figure.cpuSeconds, 2),
      fixed(figure.packetsPerSecond === undefined ? undefined : figure.packetsPerSecond / 1e6, 2),
      fixed(figure.MBPerSecond, 0),
      fixed(figure.peakMB, 0),
      fixed(times, 2),
    ];
  });
  return table(head, rows);
}

function verdictTable(verdicts: ReturnType<typeof judge>): string {
  const word = (met: boolean | undefined): string =>
    met === undefined ? "not measured" : options.short ? "not judged" : met ? "met" : "NOT MET";
  const rows = verdicts.map((one) => [one.target, one.capture, String(one.measured ?? "-"), word(one.met)]);
  return table(["target", "capture", "measured", ""], rows);
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? "-" : value.toFixed(digits);
}

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { BUILT_IN } from "../src/scenario/built-in.ts";
import { type Outcome, RUN_SOURCES, runHalfopen } from "./helpers/command-line.ts";

/** `halfopen simulate` and `halfopen calibrate`, run as a user runs them, on the real engine. */

const ROOT = join(import.meta.dirname, "..");
const STORY = "goaway-behind-network-balancer";
/** Short enough to be run often. */
/** A minute of a story whose losses count from then on only: here they count from the beginning. */
const SHORT = ["--duration", "65s", "--step", "5s", "--set", "expect.from=0s"];
const scratch = mkdtempSync(join(tmpdir(), "halfopen-simulate-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const simulate = (...args: readonly string[]): Outcome => runHalfopen(["simulate", ...args], { cwd: scratch });

/** The output of a run that went well. */
function out(...args: readonly string[]): string {
  const { code, out: text, err } = simulate(...args);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return text;
}

/** The published schema, made strict: what is printed must be described, field for field. */
function errorsOf(name: string, text: string): unknown[] {
  const schema = JSON.parse(readFileSync(join(ROOT, "schema", name), "utf8"), (_, value) =>
    value?.properties !== undefined && value.type === "object" ? { ...value, additionalProperties: false } : value,
  );
  const validate = new Ajv2020({ allErrors: true, strictTypes: false }).compile(schema);
  validate(JSON.parse(text));
  return validate.errors ?? [];
}

test("--list names every scenario with its variants", () => {
  const list = out("--list");
  for (const name of BUILT_IN) expect(list).toMatch(new RegExp(`^${name} {2}\\(`, "m"));
  expect(list).toContain("preservation-off: ");
});

describe("the same result", () => {
  const args = [STORY, "--variant", "preservation-off", "--seeds", "3", ...SHORT];
  const whole = out(...args, "--format", "json", "--workers", "1");

  test("whatever the number of threads", () => {
    expect(out(...args, "--format", "json", "--workers", "3")).toBe(whole);
  });

  test("in parts that are merged", () => {
    const parts = [0, 1, 2].map((index) => {
      const file = join(scratch, `part-${index}.json`);
      out(...args, "--shard", `${index}/3`, "--output", file);
      expect(errorsOf("simulation-1.schema.json", readFileSync(file, "utf8"))).toEqual([]);
      return file;
    });
    expect(out("--merge", ...[...parts].reverse(), "--format", "json")).toBe(whole);
    expect(out("--merge", ...parts)).toBe(out(...args));
    expect(simulate("--merge", ...parts.slice(1)).err).toContain("Part 0 of 3 (from 0 on) is missing");
  });

  test("is described by the schema", () => {
    expect(errorsOf("simulation-1.schema.json", whole)).toEqual([]);
    expect(errorsOf("simulation-1.schema.json", whole.replace('"planned"', '"plannned"'))).not.toEqual([]);
  });

  test("as CSV has every value of every series", () => {
    const rows = out(...args, "--format", "csv")
      .trim()
      .split("\r\n");
    expect(rows[0]).toBe("variant,seed,series,server,t_s,value");
    // 2 arms, 3 seeds, 2 series of 5 servers and 8 of the fleet, 13 steps.
    expect(rows).toHaveLength(1 + 2 * 3 * (2 * 5 + 8) * 13);
    const of = (row: string): string => row.split(",")[0] ?? "";
    expect([...new Set(rows.slice(1).map(of))]).toEqual(["base", "preservation-off"]);
  });
});

test("a sweep runs every combination, each named by what was set", () => {
  const sweeps = ["--sweep", "network.servers.goaway.chance=0,0.02", "--sweep", "network.servers.count=3,5"];
  const { arms } = JSON.parse(out(STORY, "--seeds", "1", ...SHORT, ...sweeps, "--format", "json"));
  const names = arms.map(({ name }: { name: string }) => name);
  expect(names).toEqual(["chance=0, count=3", "chance=0, count=5", "chance=0.02, count=3", "chance=0.02, count=5"]);
  const servers = arms.map(
    ({ runs }: { runs: { series: { connections: unknown[] } }[] }) => runs[0]?.series.connections.length,
  );
  expect(servers).toEqual([3, 5, 3, 5]);
  const goaways = arms.map(
    ({ runs }: { runs: { totals: { goaways: number } }[] }) => (runs[0]?.totals.goaways ?? 0) > 0,
  );
  expect(goaways).toEqual([false, false, true, true]);
});

test('what is swept is said in place of "as it is", and where it undoes a variant that is said too', () => {
  const sweep = ["--sweep", "network.servers.goaway.chance=0.001,0.02", "--variant", "chance-low"];
  const { arms } = JSON.parse(out(STORY, "--seeds", "1", ...SHORT, ...sweep, "--format", "json"));
  expect(arms.map(({ title }: { title: string }) => title)).toEqual([
    "with expect.from = 0s, network.servers.goaway.chance = 0.001",
    "the same as without it: what it changes was set",
    "with expect.from = 0s, network.servers.goaway.chance = 0.02",
    "the same as without it: what it changes was set",
  ]);
});

test("--no-base and --variant run the variant alone; --seed that one seed", () => {
  const { arms, seeds } = JSON.parse(
    out(STORY, "--no-base", "--variant", "exemption", "--seed", "7", ...SHORT, "--format", "json"),
  );
  expect([arms.map(({ name }: { name: string }) => name), seeds]).toEqual([["exemption"], [7]]);
});

describe("--write", () => {
  test("leaves captures and logs that explain reads, and never writes over anything", () => {
    const folder = join(scratch, "captures");
    const { code, err } = simulate(STORY, "--seed", "1", "--duration", "2m", "--write", folder, "-q");
    expect({ code, err: err.replace(/\d+ files/, "n files") }).toEqual({
      code: 0,
      err: `halfopen: wrote n files in ${join(folder, "base")} (seed 1)\n`,
    });
    const files = readdirSync(join(folder, "base"));
    expect(files).toContain("kube-controller-manager-0.pcap");
    expect(files).toContain("balancer-a.pcap");
    const flows = runHalfopen(["flows", join(folder, "base", "kube-controller-manager-0.pcap"), "--format", "json"]);
    const { captures } = JSON.parse(flows.out);
    expect(captures[0].problems).toEqual([]);
    expect(captures[0].flows.length).toBeGreaterThan(4);
    const again = simulate(STORY, "--seed", "1", "--duration", "2m", "--write", folder, "-q");
    expect(again).toMatchObject({ code: 2, out: "" });
    expect(again.err).toContain("is not empty");
  });

  test("--tap chooses the hosts, and says which there are", () => {
    const tapped = (...hosts: string[]): Outcome =>
      simulate(
        STORY,
        "--seed",
        "1",
        ...SHORT,
        "-q",
        "--write",
        join(scratch, hosts.join("-")),
        ...hosts.flatMap((host) => ["--tap", host]),
      );
    expect(tapped("balancer-a").code).toBe(0);
    expect(readdirSync(join(scratch, "balancer-a", "base"))).toEqual(["balancer-a.pcap"]);
    const none = tapped("balancer-z");
    expect(none.code).toBe(2);
    expect(none.err).toMatch(/no host balancer-z.*\n.*Take some of .*server-0/);
  });
});

describe("bad options are told with a remedy", () => {
  test.each([
    [[], /No scenario was named/],
    [["no-such-story"], /no scenario and no file/],
    [["goaway-behind-network-balanser"], /Did you mean goaway-behind-network-balancer/],
    [[STORY, "--variant", "off"], /no variant 'off'[\s\S]*preservation-off/],
    [[STORY, "--seeds", "0"], /--seeds was given 0/],
    [[STORY, "--seeds", "2", "--seed", "3"], /both/],
    [[STORY, "--seed", "-3"], /--seed was given '-3', which is no whole number from 0/],
    [[STORY, "--duration", "soon"], /duration/],
    [[STORY, "--step", "0"], /no time/],
    [[STORY, "--set", "network.servers.count=0"], /network\.servers\.count/],
    [[STORY, "--sweep", "network.servers.count="], /no path with values/],
    [[STORY, "--sweep", "network.cleints=1,2"], /cleints/],
    [[STORY, "--shard", "4/4"], /counted from 0/],
    [[STORY, "--shard", "job/4"], /JOB_COMPLETION_INDEX/],
    [[STORY, "--shard", "0/4", "--format", "html"], /--merge/],
    [[STORY, "--tap", "server-0"], /--write/],
    [[STORY, "--no-base"], /nothing to run/],
    [[STORY, "--workers", "0"], /--workers/],
    [["silent-idle-drop", "--detail", "thinned"], /thinned|full/],
    [["--merge"], /nothing to merge/],
    [["--merge", "nowhere.json"], /not there/],
    [[STORY, "--output", "nowhere/x.html"], /in no folder/],
  ])("%j", (args, message) => {
    const { code, out: text, err } = simulate(...args);
    expect({ code, text }).toEqual({ code: 2, text: "" });
    expect(err).toMatch(message);
    expect(err).toMatch(/^ {2}remedy {2}\S/m);
    expect(err).not.toMatch(/bug in halfopen|\n\s+at /);
  });
});

test("a file nested too deep is told so, however its parser gives up", () => {
  const file = join(scratch, "deep.yaml");
  for (const depth of [40, 2000, 20_000]) {
    writeFileSync(file, `scenario: 1\nnetwork: ${"[".repeat(depth)}${"]".repeat(depth)}\n`);
    const { code, err } = simulate(file);
    expect(code).toBe(2);
    expect(err).toMatch(/nest/);
    expect(err).not.toMatch(/call stack|RangeError/i);
  }
});

test("a scenario's words are escaped wherever they are printed", () => {
  const file = join(scratch, "hostile.yaml");
  const hostile = `</script><script>alert(1)</script>\\u202e\\e[31m`;
  const text = readFileSync(join(ROOT, "scenarios", `${STORY}.yaml`), "utf8");
  writeFileSync(file, text.replace(/^title: .*$/m, `title: "${hostile}"`));
  const shown = simulate(file, "--seed", "1", ...SHORT);
  expect(shown.code).toBe(0);
  for (const mark of ["\u202e", "\u001b"]) expect(shown.out).not.toContain(mark);
  expect(out(file, "--seed", "1", ...SHORT, "--format", "html").match(/<script/g)).toHaveLength(3);
});

describe.skipIf(process.platform !== "linux")("Ctrl-C (sees in /proc when a thread is at work)", () => {
  test("ends the threads, prints what is there, says so, and gives 130", async () => {
    const args = ["simulate", STORY, "--seeds", "10000", "--workers", "1", ...SHORT, "--format", "json"];
    const child = spawn(process.execPath, ["--no-warnings", "--input-type=module", "-e", RUN_SOURCES, "--", ...args]);
    let [text, err] = ["", ""];
    child.stdout.on("data", (data) => {
      text += data;
    });
    child.stderr.on("data", (data) => {
      err += data;
    });
    const ended = new Promise((resolve) => child.on("close", resolve));
    while (!hasWorker(child.pid ?? 0)) await pause(5);
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(err).toContain("interrupted");
    if (text !== "") expect(JSON.parse(text).interrupted).toBe(true);
  });
});

/** Whether a thread of the program runs simulations: then it has begun to listen. Node names its threads (proc(5), task/comm). */
function hasWorker(pid: number): boolean {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.some((task) => readFileSync(`/proc/${pid}/task/${task}/comm`, "utf8").startsWith("WorkerThread"));
}

describe("calibrate", () => {
  const calibrate = (...args: readonly string[]): Outcome => runHalfopen(["calibrate", STORY, ...args]);
  const quick = ["--seeds", "2", "--most-seeds", "2", "--duration", "5m", "--chances", "0.001,0.02"];

  test("prints the same in every format, whatever the number of threads, and gives 1 where no chance is enough", () => {
    const args = [...quick, "--collisions-per-hour", "0.001", "--balanced", "1s"];
    const json = calibrate(...args, "--format", "json", "--workers", "1");
    expect(json.code).toBe(1);
    expect(errorsOf("calibration-1.schema.json", json.out)).toEqual([]);
    expect(calibrate(...args, "--format", "json", "--workers", "2").out).toBe(json.out);
    const { curve, says, mitigations } = JSON.parse(json.out);
    expect(mitigations.length).toBeGreaterThan(0);
    const csv = calibrate(...args, "--format", "csv")
      .out.trim()
      .split("\r\n");
    expect(csv).toHaveLength(1 + curve.length * 6);
    expect(calibrate(...args).out.replace(/\s+/g, " ")).toContain(says.replace(/\s+/g, " "));
    expect(calibrate(...args, "--format", "html").out).toContain("What would help");
  });

  test("finds a chance where one is enough, and gives 0", () => {
    const { code, out: text } = calibrate(...quick, "--reconnects-per-second", "1000", "--format", "json");
    expect(code).toBe(0);
    expect(errorsOf("calibration-1.schema.json", text)).toEqual([]);
    const { verdict, range, recommended } = JSON.parse(text);
    expect(verdict).toBe("found");
    expect(range.low <= recommended && recommended <= range.high).toBe(true);
  });

  test.each([
    [[], /Nothing was asked/],
    [["--half-life", "soon"], /no time/],
    [["--collisions", "lots"], /no share/],
    [["--collisions", "0%"], /no share/],
    [["--collisions-per-hour", "-1"], /argument missing|number above 0/],
    [["--not-ready-minutes", "few"], /number above 0/],
    [["--not-ready-minutes", "0"], /number above 0/],
    [["--half-life", "10m", "--chances", "0.5"], /no goaway-chance/],
    [["--half-life", "10m", "--variant", "off"], /no variant 'off'/],
  ])("%j is told with a remedy", (args, message) => {
    const { code, out: text, err } = calibrate(...args);
    expect({ code, text }).toEqual({ code: 2, text: "" });
    expect(err).toMatch(message);
  });
});

describe("deploy/", () => {
  const container = (file: string) => {
    const job = parseAllDocuments(readFileSync(join(ROOT, "deploy", file), "utf8"))
      .map((document) => document.toJS())
      .find(({ kind }) => kind === "Job");
    return { job, ...job.spec.template.spec.containers[0] } as {
      readonly job: {
        readonly spec: { readonly completions: number; readonly parallelism: number; readonly completionMode: string };
      };
      readonly command: readonly string[];
      readonly args: readonly string[];
      readonly env?: readonly {
        readonly name: string;
        readonly valueFrom: { readonly fieldRef: { readonly fieldPath: string } };
      }[];
    };
  };

  test("every pod's command, run here, writes a part; the merging pod's makes a page of them", () => {
    const { job, command, args, env } = container("simulate-indexed-job.yaml");
    expect([job.spec.completionMode, job.spec.completions, command]).toEqual(["Indexed", 8, ["halfopen"]]);
    const [part] = env ?? [];
    mkdirSync(join(scratch, "results"));
    expect(part?.valueFrom.fieldRef.fieldPath).toBe("metadata.annotations['batch.kubernetes.io/job-completion-index']");
    for (let index = 0; index < job.spec.completions; index++) {
      // As the kubelet does it: $(NAME) is the variable's value.
      const mine = args.map((each) => each.replaceAll(`$(${part?.name})`, String(index)));
      expect(mine.join(" ")).not.toContain("$(");
      const { status, stderr } = spawnSync(
        process.execPath,
        ["--no-warnings", "--input-type=module", "-e", RUN_SOURCES, "--", ...here(mine), "--duration", "61s"],
        { encoding: "utf8", env: { ...process.env, JOB_COMPLETION_INDEX: String(index) } },
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    }
    expect(readdirSync(join(scratch, "results"))).toHaveLength(8);
    const merging = container("simulate-merge-job.yaml");
    expect(runHalfopen(here(merging.args))).toMatchObject({ code: 0, err: "" });
    expect(readFileSync(join(scratch, "results", "simulation.html"), "utf8")).toContain("What was counted");
  });

  /** With fewer seeds and a folder that is here. */
  function here(args: readonly string[]): string[] {
    return args.map((each, i) =>
      args[i - 1] === "--seeds" ? "1" : each.replace("/results/", `${join(scratch, "results")}/`),
    );
  }
});

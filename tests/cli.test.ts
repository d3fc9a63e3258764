import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const MAIN = join(ROOT, "src", "cli", "main.ts");
const LOST = join(ROOT, "examples", "backend-tuple-collision", "client.pcap");
const scratch = mkdtempSync(join(tmpdir(), "halfopen-test-"));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line from its sources, as `bin/halfopen.cjs` runs it from dist. */
function halfopen(args: readonly string[], more: { input?: Buffer; env?: Record<string, string> } = {}): Outcome {
  const { NO_COLOR: _, FORCE_COLOR: __, ...env } = process.env;
  const script = `import { run } from ${JSON.stringify(MAIN)}; process.exitCode = await run(process.argv.slice(1));`;
  const child = spawnSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", script, "--", ...args], {
    encoding: "utf8",
    env: { ...env, ...more.env },
    ...(more.input === undefined ? {} : { input: more.input }),
  });
  return { code: child.status, out: child.stdout, err: child.stderr };
}

describe("exit codes", () => {
  test("1 when something was lost", () => {
    expect(halfopen(["explain", LOST])).toMatchObject({ code: 1, err: "" });
  });

  test("0 when nothing was lost", () => {
    const healthy = join(scratch, "healthy.pcap");
    writeFileSync(healthy, Buffer.from("d4c3b2a1020004000000000000000000ffff000001000000", "hex"));
    const { code, out } = halfopen(["explain", healthy]);
    expect(code).toBe(0);
    expect(out).toContain("NOTHING SEEN");
  });

  test.each([
    [["explain", join(scratch, "nowhere.pcap")], /no file/],
    [["explain", "--format", "haiku", LOST], /haiku/],
    [["explain", "--width", "wide", LOST], /whole number/],
    [["explain"], /No evidence was named/],
    [["flows", LOST, "--state", "confused"], /none/],
    [["flows", LOST, "--event", "party"], /none/],
    [["flows", LOST, "--endpoint", "10.0.0"], /no address/],
    [["flows", LOST, "--limit", "-1"], /argument missing|whole number/],
    [["signatures", "../../../package"], /no signature/],
    [["explode"], /unknown command/],
    [[], /Usage/],
  ])("2 for %j", (args, message) => {
    const { code, out, err } = halfopen(args);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at /);
  });

  test("2 for a folder without any evidence", () => {
    const folder = join(scratch, "notes");
    mkdirSync(folder);
    writeFileSync(join(folder, "todo.txt"), "ask the other team\nbring cake\n");
    expect(halfopen(["explain", folder])).toMatchObject({ code: 2, out: "" });
  });
});

test("--version prints the package's", () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  expect(halfopen(["--version"])).toEqual({ code: 0, out: `${version}\n`, err: "" });
});

test("--help shows examples and exit codes", () => {
  const { code, out } = halfopen(["--help"]);
  expect(code).toBe(0);
  expect(out).toContain("halfopen explain client.pcap");
  expect(out).toContain("Exit code: 0");
});

test("explain reads standard input", () => {
  const piped = halfopen(["explain", "-"], { input: readFileSync(LOST) });
  const named = halfopen(["explain", LOST]);
  expect(piped.code).toBe(1);
  expect(piped.out.split("\n")[0]).toBe(named.out.split("\n")[0]);
});

test("--quiet leaves the verdict", () => {
  const whole = halfopen(["explain", LOST]);
  const quiet = halfopen(["explain", LOST, "-q"]);
  expect(quiet.code).toBe(1);
  expect(whole.out.startsWith(quiet.out)).toBe(true);
  expect(quiet.out.split("\n")).toHaveLength(2);
});

test("evidence that is not read is listed, and does not stop the rest", () => {
  const folder = join(scratch, "mixed");
  mkdirSync(folder);
  writeFileSync(join(folder, "client.pcap"), readFileSync(LOST));
  writeFileSync(join(folder, "todo.txt"), "ask the other team\nbring cake\n");
  const { code, out } = halfopen(["explain", folder, "--format", "json"]);
  expect(code).toBe(1);
  const { inputs } = JSON.parse(out);
  expect(inputs.map((input: { kind: string }) => input.kind)).toEqual(["pcap", "unread"]);
  expect(inputs[1].problems).toHaveLength(1);
});

describe("colour", () => {
  const introducer = "\u001b[";
  test.each([
    [[], {}, false],
    [["--colour", "always"], {}, true],
    [["--color", "always"], {}, true],
    [["--colour", "always"], { NO_COLOR: "1" }, true],
    [[], { FORCE_COLOR: "1" }, true],
    [[], { FORCE_COLOR: "0" }, false],
    [["--colour", "never"], { FORCE_COLOR: "1" }, false],
  ] as [string[], Record<string, string>, boolean][])("%j with %j", (args, env, coloured) => {
    expect(halfopen(["explain", LOST, ...args], { env }).out.includes(introducer)).toBe(coloured);
  });
});

describe("flows", () => {
  test("json, csv and text agree on the flows", () => {
    const { captures } = JSON.parse(halfopen(["flows", LOST, "--format", "json"]).out);
    const csv = halfopen(["flows", LOST, "--format", "csv"]).out.trim().split("\r\n").slice(1);
    const text = halfopen(["flows", LOST]).out;
    expect(captures).toHaveLength(1);
    expect(captures[0].flows.map((flow: { stream: number }) => flow.stream)).toEqual([0, 1, 2, 3]);
    expect(csv.map((line) => Number(line.split(",")[1]))).toEqual([0, 1, 2, 3]);
    expect(text.match(/^ +\d+ {2}\S+:\d+/gm)).toHaveLength(4);
  });

  test("filters choose", () => {
    const streams = (...args: string[]): number[] =>
      JSON.parse(halfopen(["flows", LOST, "--format", "json", ...args]).out).captures[0].flows.map(
        (flow: { stream: number }) => flow.stream,
      );
    expect(streams("--endpoint", "10.20.12.5:443")).toEqual([1, 3]);
    expect(streams("--endpoint", "10.20.1.10")).toEqual([0, 1, 2, 3]);
    expect(streams("--endpoint", ":443")).toEqual([0, 1, 2, 3]);
    expect(streams("--endpoint", "[2001:db8::1]:443")).toEqual([]);
    expect(streams("--stream", "1")).toEqual([1]);
    expect(streams("--stream", "99")).toEqual([]);
    expect(streams("--limit", "1")).toEqual([0]);
    expect(streams("--event", "challengeAck")).toEqual([1]);
    expect(streams("--summary")).toEqual([]);
  });
});

test("signatures lists each folder of its room, and prints its page", () => {
  const folders = readdirSync(join(ROOT, "src", "signature"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  const { code, out } = halfopen(["signatures"]);
  expect(code).toBe(0);
  for (const id of folders) expect(out).toContain(`  ${id} `);
  const page = readFileSync(join(ROOT, "src", "signature", "connection-refused", "README.md"), "utf8");
  expect(halfopen(["signatures", "connection-refused"])).toEqual({ code: 0, out: page, err: "" });
});

test("a reader that goes away is no failure", () => {
  const script = `import { run } from ${JSON.stringify(MAIN)}; process.exitCode = await run(["signatures"]);`;
  const command = `"${process.execPath}" --no-warnings --input-type=module -e '${script}' | true`;
  const { stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
  expect(stderr).toBe("");
});

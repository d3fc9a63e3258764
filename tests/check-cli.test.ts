import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { RULES } from "../src/path/rule/index.ts";
import { runHalfopen } from "./helpers/command-line.ts";

const RULE_ROOM = join(import.meta.dirname, "..", "src", "path", "rule");
const scratch = mkdtempSync(join(tmpdir(), "halfopen-check-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const bad = join(RULE_ROOM, "keep-alive-order", "bad.yaml");
const good = join(RULE_ROOM, "keep-alive-order", "good.yaml");
const write = (name: string, text: string): string => {
  const file = join(scratch, name);
  writeFileSync(file, text);
  return file;
};

describe("exit codes", () => {
  test("1 when a path is unsafe", () => {
    const { code, out, err } = runHalfopen(["check", bad]);
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(out).toContain("UNSAFE");
  });

  test("0 when it is safe, 0 when it is close, 1 when close is asked to count", () => {
    expect(runHalfopen(["check", good]).code).toBe(0);
    const close = write("close.yaml", readFileSync(good, "utf8").replace("idleTimeout: 65s", "idleTimeout: 60s"));
    expect(runHalfopen(["check", close])).toMatchObject({ code: 0, out: expect.stringContaining("CLOSE") });
    expect(runHalfopen(["check", close, "--strict"]).code).toBe(1);
  });

  test("2 when a file could not be read, and the rest is still checked", () => {
    const broken = write("broken.yaml", "path: 1\nhops:\n  - id: a\n   product: [\n");
    const { code, out } = runHalfopen(["check", broken, good]);
    expect(code).toBe(2);
    expect(out).toMatch(/broken\.yaml:\d+ {2}\S/);
    expect(out).toContain(" SAFE ");
    // What is unsafe is so whatever else could not be read; the report goes to standard output either way.
    const both = runHalfopen(["check", broken, bad]);
    expect(both).toMatchObject({ code: 1, err: "" });
    expect(both.out).toMatch(/broken\.yaml:\d+ {2}\S/);
  });

  test.each([
    [["check"], /no files to check/],
    [["check", join(scratch, "nowhere.yaml")], /no file/],
    [["check", "--format", "haiku", good], /haiku/],
    [["check", "--explain", "no-such-rule"], /no rule/],
    [["check", good, "--suppress", "keep-alive-order"], /no suppression/],
    [["check", good, "--suppress", "keep-alive-order= "], /no suppression/],
    [["check", good, "--output", good], /was read/],
    [["path", "init"], /argument|No hops/],
  ])("2 for %j", (args, message) => {
    const { code, err } = runHalfopen(args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

describe("check", () => {
  test("prints each format", () => {
    expect(JSON.parse(runHalfopen(["check", bad, "--format", "json", "--fix"]).out).paths[0].fix.kind).toBe("changes");
    expect(JSON.parse(runHalfopen(["check", bad, "--format", "sarif"]).out).version).toBe("2.1.0");
    expect(runHalfopen(["check", bad, "--format", "junit"]).out).toMatch(/^<\?xml/);
    const file = join(scratch, "report.sarif");
    expect(runHalfopen(["check", bad, "--format", "sarif", "--output", file]).out).toBe("");
    expect(JSON.parse(readFileSync(file, "utf8")).runs[0].results.length).toBe(1);
  });

  test("--fix prints a patch that makes the path safe, and changes no file", () => {
    const folder = join(scratch, "fixed");
    mkdirSync(folder);
    const before = readFileSync(bad, "utf8");
    const file = join(folder, "path.yaml");
    writeFileSync(file, before);
    const { out } = runHalfopen(["check", "path.yaml", "--fix"], { cwd: folder });
    expect(out).toContain("+    settings: { idleTimeout: 61s }");
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(readdirSync(folder)).toEqual(["path.yaml"]);
  });

  test("suppressions leave a finding out of the count and in the report", () => {
    const { code, out } = runHalfopen(["check", bad, "--suppress", "keep-alive-order:alb,app=until the move"]);
    expect(code).toBe(0);
    expect(out).toContain("until the move");
  });

  test("real files that a path names are read from beside it", () => {
    const folder = join(scratch, "real");
    mkdirSync(folder);
    writeFileSync(join(folder, "sysctl.txt"), "net.ipv4.tcp_keepalive_time = 7200\n");
    writeFileSync(
      join(folder, "path.yaml"),
      "path: 1\nhops:\n  - id: a\n    role: client\n    files: [sysctl.txt]\n    settings: { tcpKeepalive: true, poolIdleTimeout: never }\n  - { id: n, product: aws-nlb }\n  - { id: b, role: server, settings: { idleTimeout: never } }\n",
    );
    const { code, out } = runHalfopen(["check", join(folder, "path.yaml"), "--fix"]);
    expect(code).toBe(1);
    expect(out).toMatch(/keepalive-too-slow/);
    expect(out).toContain("sysctl.txt:1");
  });

  test("standard input, and a folder", () => {
    expect(runHalfopen(["check", "-"], { input: readFileSync(bad, "utf8") }).code).toBe(1);
    expect(runHalfopen(["check", join(RULE_ROOM, "keep-alive-order")]).code).toBe(1);
  });

  test.each(RULES.map(({ id }) => id))("--explain %s prints its page", (id) => {
    expect(runHalfopen(["check", "--explain", id])).toMatchObject({
      code: 0,
      out: expect.stringMatching(`^# ${id}\n`),
    });
  });
});

test("path init writes a path that check reads, with what was said and the defaults beside it", () => {
  const { code, out } = runHalfopen([
    "path",
    "init",
    "undici",
    "aws-alb:idleTimeout=120s",
    "app=node-server@20",
    "somebody",
  ]);
  expect(code).toBe(0);
  expect(out).toContain("idleTimeout: 120s");
  expect(out).toContain("# idleTimeout: 5s by default (node-server.keep-alive-timeout)");
  const file = write("init.yaml", out);
  const result = runHalfopen(["check", file]);
  expect(result.out).toContain("undici ─▶ aws-alb ─▶ app ─▶ somebody");
  expect(result.code).toBe(1);
  expect(runHalfopen(["path", "init", "undici", "--output", file]).err).toMatch(/there already/);
});

test("catalogue looks things up", () => {
  expect(runHalfopen(["catalogue", "nlb", "idle"]).out).toMatch(/aws-nlb\.tcp-idle.*350 s/);
  const { products } = JSON.parse(runHalfopen(["catalogue", "node", "--json"]).out);
  expect(products.map(({ product }: { product: string }) => product)).toContain("node-server");
  expect(runHalfopen(["catalogue", "no", "such", "thing"])).toMatchObject({
    code: 0,
    out: expect.stringContaining("Nothing"),
  });
});

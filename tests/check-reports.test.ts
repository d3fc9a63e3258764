import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type CheckedPath, type ConfigFile, check } from "../src/path/check.ts";
import { patchPathFile } from "../src/path/fix/patch.ts";
import { solve } from "../src/path/fix/solve.ts";
import { READERS } from "../src/path/read/index.ts";
import { RULES } from "../src/path/rule/index.ts";
import { renderCheckJson } from "../src/report/check/json.ts";
import { renderJunit } from "../src/report/check/junit.ts";
import type { CheckReport } from "../src/report/check/report.ts";
import { renderSarif } from "../src/report/check/sarif.ts";
import { renderCheckText } from "../src/report/check/text.ts";

const ROOT = join(import.meta.dirname, "..");
const example = (id: string, kind: "bad" | "good"): ConfigFile => ({
  file: `paths/${id} ${kind}.yaml`,
  text: readFileSync(join(ROOT, "src/path/rule", id, `${kind}.yaml`), "utf8"),
});

/** Every rule's examples, a suppressed finding, a malformed file and an unknown one. */
const FILES: readonly ConfigFile[] = [
  ...RULES.flatMap(({ id }) => [example(id, "bad"), example(id, "good")]),
  {
    file: "suppressed.yaml",
    text: `${example("keep-alive-order", "bad").text}suppress:\n  - rule: keep-alive-order\n    hops: [alb, app]\n    reason: 'known & "accepted" <until> autumn'\n`,
  },
  {
    file: "malformed.yaml",
    text: "path: 1\nhops:\n  - id: a\n    settings: { idleTimeout: soon, nonsense: 5s }\n  - [\n",
  },
  { file: "/abs/half read.yaml", text: "path: 1\nhops:\n  - id: a\n    settings:\n      idleTimeout: 60\n  - id: b\n" },
  { file: "notes.txt", text: "nothing that anybody knows\u0007\n" },
];

function reportOf(files: readonly ConfigFile[], withFix: boolean): CheckReport {
  const result = check(files, { readers: READERS });
  if (!withFix) return { result, version: "0.1.0" };
  const fixes = result.paths.map(({ path, text }) => {
    const fix = solve(path);
    if (fix.kind !== "changes" || text === undefined) return { fix };
    return { fix, patch: patchPathFile(path.file ?? "", text, fix.changes) };
  });
  return { result, version: "0.1.0", fixes };
}
const all = reportOf(FILES, true);

/** The published schema, made strict: what is printed must be described, field for field. */
const described = new Ajv2020({ allErrors: true, strictTypes: false }).compile(
  JSON.parse(readFileSync(join(ROOT, "schema/check-1.schema.json"), "utf8"), (_, value) =>
    value?.properties !== undefined && value.type === "object" ? { ...value, additionalProperties: false } : value,
  ),
);

describe("JSON", () => {
  test("is described by its schema", () => {
    described(JSON.parse(renderCheckJson(all)));
    expect(described.errors ?? []).toEqual([]);
    described(JSON.parse(renderCheckJson(reportOf(FILES, false))));
    expect(described.errors ?? []).toEqual([]);
  });

  test("counts what it holds", () => {
    const { totals, paths } = JSON.parse(renderCheckJson(all));
    expect(totals.files).toBe(FILES.length);
    expect(totals.suppressed).toBe(1);
    expect(totals.unread).toBe(all.result.files.flatMap((f) => f.problems).length);
    const errors = paths.flatMap((p: { findings: { level: string; suppressed?: string }[] }) =>
      p.findings.filter(({ level, suppressed }) => level === "error" && suppressed === undefined),
    );
    expect(totals.errors).toBe(errors.length);
    expect(totals.errors).toBeGreaterThanOrEqual(RULES.length);
  });
});

describe("SARIF", () => {
  // The schema of OASIS' standard, as the package of its authors' matchers publishes it.
  const schemaFile = createRequire(import.meta.url).resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, unicodeRegExp: false });
  // Of the draft it is written in, only the names of these two differ.
  const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(schemaFile, "utf8"));
  // What errata 01 of the standard asks beyond it, and could be got wrong here.
  schema.definitions.region.anyOf = ["startLine", "charOffset", "byteOffset"].map((key) => ({ required: [key] }));
  const valid = ajv.compile(schema);
  const sarif = JSON.parse(renderSarif(all));

  test("is valid", () => {
    valid(sarif);
    expect(valid.errors ?? []).toEqual([]);
    valid(JSON.parse(renderSarif(reportOf([], false))));
    expect(valid.errors ?? []).toEqual([]);
    // The schema can say no.
    const noLine = { ...sarif.runs[0].results[0], locations: [{ physicalLocation: { region: { startColumn: 1 } } }] };
    expect(valid({ ...sarif, runs: [{ ...sarif.runs[0], results: [noLine] }] })).toBe(false);
    expect(valid({ ...sarif, runs: [{ ...sarif.runs[0], results: [{ level: "fatal" }] }] })).toBe(false);
  });

  test("shows each finding at a line, and the suppressed one as such", () => {
    const { results, invocations } = sarif.runs[0];
    const shown = all.result.paths.flatMap((p) => [...p.findings, ...p.suppressed]);
    expect(results.length).toBe(shown.length);
    for (const result of results) {
      expect(sarif.runs[0].tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
      expect(result.locations[0].physicalLocation.region.startLine).toBeGreaterThan(0);
      expect(result.locations[0].physicalLocation.artifactLocation.uri).not.toMatch(/\s/);
    }
    expect(results.filter((r: { suppressions?: unknown[] }) => r.suppressions !== undefined).length).toBe(1);
    expect(invocations[0].executionSuccessful).toBe(false);
    expect(invocations[0].toolExecutionNotifications.length).toBe(all.result.files.flatMap((f) => f.problems).length);
  });
});

describe("JUnit", () => {
  const xml = renderJunit(all);

  test("is well-formed and its sums are right", () => {
    // Every tag that opens closes, in order; attributes and texts are escaped.
    const open: string[] = [];
    for (const [, end, name = "", rest = ""] of xml.matchAll(/<(\/?)([a-z-]+)((?:\s+[a-z]+="[^"<]*")*\s*\/?)>/g)) {
      if (end === "/") expect(open.pop()).toBe(name);
      else if (!rest.endsWith("/")) open.push(name);
    }
    expect(open).toEqual([]);
    expect(xml.replace(/<(\/?)([a-z-]+)((?:\s+[a-z]+="[^"<]*")*\s*\/?)>|<\?xml[^>]*\?>/g, "")).not.toMatch(/[<>]/);
    expect(xml).not.toMatch(/&(?!(amp|lt|gt|quot);)/);
    const sum = (name: string): number => xml.match(new RegExp(`<${name}[ >]`, "g"))?.length ?? 0;
    const [, tests, failures, errors] =
      /<testsuites [^>]*tests="(\d+)" failures="(\d+)" errors="(\d+)"/.exec(xml) ?? [];
    expect([sum("testcase"), sum("failure"), sum("error")]).toEqual([Number(tests), Number(failures), Number(errors)]);
    expect(Number(failures)).toBeGreaterThanOrEqual(RULES.length);
  });
});

describe("text", () => {
  test("draws each path with its gap, says what is wrong and mends it", () => {
    const files = [example("keep-alive-order", "bad"), example("keep-alive-order", "good")];
    expect(renderCheckText(reportOf(files, true), { width: 100, colour: false })).toMatchInlineSnapshot(`
      " UNSAFE  Node behind an Application Load Balancer (paths/keep-alive-order bad.yaml)

        browser ─▶ alb ─▶ app   http
                                           5s         10s       20s   30s       60s
        alb keeps idle for reuse  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┫ 60 s (default)
            closes idle           ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┫ 60 s (default)
        app closes idle           ━━━━━━━━━┫╳╳╳╳╳╳╳╳╳╳╳ 5 s (default) ╳╳╳╳╳╳╳╳╳╳╳

        error  keep-alive-order  alb → app
               alb keeps idle connections for 60 s to use them again, app closes them after 5 s (really
               after 6 s): a request that crosses the close is answered with RST and lost.
               alb: poolIdleTimeout 60 s, default (aws-alb.idle)
               app: idleTimeout 5 s, default (node-server.keep-alive-timeout)
               remedy  Let app keep idle connections longer than alb does, by more than a second, or alb
                       give them up sooner. Equal is wrong.

        fix  the smallest set of changes that makes this path safe (checked again):
               app  idleTimeout  5 s → 61 s  (set server.keepAliveTimeout (ms))

      --- a/paths/keep-alive-order bad.yaml
      +++ b/paths/keep-alive-order bad.yaml
      @@ -9,3 +9,4 @@
         - id: app
           product: node-server
           version: "20.18"
      +    settings: { idleTimeout: 61s }

       SAFE  Node that outlives its Application Load Balancer (paths/keep-alive-order good.yaml)

        browser ─▶ alb ─▶ app   http
                                  30s                          60s
        alb keeps idle for reuse  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┫ 60 s (default)
            closes idle           ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┫ 60 s (default)
        app closes idle           ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┫ 65 s

        fix  nothing to change

      2 files, 2 paths, 1 error, 0 warnings
      "
    `);
  });

  const said = (text: string, fix = false): string => {
    const result = check([{ file: "path.yaml", text }], { readers: READERS });
    const fixes = fix ? result.paths.map(({ path }) => ({ fix: solve(path) })) : undefined;
    return renderCheckText(
      { result, version: "0", ...(fixes === undefined ? {} : { fixes }) },
      { width: 100, colour: false },
    );
  };
  const head = "path: 1\nname: p\nhops:\n  - { id: a, product: aws-alb, role: client }\n";

  test("calls nothing safe that was not read or not compared", () => {
    expect(said(`${head}  - { id: b, product: nginx }\n`)).toMatch(/^ SAFE /);
    const unread = said(`${head}  - { id: b, product: nginx, settings: { idleTimeout: 75 } }\n`);
    expect(unread).toMatch(/^ UNSURE /);
    expect(unread).toContain("1 part of its files could not be read and was not compared: see below");
    const unknown = said(`${head}  - { id: b, role: server }\n`);
    expect(unknown).toMatch(/^ UNSURE /);
    expect(unknown).toContain("not judged  it is not known how long b keeps idle connections of a");
  });

  test("says of warnings that they were not mended, and of a set that it was not proven smallest", () => {
    const close = `${head}  - { id: b, product: nginx, settings: { idleTimeout: 60500ms } }\n`;
    expect(said(close, true)).toContain("no error to mend; --strict mends warnings too");
    const result = check(
      [{ file: "path.yaml", text: `${head}  - { id: b, product: nginx, settings: { idleTimeout: 5s } }\n` }],
      { readers: READERS },
    );
    const fix = solve((result.paths[0] as CheckedPath).path);
    if (fix.kind !== "changes") throw new Error("nothing to change");
    const text = (smallest: boolean): string =>
      renderCheckText({ result, version: "0", fixes: [{ fix: { ...fix, smallest } }] }, { width: 100, colour: false });
    expect(text(true)).toContain("fix  the smallest set of changes that makes");
    expect(text(false)).toContain(
      "fix  a set of changes (the smallest found, not proven to be the smallest) that makes",
    );
  });

  test("tells a file's mistakes with its line, and goes on", () => {
    const text = renderCheckText(all, { width: 100, colour: false, quiet: true });
    expect(text).toContain("/abs/half read.yaml:5  a duration with its unit is expected here");
    expect(text).toContain("malformed.yaml:");
    expect(text).toContain("notes.txt:1  no known kind of configuration");
    expect(text.match(/^ UNSAFE /gm)?.length).toBe(RULES.length);
  });

  test("fits its width and has no control characters", () => {
    for (const width of [72, 100, 140]) {
      const text = renderCheckText(all, { width, colour: false, verbose: true });
      const pictures = text.split("\n").filter((line) => /[━╳]/.test(line));
      expect(pictures.length).toBeGreaterThan(20);
      for (const line of pictures) expect([...line].length, line).toBeLessThanOrEqual(width);
      expect([...text].filter((sign) => sign < " " && sign !== "\n")).toEqual([]);
    }
  });
});

test("every example is what the published schema of path.yaml describes", () => {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  const validate = ajv.compile(JSON.parse(readFileSync(join(ROOT, "schema/path-1.schema.json"), "utf8")));
  for (const { id } of RULES) {
    for (const kind of ["bad", "good"] as const) {
      validate(parse(example(id, kind).text));
      expect(validate.errors ?? [], `${id} ${kind}`).toEqual([]);
    }
  }
  expect(validate({ path: 1, hops: [{ id: "a", settings: { idleTimeout: 60 } }] })).toBe(false);
  expect(validate({ path: 1, hops: [{ id: "a", setting: {} }] })).toBe(false);
});

test("in JUnit a rule that could not be asked has not passed", () => {
  const typo =
    "path: 1\nhops:\n  - { id: a, product: aws-alb, settings: { idleTimout: 5s } }\n  - { id: b, product: nod-server }\n";
  const casesOf = (text: string): readonly (readonly [string, number])[] => {
    const result = check([{ file: "path.yaml", text }], { readers: READERS });
    const suite = renderJunit({ result, version: "" }).split("</testsuite>")[0] ?? "";
    return [
      ["cases", suite.split("<testcase").length - 1],
      ["skipped", suite.split("<skipped").length - 1],
    ];
  };
  expect(casesOf(typo)).toEqual([
    ["cases", RULES.length],
    ["skipped", RULES.length],
  ]);
  const unknown = "path: 1\nhops:\n  - { id: a, product: aws-alb }\n  - { id: b, role: server }\n";
  expect(casesOf(unknown)[1]?.[1]).toBe(3);
  const known =
    "path: 1\nhops:\n  - { id: a, product: aws-alb }\n  - { id: b, role: server, settings: { idleTimeout: 70s } }\n";
  expect(casesOf(known)[1]?.[1]).toBe(0);
});

test("what keeps a box from forgetting is drawn, what never happens is not", () => {
  const shown = (text: string): string => {
    const result = check([{ file: "path.yaml", text }], { readers: READERS });
    return renderCheckText({ result, version: "" }, { width: 100, colour: false });
  };
  const probed =
    "path: 1\nhops:\n  - { id: a, product: grpc-go-client }\n  - { id: n, product: aws-nlb }\n  - { id: b, product: grpc-go-server }\n";
  expect(shown(probed)).toMatch(/b .*TCP keepalive .* 15 s \(default\)/s);
  const once =
    "path: 1\nhops:\n  - { id: a, product: aws-alb }\n  - { id: b, role: server, settings: { idleTimeout: 65s, maxRequests: 1 } }\n";
  expect(shown(once)).not.toContain("65 s");
  const alone = check([{ file: "haproxy.cfg", text: "defaults\n  mode http\nbackend b\n  server a 10.0.0.1:80\n" }], {
    readers: READERS,
  });
  expect(renderCheckText({ result: alone, version: "" }, { width: 100, colour: false })).not.toContain("backend b ");
});

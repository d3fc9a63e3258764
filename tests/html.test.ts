import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, launch, openPage, PLACES, type Seen } from "./helpers/browser.ts";
import { parseTrace } from "./helpers/trace.ts";
import { captureOf } from "./helpers/trace-capture.ts";
import { splitLogs } from "./helpers/trace-logs.ts";

/** The page of `explain --format html`, made by the program and opened from disk in a real browser. */

const ROOT = join(import.meta.dirname, "..");
const EXAMPLES = join(ROOT, "examples");
const scratch = mkdtempSync(join(tmpdir(), "halfopen-html-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function halfopen(...args: readonly string[]) {
  const main = join(ROOT, "src", "cli", "main.ts");
  const script = `import { run } from ${JSON.stringify(main)}; process.exitCode = await run(process.argv.slice(1));`;
  const child = spawnSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", script, "--", ...args], {
    encoding: "utf8",
  });
  return { code: child.status, out: child.stdout, err: child.stderr };
}

function explained(name: string, ...evidence: readonly string[]): string {
  const file = join(scratch, `${name}.html`);
  const { code, out, err } = halfopen("explain", ...evidence, "--format", "html", "--output", file);
  expect({ code: code === 0 || code === 1, out, err }).toEqual({ code: true, out: "", err: "" });
  return file;
}

describe("--output", () => {
  const lost = join(EXAMPLES, "backend-tuple-collision", "client.pcap");

  test("writes what would have been printed, and replaces an older report", () => {
    const file = join(scratch, "report.md");
    writeFileSync(file, "an older report, longer than the new one".repeat(1000));
    expect(halfopen("explain", lost, "--format", "markdown", "-o", file)).toEqual({ code: 1, out: "", err: "" });
    expect(readFileSync(file, "utf8")).toBe(halfopen("explain", lost, "--format", "markdown").out);
  });

  test("never writes over the evidence", () => {
    const copy = join(scratch, "only-copy.pcap");
    writeFileSync(copy, readFileSync(lost));
    const { code, err } = halfopen("explain", copy, "--format", "html", "--output", copy);
    expect(code).toBe(2);
    expect(err).toContain("is a capture that was read");
    expect(readFileSync(copy)).toEqual(readFileSync(lost));
  });

  test.each([
    [join("nowhere", "report.html"), /in no folder/],
    ["", /is a folder/],
  ])("refuses %j before it reads", (name, message) => {
    const { code, out, err } = halfopen("explain", lost, "--format", "html", "--output", join(scratch, name));
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(message);
  });

  test("a text report in a file is not coloured unless asked", () => {
    const file = join(scratch, "report.txt");
    halfopen("explain", lost, "--output", file);
    expect(readFileSync(file, "utf8")).not.toContain("\u001b");
    halfopen("explain", lost, "--output", file, "--colour", "always");
    expect(readFileSync(file, "utf8")).toContain("\u001b");
  });
});

// A machine without Chromium passes these over; where it was promised, that is a failure.
const here = existsSync(CHROMIUM);
test.runIf(process.env.CI !== undefined)("Chromium is there", () => {
  expect(here, `none of ${PLACES.join(", ")} is there: the page was not opened`).toBe(true);
});

describe.skipIf(!here)(`in ${CHROMIUM} (passed over where that is missing)`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => await browser.close());

  const opened = async (file: string, ...more: Opening): Promise<Seen> => await openPage(browser, file, ...more);

  const names = readdirSync(EXAMPLES).filter((name) => statSync(join(EXAMPLES, name)).isDirectory());

  test.each(names)("examples/%s asks nobody for anything, and every link leads somewhere", async (name) => {
    const file = explained(name, join(EXAMPLES, name));
    const seen = await opened(file, async (page) => {
      const dangling = await page.evaluate(
        "[...document.querySelectorAll('a')].filter((a) => !a.getAttribute('href')?.startsWith('#') || !document.querySelector(a.getAttribute('href'))).length",
      );
      expect(dangling).toBe(0);
      const verdict = halfopen("explain", join(EXAMPLES, name), "--quiet", "--width", "120").out;
      const first = await page.evaluate("document.body.innerText.trim()");
      expect(flat(String(first))).toSatisfy((text: string) => text.startsWith(flat(verdict.split("\n")[0] ?? "")));
    });
    expect(seen).toMatchObject({ requests: [pathToFileURL(file).href], complaints: [] });
  });

  test("following a link to a packet moves to its rung", async () => {
    const file = explained("followed", join(EXAMPLES, "backend-tuple-collision"));
    await opened(file, async (page) => {
      await page.click("svg.number >> nth=1");
      expect(await page.evaluate("location.hash.length > 1 && document.querySelector(':target')?.className")).toBe(
        "rung",
      );
    });
  });

  test.each([1280, 420])("nothing sticks out sideways at %i pixels, light or dark", async (width) => {
    for (const name of ["backend-tuple-collision", "hairpin-loopback"]) {
      const file = explained(`${name}-${width}`, join(EXAMPLES, name));
      const grounds = new Set<unknown>();
      for (const colorScheme of ["light", "dark"] as const) {
        await opened(
          file,
          async (page) => {
            expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
            grounds.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
          },
          { width, colorScheme },
        );
      }
      expect(grounds.size).toBe(2);
    }
  });

  test("it prints, whole", async () => {
    const file = explained("printed", join(EXAMPLES, "backend-tuple-collision"));
    await opened(file, async (page) => {
      const pdf = await page.pdf({ format: "A4", preferCSSPageSize: true });
      expect(pdf.subarray(0, 5).toString("latin1")).toBe("%PDF-");
      const pages = /\/Type\s*\/Pages[^>]*\/Count (\d+)/.exec(pdf.toString("latin1"))?.[1];
      expect(Number(pages)).toBeGreaterThan(2);
    });
  });

  test("hostile names and payload are shown as text", async () => {
    const folder = join(scratch, "hostile");
    mkdirSync(folder);
    const name = `"><img src=x onerror=alert(1)><svg onload=alert(2)>' style='x &lt;.pcap`;
    const capture = readFileSync(join(EXAMPLES, "keep-alive-race", "ingress.pcap"));
    // The same length, in the request line that the summary quotes.
    writeFileSync(join(folder, name), replaced(capture, "/v1/orders", "/<script>x"));
    writeFileSync(join(folder, "<title><script>alert(3)<"), "not a capture");
    const lines = readFileSync(join(EXAMPLES, "keep-alive-race", "ingress-error.log"), "utf8");
    writeFileSync(
      join(folder, "error<img src=x>.log"),
      lines.replaceAll("/v1/orders", "/<img src=x onerror=alert(4)>"),
    );
    const file = explained("spoilt", folder);
    const seen = await opened(file, async (page) => {
      const text = String(await page.evaluate("document.body.innerText"));
      expect(text).toContain(name);
      expect(text).toContain("<title><script>alert(3)<");
      expect(text).toContain("POST /<script>x HTTP/1.1");
      expect(text).toContain("error<img src=x>.log");
      expect(text).toContain("<img src=x onerror=alert(4)>");
      expect(await page.evaluate("document.querySelectorAll('script, img, [onload], [onerror], [style]').length")).toBe(
        0,
      );
      expect(await page.evaluate("document.title")).toMatch(/^LOST: /);
    });
    expect(seen).toMatchObject({ requests: [pathToFileURL(file).href], complaints: [] });
  });

  test("hostile GOAWAY debug data is shown as text", async () => {
    const trace = join(ROOT, "src", "signature", "goaway-error", "match.trace");
    const hostile = "<script>alert(5)</script>";
    const text = readFileSync(trace, "utf8").replace(/debug=[^ "\]]+/, `debug=${hostile}`);
    expect(text).toContain(hostile);
    const folder = join(scratch, "goaway");
    mkdirSync(folder);
    const { packets } = splitLogs(text);
    for (const section of parseTrace(packets)) {
      writeFileSync(join(folder, `${section.name}.pcap`), captureOf(section));
    }
    const file = explained("goaway", folder);
    const seen = await opened(file, async (page) => {
      expect(String(await page.evaluate("document.body.innerText"))).toContain(hostile);
      expect(await page.evaluate("document.querySelectorAll('script').length")).toBe(0);
    });
    expect(seen).toMatchObject({ requests: [pathToFileURL(file).href], complaints: [] });
  });

  test("the policy stops a script that got in all the same", async () => {
    const file = explained("policed", join(EXAMPLES, "goaway-drain"));
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace("</main>", "<script>alert(1)</script><img src='x.png'></main>"),
    );
    const { answered, complaints } = await opened(file, async () => {});
    expect(answered).toEqual([pathToFileURL(file).href]);
    expect(complaints.filter((line) => line.includes("Content Security Policy"))).toHaveLength(2);
    expect(complaints.join()).not.toContain("dialog");
  });
});

type Opening = Parameters<typeof openPage> extends [unknown, unknown, ...infer Rest] ? Rest : never;

const flat = (text: string): string => text.replace(/\s+/g, "");

function replaced(bytes: Buffer, from: string, to: string): Buffer {
  expect(to).toHaveLength(from.length);
  const text = bytes.toString("latin1");
  expect(text).toContain(from);
  return Buffer.from(text.replaceAll(from, to), "latin1");
}

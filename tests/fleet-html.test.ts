import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, launch, openPage } from "./helpers/browser.ts";
import { runHalfopen } from "./helpers/command-line.ts";

/** The pages of `simulate` and `calibrate`, made by the program and opened from disk in a real browser. */

const ROOT = join(import.meta.dirname, "..");
const STORY = "goaway-behind-network-balancer";
const scratch = mkdtempSync(join(tmpdir(), "halfopen-plots-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function page(name: string, command: string, ...args: readonly string[]): string {
  const file = join(scratch, `${name}.html`);
  const { code, out, err } = runHalfopen([command, ...args, "--format", "html", "--output", file]);
  expect({ code: code === 0 || code === 1, out, err }).toEqual({ code: true, out: "", err: "" });
  return file;
}

// A machine without Chromium passes these over; where it was promised, html.test.ts says that it is missing.
describe.skipIf(!existsSync(CHROMIUM))(`in ${CHROMIUM} (passed over where that is missing)`, () => {
  let browser: Browser;
  let file: string;
  beforeAll(async () => {
    browser = await launch();
    file = page("story", "simulate", STORY, "--all-variants", "--seeds", "2", "--duration", "2m");
  });
  afterAll(async () => await browser.close());

  /** How many pixels of a canvas are neither empty nor grey: lines have been drawn. */
  const COLOURED = `[...document.querySelectorAll("canvas")].map((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let coloured = 0;
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 0 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 60) coloured++;
    return coloured;
  })`;

  test("asks nobody for anything, complains of nothing, and draws before and after of every figure", async () => {
    const seen = await openPage(browser, file, async (opened) => {
      const figures = Number(await opened.evaluate("document.querySelectorAll('[data-figure]').length"));
      expect(figures).toBeGreaterThan(4);
      const coloured = (await opened.evaluate(COLOURED)) as number[];
      expect(coloured).toHaveLength(2 * figures);
      expect(coloured.every((pixels) => pixels > 100)).toBe(true);
    });
    expect(seen).toMatchObject({ requests: [pathToFileURL(file).href], complaints: [] });
  });

  test("a variant is put beside the scenario, a server is hidden, one seed is shown", async () => {
    const seen = await openPage(browser, file, async (opened) => {
      const data = async (): Promise<string> =>
        String(
          await opened.evaluate(
            "document.querySelector('[data-figure=connections] .panels').innerText + document.querySelectorAll('canvas')[1].toDataURL()",
          ),
        );
      const before = await data();
      await opened.click("button[data-arm] >> text=exemption");
      expect(await opened.evaluate("document.querySelector('[data-beside=name]').textContent")).toBe("exemption");
      expect(await opened.evaluate("document.querySelectorAll('button[data-arm][aria-pressed=true]').length")).toBe(1);
      const beside = await data();
      expect(beside).not.toBe(before);
      await opened.click("button[data-values=one]");
      const one = await data();
      expect(one).not.toBe(beside);
      await opened.click("button[data-line='0']");
      expect(await data()).not.toBe(one);
    });
    expect(seen.complaints).toEqual([]);
  });

  test("the cursor reads every plot at one time", async () => {
    await openPage(browser, file, async (opened) => {
      await opened.hover("[data-figure=connections] .u-over >> nth=0", { position: { x: 200, y: 60 } });
      const read = (await opened.evaluate(
        "[...document.querySelectorAll('.at')].map((each) => each.querySelector('b')?.textContent)",
      )) as string[];
      expect(read[0]).toMatch(/^\d+:\d\d$/);
      expect(new Set(read).size).toBeLessThanOrEqual(2);
      expect(
        await opened.evaluate(
          "document.querySelectorAll('[data-figure=connections] .at')[0].querySelectorAll('.value').length",
        ),
      ).toBe(5);
    });
  });

  test.each([1280, 420])("nothing sticks out sideways at %i pixels, light or dark", async (width) => {
    const grounds = new Set<unknown>();
    for (const colorScheme of ["light", "dark"] as const) {
      const use = async (opened: Parameters<Parameters<typeof openPage>[2]>[0]): Promise<void> => {
        expect(await opened.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
        grounds.add(await opened.evaluate("getComputedStyle(document.body).backgroundColor"));
      };
      await openPage(browser, file, use, { width, colorScheme });
    }
    expect(grounds.size).toBe(2);
  });

  test("hostile words of a scenario are shown as text", async () => {
    const hostile = `</script><img src=x onerror=alert(1)><script>alert(2)</script>`;
    const story = join(scratch, "hostile.yaml");
    const text = readFileSync(join(ROOT, "scenarios", `${STORY}.yaml`), "utf8");
    writeFileSync(story, text.replace(/^( *)title: .*$/gm, `$1title: "${hostile}"`));
    const spoilt = page("hostile", "simulate", story, "--all-variants", "--seeds", "1", "--duration", "61s");
    const seen = await openPage(browser, spoilt, async (opened) => {
      expect(String(await opened.evaluate("document.body.innerText"))).toContain(hostile);
      expect(await opened.evaluate("document.querySelector('[data-beside=title]').textContent")).toBe(hostile);
      expect(await opened.evaluate("document.querySelectorAll('script, img').length")).toBe(3);
    });
    expect(seen).toMatchObject({ requests: [pathToFileURL(spoilt).href], complaints: [] });
  });

  test("the policy stops a script that got in all the same", async () => {
    const policed = join(scratch, "policed.html");
    const added = "<script>alert(1)</script><img src='x.png'><style>body { display: none }</style></main>";
    writeFileSync(policed, readFileSync(file, "utf8").replace("</main>", added));
    const { answered, complaints } = await openPage(browser, policed, async (opened) => {
      expect(await opened.evaluate("getComputedStyle(document.body).display")).toBe("block");
    });
    expect(answered).toEqual([pathToFileURL(policed).href]);
    expect(complaints.filter((line) => line.includes("Content Security Policy"))).toHaveLength(3);
    expect(complaints.join()).not.toContain("dialog");
  });

  test("a sweep is drawn against its values, a line for each variant", async () => {
    const sweep = ["--variant", "preservation-off", "--sweep", "network.servers.goaway.chance=0.001,0.01,0.02"];
    const swept = page("sweep", "simulate", STORY, ...sweep, "--seeds", "2", "--duration", "65s");
    const seen = await openPage(browser, swept, async (opened) => {
      const text = String(await opened.evaluate("document.querySelector('[data-figure=sweep-reconnects]').innerText"));
      expect(text).toContain("network.servers.goaway.chance: base, preservation-off");
      const coloured = (await opened.evaluate(COLOURED)) as number[];
      expect(coloured.every((pixels) => pixels > 50)).toBe(true);
    });
    expect(seen).toMatchObject({ requests: [pathToFileURL(swept).href], complaints: [] });
  });

  test("a calibration draws its curves", async () => {
    const args = ["--half-life", "10m", "--collisions", "1%", "--seeds", "2", "--most-seeds", "2", "--duration", "5m"];
    const curves = page("calibration", "calibrate", STORY, ...args);
    const seen = await openPage(browser, curves, async (opened) => {
      const coloured = (await opened.evaluate(COLOURED)) as number[];
      expect(coloured.length).toBeGreaterThan(2);
      // From half a minute to hours: only a log axis shows both ends.
      const figures = "JSON.parse(document.querySelector('#data').textContent).figures";
      expect(await opened.evaluate(`${figures}.find(({ id }) => id === "halfLifeMs").y`)).toBe("log");
      expect(coloured.every((pixels) => pixels > 50)).toBe(true);
      expect(await opened.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    });
    expect(seen).toMatchObject({ requests: [pathToFileURL(curves).href], complaints: [] });
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderAssets } from "../scripts/embed-page/render-assets.ts";
import { PAGE_SCRIPT, PAGE_STYLE, PLOT_SCRIPT } from "../src/report/fleet/page-assets.ts";
import { printHtml } from "../src/report/html/markup.ts";

const ROOT = join(import.meta.dirname, "..");

test("the module of the page's scripts and style is what web/fleet and uPlot make", () => {
  const module = readFileSync(join(ROOT, "src", "report", "fleet", "page-assets.ts"), "utf8");
  expect(module, "run: node scripts/embed-page.ts").toBe(renderAssets(ROOT));
});

test("what is in the page is what was embedded, with its licence", () => {
  const plot = printHtml(PLOT_SCRIPT.markup);
  expect(plot).toContain(readFileSync(join(ROOT, "node_modules", "uplot", "dist", "uPlot.iife.min.js"), "utf8").trim());
  expect(plot).toContain("Copyright (c) 2022 Leon Sorokin");
  expect(printHtml(PAGE_SCRIPT.markup)).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
  expect(new Set([PLOT_SCRIPT.hash, PAGE_SCRIPT.hash, PAGE_STYLE.hash]).size).toBe(3);
});

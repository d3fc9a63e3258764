import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";

/** The module `src/report/fleet/page-assets.ts`, from uPlot as it is installed and from `web/fleet/`. */
export function renderAssets(root: string): string {
  const read = (...path: string[]): string => readFileSync(join(root, ...path), "utf8");
  const licence = read("node_modules/uplot/LICENSE").trim();
  // The banner stays: it names the version. MIT asks for the licence in every copy.
  const plot = `/*\n${licence}\n*/\n${read("node_modules/uplot/dist/uPlot.iife.min.js").trim()}`;
  const script = `(() => {\n${withoutTypes(read("web/fleet/plots.ts"))}\n})();`;
  const style = `${read("node_modules/uplot/dist/uPlot.min.css").trim()}\n${read("web/fleet/page.css").trim()}`;
  return [
    "// Made by scripts/embed-page.ts from node_modules/uplot and web/fleet/: change those.",
    'import { type Html, html } from "../html/markup.ts";',
    "",
    "/** What a page of plots runs and looks like, and the hashes that its policy admits them by (CSP 3 §2.3.1). */",
    ...asset("PLOT_SCRIPT", "script", plot),
    ...asset("PAGE_SCRIPT", "script", script),
    ...asset("PAGE_STYLE", "style", style),
  ].join("\n");
}

function asset(name: string, tag: "script" | "style", content: string): string[] {
  if (/<\/(script|style)|<!--/i.test(content)) throw new Error(`${name} would end its own element`);
  const hash = createHash("sha256").update(content).digest("base64");
  return [
    `export const ${name}: { readonly markup: Html; readonly hash: string } = {`,
    `  markup: html\`<${tag}>${asTemplate(content)}</${tag}>\`,`,
    `  hash: "sha256-${hash}",`,
    "};",
    "",
  ];
}

/** Text as it must be written between backticks to be itself again. */
const asTemplate = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${").replaceAll("\r", "\\r");

/** TypeScript as a browser reads it: without types, comments that stand alone, indentation and empty lines. */
function withoutTypes(source: string): string {
  return stripTypeScriptTypes(source)
    .replace(/^\s*\/\*[\s\S]*?\*\/\s*$/gm, "")
    .replace(/^\s*\/\/.*$/gm, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && line !== ";")
    .join("\n");
}

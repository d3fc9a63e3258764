import { type Content, type Html, html, jsonScript, printHtml } from "../html/markup.ts";
import { PAGE_SCRIPT, PAGE_STYLE, PLOT_SCRIPT } from "./page-assets.ts";
import type { PageData } from "./page-data.ts";
import type { Figure } from "./page-figures.ts";

export interface PageFrame {
  readonly title: string;
  readonly tone: "bad" | "warn" | "good";
  readonly badge: string;
  readonly line: string;
  readonly body: Content;
  readonly data: PageData;
  readonly footer: string;
}

/**
 * One page that needs nothing else. Its policy admits the two scripts and the style that are in it, by their hashes, and nothing from
 * anywhere: text from a scenario that would become markup could still not run or load anything.
 */
export function pageFrame({ title, tone, badge, line, body, data, footer }: PageFrame): string {
  return printHtml(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
${PAGE_STYLE.markup}
</head>
<body>
<header class="verdict ${tone}"><p class="badge">${badge}</p><h1>${line}</h1></header>
<main>
${body}
<noscript><p class="unscripted">The plots are drawn by a script in this page, which is switched off.</p></noscript>
</main>
<footer>${footer} The page is whole: it loads nothing. The plots are drawn with uPlot (MIT licence, in the page’s source).</footer>
${jsonScript("data", data)}
${PLOT_SCRIPT.markup}
${PAGE_SCRIPT.markup}
</body>
</html>
`);
}

/** Hashes are base64: no sign in them has a meaning in an attribute. */
const POLICY = [
  "default-src 'none'",
  `script-src '${PLOT_SCRIPT.hash}' '${PAGE_SCRIPT.hash}'`,
  `style-src '${PAGE_STYLE.hash}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** The place of a figure: one panel, or two beside each other. */
export function figureHtml({ title, unit, data }: Figure, panels: 1 | 2): Html {
  const cell = html`<div class="cell"><div class="panel" role="img" aria-label="${title}, ${unit}"></div><p class="at"></p></div>`;
  return html`<figure class="figure" data-figure="${data.id}"><figcaption><h3>${title}</h3><span>${unit}</span></figcaption><div class="panels">${cell}${panels === 2 && cell}</div></figure>
`;
}

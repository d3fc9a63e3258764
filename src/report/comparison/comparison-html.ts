import { incidentSection } from "../html/incident-section.ts";
import { type Html, html, printHtml } from "../html/markup.ts";
import type { Sheet } from "../html/sheet.ts";
import { style } from "../html/style.ts";
import { shortNames, withShortNames } from "../short-names.ts";
import { groupIncidents } from "../verdict.ts";
import type { ComparedRun, Comparison } from "./comparison.ts";
import { serverPlot } from "./server-plot.ts";

/** Kinds of loss shown whole. */
const MOST_GROUPS = 2;

/**
 * The comparison as one page that needs nothing else: the table, what the servers counted over time with and without GOAWAY, and the incident
 * itself, drawn from the packets of this very run.
 */
export function renderComparisonHtml(comparison: Comparison): string {
  const { rows } = comparison;
  const base = rows.find(({ kind }) => kind === "base");
  const agree = rows.every(({ agrees }) => agrees);
  return printHtml(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'none'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${comparison.scenario}: ${comparison.title}</title>
${style()}
${ownStyle()}
</head>
<body>
<svg class="defs" width="0" height="0" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="2.4" height="6"/></pattern></defs></svg>
<header class="verdict ${agree ? "nothing-lost" : "lost"}"><p class="badge">${agree ? "AS EXPECTED" : "NOT AS EXPECTED"}</p><h1>${comparison.title}</h1><p class="ways">${comparison.about}</p></header>
<main>
<section class="part"><h3>With it, without it, and with each remedy, on ${comparison.kernel}</h3>${table(rows)}
<ul class="adapted">${[...new Set(rows.flatMap(({ adapted }) => adapted))].map((said) => html`<li>In the lab: ${said}.</li>`)}</ul></section>
${rows.map((run) => figures(run))}
${base !== undefined && incidents(base)}
</main>
<footer>Every number and packet here is of these runs: packets from tcpdump at each host, counts from the kernels of the hosts. Packets are numbered as Wireshark numbers them, sequence numbers are relative. The page is whole: it loads nothing and runs nothing.</footer>
</body>
</html>
`);
}

function table(rows: readonly ComparedRun[]): Html {
  return html`<div class="wide"><table class="compared"><thead><tr><th>run</th><th>opened</th><th>told to go</th><th>SYNs challenged</th><th>lost, say logs</th><th>NotReady</th><th>kubectl's watch lost</th><th>explain found</th></tr></thead><tbody>
${rows.map((run) => html`<tr class="${run.agrees ? "agrees" : "differs"}"><th>${run.name}<small>${run.title}</small></th><td>${run.opened}</td><td>${run.toldToGo}</td><td>${run.challenged}</td><td>${run.lostInLogs}</td><td>${run.notReady}</td><td>${run.kubectl === undefined ? "not watched" : `${run.kubectl.lost} of ${run.kubectl.begun}`}</td><td>${run.found}${!run.agrees && html`<small>expected: ${run.expected}</small>`}</td></tr>`)}
</tbody></table></div>`;
}

function figures(run: ComparedRun): Html | undefined {
  const connections = serverPlot(run.servers, "connections");
  const requests = serverPlot(run.servers, "requests");
  if (connections === undefined) return undefined;
  return html`<section class="part"><h3>${run.name}: what its servers counted</h3>${connections}${requests}</section>`;
}

function incidents(run: ComparedRun): Html {
  const explanation = withShortNames(run.explanation);
  const sheet: Sheet = { explanation, nameOf: shortNames(explanation.inputs.map(({ file }) => file)) };
  const groups = groupIncidents(explanation.incidents).slice(0, MOST_GROUPS);
  return html`${groups.map(({ first, others }) => incidentSection(sheet, first, others))}`;
}

function ownStyle(): Html {
  return html`<style>
.wide { overflow-x: auto; }
.compared { border-collapse: collapse; width: 100%; font-size: .9375rem; }
.compared th, .compared td { padding: .5rem .75rem; border-bottom: 1px solid var(--rule); text-align: right; vertical-align: top; }
.compared th:first-child, .compared td:last-child, .compared th:last-child { text-align: left; }
.compared thead th { overflow-wrap: normal; word-break: keep-all; }
.compared small { display: block; color: var(--soft); font-weight: 400; }
.compared .differs td:last-child { color: var(--lost); }
.adapted { margin-top: 1rem; color: var(--soft); font-size: .875rem; }
.plot svg { width: 100%; height: auto; } .plot text { font-size: 11px; fill: var(--soft); } .plot .axis { stroke: var(--rule); }
.plot .line { fill: none; stroke-width: 1.6; } .plot figcaption { font-size: .875rem; color: var(--soft); }
.line-0 { stroke: var(--client); color: var(--client); } .line-1 { stroke: var(--server); color: var(--server); }
.line-2 { stroke: var(--middle); color: var(--middle); } .line-3 { stroke: var(--warn); color: var(--warn); } .plot .legend { margin-left: .75rem; font-weight: 600; }
</style>`;
}

import { incidentSection } from "../html/incident-section.ts";
import { type Html, html, printHtml } from "../html/markup.ts";
import type { Sheet } from "../html/sheet.ts";
import { style } from "../html/style.ts";
import { shortNames, withShortNames } from "../short-names.ts";
import { groupIncidents } from "../verdict.ts";
import type { ComparedRun, Comparison } from "./comparison.ts";
import { figures } from "./figures.ts";
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
${kubectlSection(base)}
${figures(rows)}
<section class="part"><details><summary>What the servers of the other runs counted</summary>${rows.filter((run) => run !== base && run.name !== "chance-low").map((run) => plots(run))}</details></section>
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

/** What somebody saw who watched the nodes meanwhile. */
function kubectlSection(run: ComparedRun | undefined): Html | undefined {
  const kubectl = run?.kubectl;
  if (kubectl?.printed === undefined) return undefined;
  return html`<section class="part"><h3>Somebody watched</h3><p class="aside"><code>kubectl get nodes --watch</code>, begun again whenever it ended, in the run <em>base</em>: its watch was lost ${kubectl.lost} ${kubectl.lost === 1 ? "time" : "times"} and taken up again.</p>
<pre class="printed">${kubectl.printed.map(({ text, lost }) => (lost ? html`<b>${text}</b><br>` : html`${text}<br>`))}</pre></section>`;
}

function plots(run: ComparedRun): Html | undefined {
  const connections = serverPlot(run.servers, "connections");
  const requests = serverPlot(run.servers, "requests");
  if (connections === undefined) return undefined;
  return html`<h4>${run.name}</h4>${connections}${requests}`;
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
.compared tbody th { color: var(--ink); font-size: .9375rem; font-weight: 600; }
.compared thead th { overflow-wrap: normal; word-break: keep-all; }
.compared small { display: block; color: var(--soft); font-weight: 400; }
.compared .differs td:last-child { color: var(--lost); }
.adapted { margin-top: 1rem; color: var(--soft); font-size: .875rem; }
.numbered { margin-top: 2.75rem; padding: 1.25rem 1.5rem 1.5rem; border: 1px solid var(--rule); border-radius: 12px; background: var(--card); }
.numbered > h4 { margin: 0; font-size: .8125rem; letter-spacing: .06em; text-transform: uppercase; color: var(--soft); }
.numbered > p { margin: .25rem 0 1rem; max-width: 50rem; }
.packets { border-collapse: collapse; width: 100%; font-size: .8125rem; } .packets caption { caption-side: bottom; text-align: left; padding-top: .5rem; color: var(--soft); font-weight: 400; }
.packets th { text-align: left; font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--rule); } .packets th, .packets td { padding: .25rem .6rem .25rem 0; vertical-align: top; }
.packets td { font-family: var(--mono); font-size: .75rem; white-space: nowrap; } .packets td:last-child { font-family: inherit; font-size: .8125rem; white-space: normal; min-width: 14rem; }
.packets tbody tr { border-bottom: 1px solid var(--wash); } .packets td:first-child { padding-left: .6rem; border-left: 3px solid transparent; }
.packets .older td:first-child { border-left-color: var(--client); } .packets .newer td:first-child { border-left-color: var(--middle); }
.packets .loud { background: var(--lost-wash); } .packets .loud b { color: var(--lost); } .packets .omitted td { color: var(--soft); font-style: italic; font-family: inherit; }
.packets .arrow { color: var(--faint); }
.layout, .lanes { display: block; width: 100%; height: auto; max-width: 58rem; margin: 0 auto; }
.layout .way { stroke: var(--faint); stroke-width: 1; opacity: .6; } .host rect { stroke-width: 1.4; } .host.client rect { fill: var(--client-wash); stroke: var(--client); }
.host.middle rect { fill: var(--middle-wash); stroke: var(--middle); } .host.server rect { fill: var(--server-wash); stroke: var(--server); }
.lanes .life { stroke: var(--client); stroke-width: 2.5; } .lanes .newer .life { stroke: var(--middle); } .lanes .dead { stroke: var(--lost); stroke-width: 2.5; stroke-dasharray: 3 4; }
.lanes .tick { stroke: var(--client); stroke-width: 1.2; } .lanes .newer .tick { stroke: var(--middle); } .lanes .tick.bad { stroke: var(--lost); stroke-width: 2; } .lanes .meeting { stroke: var(--lost); stroke-width: 1; stroke-dasharray: 2 3; }
.printed { padding: 1rem; border-radius: 8px; background: var(--wash); font: .8125rem/1.5 var(--mono); white-space: pre-wrap; } .printed b { color: var(--lost); }
details > summary { cursor: pointer; color: var(--soft); }
.plot svg { width: 100%; height: auto; } .plot text { font-size: 11px; fill: var(--soft); } .plot .axis { stroke: var(--rule); }
.plot .line { fill: none; stroke-width: 1.6; } .plot figcaption { font-size: .875rem; color: var(--soft); }
.line-0 { stroke: var(--client); color: var(--client); } .line-1 { stroke: var(--server); color: var(--server); }
.line-2 { stroke: var(--middle); color: var(--middle); } .line-3 { stroke: var(--warn); color: var(--warn); } .plot .legend { margin-left: .75rem; font-weight: 600; }
</style>`;
}

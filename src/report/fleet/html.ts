import { type Html, html } from "../html/markup.ts";
import { MEASURES, measured } from "./measures.ts";
import { intervalOf, many, printNumber, printTime } from "./numbers.ts";
import { timeFigures } from "./page-figures.ts";
import { figureHtml, pageFrame } from "./page-frame.ts";
import { runsOf, type SimulationReport, type SummarisedArm, summarised } from "./simulation-report.ts";
import { storiesOf } from "./story.ts";
import { sweepFigures } from "./sweep-figures.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** A simulation as one page of plots: before and after of each variant side by side, then every number. Ends with a newline. */
export function renderSimulationHtml(report: SimulationReport): string {
  const arms = summarised(report);
  const verdict = verdictOf(arms);
  const figures = timeFigures(report, arms);
  const swept = sweepFigures(arms);
  const compared = arms.length > 1;
  const seeds = arms.some(({ runs }) => runs.length > 1);
  return pageFrame({
    title: `${report.scenario}: ${verdict.line}`,
    tone: verdict.tone,
    badge: verdict.badge,
    line: verdict.line,
    data: {
      arms: arms.map(({ name, title }) => ({ name, title })),
      beside: compared ? bestOf(verdict) : 0,
      figures: [...swept, ...figures].map(({ data }) => data),
    },
    footer: `Simulated by halfopen ${report.version}: ${many(runsOf(report), "run")} of ${printTime(report.durationMs)}, seeds ${seedsOf(report)}; the same seed gives the same run.`,
    body: html`<p class="about"><b>${report.scenario}</b>: ${report.title}. ${report.about}</p>
${report.interrupted && html`<p class="advice bad">${runsOf(report)} of ${report.planned} runs were finished before it was interrupted.</p>`}
${armList(arms, verdict)}
${storyList(report)}
${swept.length > 0 && html`<h2>Across the sweep</h2><div class="curves">${swept.map((figure) => figureHtml(figure, 1))}</div>`}
<nav class="controls">
${compared && html`<div><span class="asks">beside ${arms[0]?.name}:</span>${arms.slice(1).map(({ name }, i) => html`<button type="button" data-arm="${i + 1}">${name}</button>`)}</div>`}
${seeds && html`<div><span class="asks">show</span><button type="button" data-values="mean">mean of all seeds, 95 % interval</button><button type="button" data-values="one">seed ${report.seeds[0] ?? 0} alone</button></div>`}
<div>${(figures[0]?.data.lines ?? []).map((line, i) => html`<button type="button" data-line="${i}" aria-pressed="true">${line}</button>`)}</div>
</nav>
${compared && html`<div class="heads"><p><b>${arms[0]?.name}</b>${arms[0]?.title}</p><p><b data-beside="name"></b><span data-beside="title"></span></p></div>`}
${figures.map((figure) => figureHtml(figure, compared ? 2 : 1))}
<p class="aside">Tinted: while something of the story goes on. Drag over a plot to look closer, double-click to see all again.</p>
${totalsTable(report, arms)}`,
  });
}

/** The variant to show first: the first that holds, else the last. */
function bestOf({ arms }: Verdict): number {
  const found = arms.findIndex(({ tone }, place) => place > 0 && tone === "good");
  return found > 0 ? found : 1;
}

function seedsOf({ seeds }: SimulationReport): string {
  const [first = 0] = seeds;
  const last = seeds.at(-1) ?? first;
  return seeds.length === last - first + 1 && seeds.length > 1 ? `${first} to ${last}` : seeds.join(", ");
}

function armList(arms: readonly SummarisedArm[], { arms: verdicts }: Verdict): Html {
  return html`<ul class="arms">${arms.map((arm, place) => {
    const found = verdicts[place];
    return html`<li><span class="mark ${found?.tone}">${found?.badge}</span><span class="name">${arm.name}</span><div><p>${arm.title}${found?.change !== undefined && html`: <b>${found.change}</b>`}</p><p class="came">${sentence(found?.words ?? "")}</p></div></li>`;
  })}</ul>`;
}

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

function storyList(report: SimulationReport): Html | undefined {
  const lines = storiesOf(report.arms);
  if (lines.length === 0) return undefined;
  return html`<h2>The story</h2><ol class="story">${lines.map(({ fromMs, words }) => html`<li><time>${fromMs === 0 ? "from 0" : `at ${printTime(fromMs)}`}</time><span>${words}</span></li>`)}</ol>`;
}

function totalsTable(report: SimulationReport, arms: readonly SummarisedArm[]): Html {
  const rows = MEASURES.filter((measure) => arms.some((arm) => measured(measure, arm).mean !== 0));
  const intervals = arms.some(({ runs }) => runs.length > 1);
  return html`<h2>What was counted</h2>
<p class="aside">Of one run of ${printTime(report.durationMs)}${intervals && html`: the mean over the seeds, and below it the 95 % interval of that mean`}.</p>
<div class="wide"><table><thead><tr><th></th>${arms.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    (measure) => html`<tr><th scope="row">${measure.words}</th>${arms.map((arm) => {
      const value = measured(measure, arm);
      const interval = intervalOf(value);
      return html`<td>${Number.isNaN(value.mean) ? "–" : printNumber(value.mean)}${interval !== undefined && html`<small>${interval}</small>`}</td>`;
    })}</tr>
`,
  )}</tbody></table></div>`;
}

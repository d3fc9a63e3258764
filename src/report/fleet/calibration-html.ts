import type { TargetName } from "../../fleet/calibrate/calibration.ts";
import { type Html, html } from "../html/markup.ts";
import {
  askedOf,
  type CalibrationReport,
  calibrationVerdict,
  placeOf,
  printMeasure,
  TARGET_WORDS,
  type TargetWords,
  targetLine,
  wordsOf,
} from "./calibration-report.ts";
import { many, printTime } from "./numbers.ts";
import type { Values } from "./page-data.ts";
import type { Figure } from "./page-figures.ts";
import { figureHtml, pageFrame } from "./page-frame.ts";

/** A calibration as one page: the answer, the trade-off as curves with their targets, every point. Ends with a newline. */
export function renderCalibrationHtml(report: CalibrationReport): string {
  const { calibration } = report;
  const verdict = calibrationVerdict(report);
  const figures = TARGET_WORDS.flatMap((words) => curveOf(report, words) ?? []);
  const name = report.variant === "base" ? calibration.scenario : `${calibration.scenario}, ${report.variant}`;
  return pageFrame({
    title: `${name}: ${verdict.line}`,
    tone: verdict.tone,
    badge: verdict.badge,
    line: verdict.line,
    data: { arms: [{ name, title: report.title }], beside: 0, figures: figures.map(({ data }) => data) },
    footer: `Calibrated by halfopen ${report.version}: ${many(calibration.runs, "run")} of ${printTime(report.durationMs)}.`,
    body: html`<p class="about"><b>${name}</b>: ${report.title}. ${report.about}</p>
<div class="advice ${verdict.tone === "good" ? "" : "bad"}">${verdict.because.map((reason) => html`<p>${reason}</p>`)}</div>
<h2>What was asked</h2>
<ul class="asked">${askedOf(calibration).map((target) => html`<li>${targetLine(target, calibration.targets[target] ?? 0)}</li>`)}</ul>
<h2>The trade-off</h2>
<p class="aside">Each point is the mean over the seeds, the band its 95 % interval. Dashed: what was asked. Tinted: chances for which all of it is met.</p>
<div class="curves">${figures.map((figure) => figureHtml(figure, 1))}</div>
${mitigationsHtml(report)}
${tableHtml(report)}`,
  });
}

/** One measure against the chance; nothing where it is never known or always 0. */
function curveOf({ calibration }: CalibrationReport, { name, title, unit, factor }: TargetWords): Figure | undefined {
  const { curve, range, recommended, targets } = calibration;
  const bound = targets[name];
  const column = (of: (point: (typeof curve)[number]) => number | undefined): Values =>
    curve.map((point) => {
      const value = of(point);
      return value === undefined || !Number.isFinite(value) ? null : Number((value * factor).toPrecision(4));
    });
  const mean = column((point) => point.measures[name].simulated.mean);
  if (bound === undefined && mean.every((value) => value === null || value === 0)) return undefined;
  const theory = column((point) => point.measures[name].theory);
  const known = theory.some((value) => value !== null);
  const nothing = curve.map(() => null);
  const low = column((point) => Math.max(0, point.measures[name].simulated.low));
  const high = column((point) => point.measures[name].simulated.high);
  return {
    title,
    unit: known ? `${unit}; the second line is the closed form` : unit,
    data: {
      id: name,
      height: 210,
      x: "log",
      xLabel: "chance",
      lines: known ? ["simulated", "closed form"] : ["simulated"],
      drawn: "points",
      least: 1e-6,
      decimals: 3,
      panels: [
        {
          x: curve.map(({ chance }) => chance),
          mean: known ? [mean, theory] : [mean],
          low: known ? [low, nothing] : [low],
          high: known ? [high, nothing] : [high],
          marks: range === undefined ? [] : [{ from: range.low, to: range.high, label: "every target is met" }],
          ...(bound === undefined
            ? {}
            : { limit: { y: bound * factor, label: `at most ${wordsOf(name).print(bound)}` } }),
          ...(recommended === undefined ? {} : { chosen: { x: recommended, label: String(recommended) } }),
        },
      ],
    },
  };
}

function mitigationsHtml({ calibration }: CalibrationReport): Html | undefined {
  const { mitigations, obstacles } = calibration;
  if (mitigations.length === 0) return undefined;
  return html`<h2>What would help, at ${mitigations[0]?.point.chance}</h2>
<ul class="arms">${mitigations.map(({ name, title, point, helps }) => {
    const all = helps.length === obstacles.length && helps.length > 0;
    const [tone, mark] = all ? ["good", "HELPS"] : helps.length > 0 ? ["warn", "IN PART"] : ["bad", "NO"];
    const found = obstacles.map(
      ({ target }) => `${wordsOf(target).words}: ${printMeasure(target, point.measures[target].simulated)}`,
    );
    return html`<li><span class="mark ${tone}">${mark}</span><span class="name">${name}</span><div><p>${title}</p><p class="came">${found.join("; ")}.</p></div></li>`;
  })}</ul>`;
}

function tableHtml({ calibration }: CalibrationReport): Html {
  const { curve } = calibration;
  const shown = TARGET_WORDS.filter(({ name }) =>
    curve.some(({ measures }) => measures[name].verdict !== undefined || measures[name].simulated.mean > 0),
  );
  const cell = (point: (typeof curve)[number], name: TargetName): Html => {
    const { simulated, theory, verdict } = point.measures[name];
    const mark = verdict === "missed" ? " ✗" : verdict === "undecided" ? " ?" : "";
    return html`<td>${printMeasure(name, simulated)}${mark}${theory !== undefined && html`<small>closed form ${wordsOf(name).print(theory)}</small>`}</td>`;
  };
  return html`<h2>Every point</h2>
<p class="aside">The mean over the seeds and its 95 % interval. ✗: misses its target; ?: undecided.</p>
<div class="wide"><table><thead><tr><th scope="col">chance</th><th scope="col">seeds</th>${shown.map(({ words }) => html`<th scope="col">${words}</th>`)}</tr></thead>
<tbody>${curve.map(
    (
      point,
    ) => html`<tr class="${placeOf(point, calibration)}"><td>${point.chance}</td><td>${point.seeds}</td>${shown.map(({ name }) => cell(point, name))}</tr>
`,
  )}</tbody></table></div>`;
}

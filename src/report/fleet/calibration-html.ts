import type { Measured, TargetName } from "../../fleet/calibrate/calibration.ts";
import { type Html, html } from "../html/markup.ts";
import {
  askedOf,
  type CalibrationReport,
  calibrationVerdict,
  placeOf,
  printMeasure,
  TARGET_WORDS,
  type TargetWords,
  THINNED,
  targetLine,
  trialLines,
  trialMark,
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
    footer: `Calibrated by halfopen ${report.version}: ${many(calibration.runs, "run")} of ${printTime(report.durationMs)}; ${report.detail === "thinned" ? THINNED : "every request was an event"}.`,
    body: html`<p class="about"><b>${name}</b>: ${report.title}. ${report.about}</p>
<div class="advice ${verdict.tone === "good" ? "" : "bad"}">${verdict.because.map((reason) => html`<p>${reason}</p>`)}</div>
<h2>What was asked</h2>
<ul class="asked">${askedOf(calibration).map((target) => html`<li>${targetLine(target, calibration.targets[target] ?? 0)}</li>`)}</ul>
<h2>The trade-off</h2>
<p class="aside">Each point is the mean over the seeds, of times their median, the band its 95 % interval. A time is missing where half of the seeds or more did not see the end of it. Dashed: what was asked. Tinted: from the lowest to the highest simulated chance that meets all of it.</p>
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
  const mean = column((point) => point.measures[name].simulated.value);
  if (bound === undefined && mean.every((value) => value === null || value === 0)) return undefined;
  const theory = column((point) => point.measures[name].theory);
  const known = theory.some((value) => value !== null);
  const nothing = curve.map(() => null);
  const isTime = name === "halfLifeMs" || name === "balancedMs";
  // On a log axis there is no 0; an end that was not seen reaches to the top.
  const end = (value: number, { observedMs = 0, value: middle }: Measured): number =>
    !isTime || !Number.isFinite(middle)
      ? value
      : Math.max(1000, value === Number.POSITIVE_INFINITY ? observedMs : value);
  const low = column(
    ({
      measures: {
        [name]: { simulated },
      },
    }) => end(Math.max(0, simulated.low), simulated),
  );
  const high = column(
    ({
      measures: {
        [name]: { simulated },
      },
    }) => end(simulated.high, simulated),
  );
  // Of a log axis 0 is no place: a time that was over at once.
  const drawn = isTime ? mean.map((value) => (value === 0 ? null : value)) : mean;
  return {
    title,
    unit: `${unit}${isTime ? ", median" : ""}${known ? "; the second line is the closed form" : ""}`,
    data: {
      id: name,
      height: 210,
      x: "log",
      ...(isTime ? { y: "log" as const } : {}),
      xLabel: "chance",
      lines: known ? ["simulated", "closed form"] : ["simulated"],
      drawn: "points",
      least: 1e-6,
      decimals: 3,
      panels: [
        {
          x: curve.map(({ chance }) => chance),
          mean: known ? [drawn, theory] : [drawn],
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
  const { mitigations } = calibration;
  if (mitigations.length === 0) return undefined;
  return html`<h2>What would help, at ${mitigations[0]?.point.chance}</h2>
<ul class="arms">${mitigations.map((trial) => {
    const { name, title } = trial;
    const mark = trialMark(trial);
    const tone = { helps: "good", "in part": "warn", no: "bad" }[mark];
    const found = trialLines(trial, calibration);
    return html`<li><span class="mark ${tone}">${mark.toUpperCase()}</span><span class="name">${name}</span><div><p>${title}</p><p class="came">${found.join("; ")}.</p></div></li>`;
  })}</ul>`;
}

function tableHtml({ calibration }: CalibrationReport): Html {
  const { curve } = calibration;
  const shown = TARGET_WORDS.filter(({ name }) =>
    curve.some(({ measures }) => measures[name].verdict !== undefined || measures[name].simulated.value > 0),
  );
  const cell = (point: (typeof curve)[number], name: TargetName): Html => {
    const { simulated, theory, verdict } = point.measures[name];
    const mark = verdict === "missed" ? " ✗" : verdict === "undecided" ? " ?" : "";
    return html`<td>${printMeasure(name, simulated)}${mark}${theory !== undefined && html`<small>closed form ${wordsOf(name).print(theory)}</small>`}</td>`;
  };
  return html`<h2>Every point</h2>
<p class="aside">The mean over the seeds, of times their median, and its 95 % interval. ✗: misses its target; ?: undecided, by an interval that is wider where seeds were looked at several times.</p>
<div class="wide"><table><thead><tr><th scope="col">chance</th><th scope="col">seeds</th>${shown.map(({ words }) => html`<th scope="col">${words}</th>`)}</tr></thead>
<tbody>${curve.map(
    (
      point,
    ) => html`<tr class="${placeOf(point, calibration)}"><td>${point.chance}</td><td>${point.seeds}</td>${shown.map(({ name }) => cell(point, name))}</tr>
`,
  )}</tbody></table></div>`;
}

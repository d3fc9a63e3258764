import type Plot from "uplot";
import type { FigureData, PageData, PanelData, Values } from "../../src/report/fleet/page-data.ts";

/*
 * The script of a page of plots. `scripts/embed-page.ts` strips its types and puts it into the page together with uPlot, whose name is
 * then global; the page's policy admits exactly these two scripts. It reads the page's JSON and writes text into elements that are
 * there, never markup.
 */

declare const uPlot: typeof Plot;

const COLOURS = {
  light: ["#1f64b4", "#cf5a1e", "#0c7764", "#a8327e", "#8a6d00", "#5b4fb8", "#3f7d1c", "#b3333f", "#2a7f9e", "#6b5a4a"],
  dark: ["#74aef2", "#f2955c", "#55c5ab", "#e58bc4", "#dcc04a", "#ab9ff2", "#97cf68", "#f2868d", "#6cc4e4", "#c3ad98"],
};

const data = JSON.parse(document.getElementById("data")?.textContent ?? "") as PageData;
const dark = matchMedia("(prefers-color-scheme: dark)");
const drawn: { plot: Plot; holder: HTMLElement; height: number }[] = [];
const hidden = new Set<string>();
let beside = data.beside;
let values: "mean" | "one" = "mean";

/** Draws every figure anew: cheap enough for every change of what is shown. */
function draw(): void {
  for (const { plot } of drawn) plot.destroy();
  drawn.length = 0;
  for (const figure of data.figures) drawFigure(figure);
  label();
}

function drawFigure(figure: FigureData): void {
  const holders = [...document.querySelectorAll<HTMLElement>(`[data-figure="${figure.id}"] .panel`)];
  const arms = figure.panels.length === 1 ? [0] : [0, beside];
  const panels = arms.flatMap((arm) => figure.panels[arm] ?? []);
  const top = topOf(figure, panels);
  holders.forEach((holder, place) => {
    const panel = panels[place];
    if (panel === undefined) return;
    holder.style.minHeight = `${figure.height}px`;
    const range = figure.y === "log" ? logRange(panels) : ([0, top] as [number, number]);
    const plot = new uPlot(optionsOf(figure, panel, holder, range), dataOf(figure, panel), holder);
    drawn.push({ plot, holder, height: figure.height });
  });
}

/** Panels that are compared have one scale. */
function topOf(figure: FigureData, panels: readonly PanelData[]): number {
  let most = figure.least;
  for (const panel of panels) {
    for (const [i, line] of shownOf(panel).entries()) {
      if (hidden.has(figure.lines[i] ?? "")) continue;
      for (const row of [line, endsOf(panel)?.high[i] ?? []]) {
        for (const value of row) if (value !== null && value > most) most = value;
      }
    }
    if (panel.limit) most = Math.max(most, panel.limit.y);
  }
  return most * 1.06;
}

/** The ends of a log axis: powers of ten around everything that is drawn. */
function logRange(panels: readonly PanelData[]): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const panel of panels) {
    const ends = endsOf(panel);
    const rows = [...shownOf(panel), ...(ends?.low ?? []), ...(ends?.high ?? []), [panel.limit?.y ?? null]];
    for (const value of rows.flat()) {
      if (value === null || value <= 0) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  return most === 0 ? [0.1, 10] : [10 ** Math.floor(Math.log10(least)), 10 ** Math.ceil(Math.log10(most))];
}

const shownOf = (panel: PanelData): readonly Values[] => (values === "one" && panel.one ? panel.one : panel.mean);

/** x, the lines, then for each line the ends of its band. */
function dataOf(figure: FigureData, panel: PanelData): Plot.AlignedData {
  const ends = endsOf(panel);
  const bands = ends === undefined ? [] : [...ends.high, ...ends.low];
  return [panel.x, ...shownOf(panel).slice(0, figure.lines.length), ...bands] as unknown as Plot.AlignedData;
}

/** The ends of the bands, where bands are shown. */
function endsOf({ mean, low, high, half }: PanelData): { low: readonly Values[]; high: readonly Values[] } | undefined {
  if (values === "one") return undefined;
  if (low !== undefined && high !== undefined) return { low, high };
  if (half === undefined) return undefined;
  const end = (sign: 1 | -1): Values[] =>
    mean.map((row, line) =>
      row.map((value, i) => (value === null ? null : Math.max(0, value + sign * (half[line]?.[i] ?? 0)))),
    );
  return { low: end(-1), high: end(1) };
}

function optionsOf(figure: FigureData, panel: PanelData, holder: HTMLElement, range: [number, number]): Plot.Options {
  const ink = getComputedStyle(document.documentElement);
  const colour = (name: string): string => ink.getPropertyValue(name).trim();
  const many = figure.lines.length;
  const banded = endsOf(panel) !== undefined;
  const [least = 0, most = 1] = [panel.x[0], panel.x.at(-1)];
  const toneOf = (line: number): string => (many === 1 ? colour("--one") : colourOf(line));
  const paths = figure.drawn === "steps" ? uPlot.paths.stepped?.({ align: 1 }) : uPlot.paths.linear?.();
  const lines: Plot.Series[] = figure.lines.map((name, line) => ({
    label: name,
    show: !hidden.has(name),
    stroke: toneOf(line),
    width: many > 12 ? 1 : 1.75,
    points: { show: figure.drawn === "points", size: 6, fill: colour("--card"), width: 1.75 },
    ...(paths ? { paths } : {}),
  }));
  const ends: Plot.Series[] = banded
    ? [0, 1].flatMap(() =>
        figure.lines.map((name) => ({
          label: name,
          show: !hidden.has(name),
          stroke: "transparent",
          width: 0,
          points: { show: false },
          ...(paths ? { paths } : {}),
        })),
      )
    : [];
  const bands: Plot.Band[] = banded
    ? figure.lines.map((_, line) => ({
        series: [1 + many + line, 1 + 2 * many + line],
        fill: `${toneOf(line)}${many > 6 ? "1c" : "2e"}`,
      }))
    : [];
  const axis: Plot.Axis = {
    stroke: colour("--faint"),
    font: "11px system-ui, sans-serif",
    grid: { stroke: colour("--rule"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(120, holder.clientWidth),
    height: figure.height,
    legend: { show: false },
    padding: [8, 20, 0, 0],
    cursor: {
      sync: { key: figure.x === "time" ? "time" : figure.id, setSeries: false },
      points: { size: 6, width: 2 },
      drag: { x: true, y: false, setScale: true },
      y: false,
      // The cursor's points are for the lines, not for the ends of bands.
      dataIdx: (_plot, series, index) => (series > many ? null : index),
    },
    scales: {
      x: { time: false, ...(figure.x === "log" ? { distr: 3, range: [least, most] } : {}) },
      y: { range: () => range, ...(figure.y === "log" ? { distr: 3 } : {}) },
    },
    series: [{ label: "x" }, ...lines, ...ends],
    bands,
    axes: [
      {
        ...axis,
        space: 56,
        size: 26,
        ...(figure.x === "time"
          ? { incrs: SECONDS, values: (_: Plot, splits: number[]) => timesOf(splits) }
          : { values: (_: Plot, splits: (number | null)[]) => splits.map((x) => (x === null ? "" : plain(x))) }),
      },
      {
        ...axis,
        size: 46,
        space: 32,
        values: (_: Plot, splits: number[]) => splits.map((y) => (y === null ? "" : plain(y))),
      },
    ],
    hooks: {
      drawClear: [(plot: Plot) => drawMarks(plot, panel, colour)],
      draw: [(plot: Plot) => drawLimits(plot, panel, colour)],
      setCursor: [(plot: Plot) => readOut(plot, figure, holder)],
    },
  };
}

/** The story behind the lines: an instant is a line, a stretch of time a tint. */
function drawMarks(plot: Plot, panel: PanelData, colour: (name: string) => string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const { from, to } of panel.marks) {
    const left = plot.valToPos(from, "x", true);
    if (to !== undefined) {
      const right = plot.valToPos(to, "x", true);
      ctx.fillStyle = colour("--story-wash");
      const [a, b] = [Math.max(bbox.left, left), Math.min(bbox.left + bbox.width, right)];
      if (b > a) ctx.fillRect(a, bbox.top, b - a, bbox.height);
    }
    if (left < bbox.left || left > bbox.left + bbox.width) continue;
    upright(ctx, left, bbox, colour("--story"), [2, 3]);
  }
  ctx.restore();
}

function drawLimits(plot: Plot, panel: PanelData, colour: (name: string) => string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  if (panel.limit !== undefined) {
    const y = plot.valToPos(panel.limit.y, "y", true);
    ctx.strokeStyle = colour("--lost");
    ctx.fillStyle = colour("--lost");
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    // On the side where the line is far away, or there is none.
    const [first, last] = [panel.mean[0]?.[0] ?? Number.NEGATIVE_INFINITY, panel.mean[0]?.at(-1) ?? 0];
    const left = first < last;
    ctx.textAlign = left ? "left" : "right";
    const x = left ? bbox.left + 6 * devicePixelRatio : bbox.left + bbox.width - 4 * devicePixelRatio;
    ctx.fillText(panel.limit.label, x, y - 5 * devicePixelRatio);
  }
  if (panel.chosen !== undefined) {
    const x = plot.valToPos(panel.chosen.x, "x", true);
    upright(ctx, x, bbox, colour("--good"), []);
    ctx.fillStyle = colour("--good");
    const right = x < bbox.left + bbox.width * 0.7;
    ctx.textAlign = right ? "left" : "right";
    ctx.fillText(panel.chosen.label, x + (right ? 5 : -5) * devicePixelRatio, bbox.top + 12 * devicePixelRatio);
  }
  ctx.restore();
}

function upright(ctx: CanvasRenderingContext2D, x: number, box: Plot.BBox, stroke: string, dash: number[]): void {
  ctx.strokeStyle = stroke;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(x, box.top);
  ctx.lineTo(x, box.top + box.height);
  ctx.stroke();
}

/** Writes the values under the cursor, each in its line's colour. */
function readOut(plot: Plot, figure: FigureData, holder: HTMLElement): void {
  const target = holder.parentElement?.querySelector<HTMLElement>(".at");
  if (!target) return;
  const index = plot.cursor.idx;
  target.replaceChildren();
  if (index === null || index === undefined) return;
  const x = plot.data[0][index] ?? 0;
  const time = document.createElement("b");
  time.textContent = figure.x === "time" ? clock(x) : `${figure.xLabel ?? ""} ${plain(x)}`;
  target.append(time);
  figure.lines.forEach((name, line) => {
    if (hidden.has(name)) return;
    const value = plot.data[line + 1]?.[index];
    const item = document.createElement("span");
    item.style.color = figure.lines.length === 1 ? "var(--one)" : colourOf(line);
    item.textContent = value === null || value === undefined ? "–" : value.toFixed(figure.decimals);
    item.className = "value";
    item.title = name;
    target.append(item);
  });
}

function colourOf(line: number): string {
  const palette = dark.matches ? COLOURS.dark : COLOURS.light;
  return palette[line % palette.length] ?? "#888888";
}

const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

/** Times on an axis, in the largest unit that keeps them whole. */
function timesOf(splits: readonly number[]): string[] {
  const step = (splits[1] ?? 1) - (splits[0] ?? 0);
  const [unit, name] = step % 3600 === 0 ? [3600, "h"] : step % 60 === 0 ? [60, "min"] : [1, "s"];
  return splits.map((at) => (at === 0 ? "0" : `${plain(at / unit)} ${name}`));
}

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (n: number): string => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A number for an axis: no more figures than it needs. */
function plain(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}

/** The words around the plots that follow from what is chosen. */
function label(): void {
  const arm = data.arms[beside];
  for (const element of document.querySelectorAll<HTMLElement>("[data-beside]")) {
    element.textContent = (element.dataset.beside === "title" ? arm?.title : arm?.name) ?? "";
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-arm]")) {
    button.ariaPressed = String(Number(button.dataset.arm) === beside);
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-values]")) {
    button.ariaPressed = String(button.dataset.values === values);
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-line]")) {
    const place = Number(button.dataset.line);
    button.ariaPressed = String(!hidden.has(button.textContent ?? ""));
    button.style.setProperty("--tone", colourOf(place));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>("button") : null;
  if (!button) return;
  if (button.dataset.arm !== undefined) beside = Number(button.dataset.arm);
  else if (button.dataset.values === "mean" || button.dataset.values === "one") values = button.dataset.values;
  else if (button.dataset.line !== undefined) {
    const name = button.textContent ?? "";
    if (!hidden.delete(name)) hidden.add(name);
  } else return;
  draw();
});
dark.addEventListener("change", draw);
addEventListener("resize", () => {
  for (const { plot, holder, height } of drawn) plot.setSize({ width: Math.max(120, holder.clientWidth), height });
});
draw();

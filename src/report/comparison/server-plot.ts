import { type Html, html } from "../html/markup.ts";
import type { ServerSeries } from "./comparison.ts";

const WIDTH = 720;
const HEIGHT = 180;
const LEFT = 44;
const BOTTOM = 24;

/** Lines of what the servers counted over time: connections, or requests a second. */
export function serverPlot(servers: readonly ServerSeries[], what: "connections" | "requests"): Html | undefined {
  const series = servers.map(({ name, points }) => ({
    name,
    points: what === "connections" ? points.map(({ at, connections }) => ({ at, value: connections })) : rates(points),
  }));
  const all = series.flatMap(({ points }) => points);
  if (all.length < 2) return undefined;
  const last = Math.max(...all.map(({ at }) => at), 1);
  const most = Math.max(...all.map(({ value }) => value), 1);
  const x = (at: number): number => round(LEFT + (at / last) * (WIDTH - LEFT - 8));
  const y = (value: number): number => round(HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - 12));
  return html`<figure class="plot"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${what} of each server over time">
<line class="axis" x1="${LEFT}" y1="${y(0)}" x2="${WIDTH - 8}" y2="${y(0)}"/>
<text x="${LEFT - 6}" y="${y(most) + 4}" text-anchor="end">${round(most)}</text><text x="${LEFT - 6}" y="${y(0) + 4}" text-anchor="end">0</text>
<text x="${WIDTH - 8}" y="${HEIGHT - 6}" text-anchor="end">${Math.round(last)} s</text>
${series.map(({ points }, i) => html`<polyline class="line line-${i % 4}" points="${points.map(({ at, value }) => `${x(at)},${y(value)}`).join(" ")}"/>`)}
</svg><figcaption>${what === "connections" ? "Connections of each server" : "Requests a second at each server"}: ${series.map(({ name }, i) => html`<span class="legend line-${i % 4}">${name}</span> `)}</figcaption></figure>`;
}

const rates = (points: ServerSeries["points"]): readonly { readonly at: number; readonly value: number }[] =>
  points.slice(1).map((point, i) => {
    const before = points[i] ?? point;
    return {
      at: point.at,
      value: Math.max(0, (point.requests - before.requests) / Math.max(0.001, point.at - before.at)),
    };
  });

const round = (value: number): number => Math.round(value * 10) / 10;

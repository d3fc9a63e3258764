import { type Html, html } from "../html/markup.ts";
import type { Layout, Place } from "./comparison.ts";

const WIDTH = 720;
const ROW = 58;
const BOX = { width: 188, height: 42 } as const;

/** Who connects to whom: hosts in columns, a line for each way that a connection may take. */
export function layoutDrawing(layout: Layout): Html {
  const columns = [layout.clients, layout.nodes, layout.servers].filter((column) => column.length > 0);
  const height = Math.max(...columns.map(({ length }) => length)) * ROW + 12;
  const x = (column: number): number =>
    columns.length < 2 ? 8 : 8 + (column * (WIDTH - BOX.width - 16)) / (columns.length - 1);
  const y = (column: number, row: number): number =>
    height / 2 + (row - ((columns[column]?.length ?? 1) - 1) / 2) * ROW;
  const kind = (column: number): string =>
    column === 0 ? "client" : column === columns.length - 1 ? "server" : "middle";
  return html`<svg class="layout" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${columns.map((column) => column.map(({ name }) => name).join(", ")).join(" to ")}">
${columns
  .slice(1)
  .map((column, c) =>
    (columns[c] ?? []).map((_, from) =>
      column.map(
        (_, to) =>
          html`<line class="way" x1="${x(c) + BOX.width}" y1="${y(c, from)}" x2="${x(c + 1)}" y2="${y(c + 1, to)}"/>`,
      ),
    ),
  )}
${columns.map((column, c) => column.map((place, row) => box(place, kind(c), { x: x(c), y: y(c, row) - BOX.height / 2 })))}
</svg>`;
}

const box = ({ name, address }: Place, kind: string, at: { readonly x: number; readonly y: number }): Html =>
  html`<g class="host ${kind}"><rect x="${at.x}" y="${at.y}" width="${BOX.width}" height="${BOX.height}" rx="8"/><text x="${at.x + BOX.width / 2}" y="${at.y + 18}" text-anchor="middle" class="host-name">${short(name)}</text><text x="${at.x + BOX.width / 2}" y="${at.y + 34}" text-anchor="middle">${address}</text></g>`;

const short = (given: string): string => {
  const name = given.replace(/^client-/, "");
  return name.length > 24 ? `${name.slice(0, 23)}…` : name;
};

import type { Incident, TableEntry, TableMoment } from "../../incident/explanation.ts";
import { instantForPeople } from "../verdict.ts";
import { type Html, html } from "./markup.ts";
import { chip, endpointText, type Sheet } from "./sheet.ts";

/** Both ends' connection tables before and after the loss, side by side. */
export function connectionTables(sheet: Sheet, incident: Incident): Html | undefined {
  const moments = incident.tables ?? [];
  if (moments.length === 0) return undefined;
  return html`
<p class="aside">Worked out from the packets, nobody looked into the kernels. An entry marked <em>inferred</em> has no capture taken at that end: addresses there are those seen elsewhere. Only connections of this incident are listed.</p>
<div class="moments">${moments.map((moment, i) => momentOf(sheet, moment, moments.slice(0, i)))}</div>`;
}

const TITLES: Readonly<Record<TableMoment["kind"], string>> = {
  before: "Before",
  between: "While the ends disagreed",
  after: "After",
};

function momentOf(sheet: Sheet, moment: TableMoment, earlier: readonly TableMoment[]): Html {
  const disputed = disputedIn(moment);
  return html`
<section class="moment"><h4>${TITLES[moment.kind]} <time>${instantForPeople(moment.at)}</time></h4>
<div class="ends">${(["client", "server"] as const).map(
    (side) =>
      html`<table class="${side}"><caption>${side}’s table</caption><thead><tr><th>local</th><th>remote</th><th>state</th></tr></thead><tbody>${rows(
        sheet,
        moment[side],
        earlier.flatMap((m) => m[side]),
        disputed,
      )}</tbody></table>`,
  )}</div>${disputed.size > 0 && html`<p class="half-open">Half-open: one end still believes in a connection that the other no longer has.</p>`}</section>`;
}

/** Connections that one end holds for open and the other has not. */
function disputedIn({ client, server }: TableMoment): ReadonlySet<number> {
  const disputed = client.filter((one) => {
    const other = server.find((entry) => entry.connection === one.connection);
    const states = [one.state, other?.state];
    return (
      states.includes("CLOSED") &&
      states.some((state) => state === "ESTABLISHED" || state === "CLOSE-WAIT" || state === "FIN-WAIT")
    );
  });
  return new Set(disputed.map((entry) => entry.connection));
}

function rows(
  sheet: Sheet,
  entries: readonly TableEntry[],
  earlier: readonly TableEntry[],
  disputed: ReadonlySet<number>,
): Html[] {
  const held = (entry: TableEntry): boolean =>
    earlier.some((other) => other.connection === entry.connection && other.state !== "CLOSED");
  const shown = entries.filter((entry) => entry.state !== "CLOSED" || held(entry));
  if (shown.length === 0) return [html`<tr class="empty"><td colspan="3">no entry</td></tr>`];
  return shown.map((entry) => {
    const gone = entry.state === "CLOSED";
    const class_ = gone ? "gone" : disputed.has(entry.connection) ? "doubted" : "held";
    const source = entry.seenIn === undefined ? html`<em>inferred</em>` : chip(sheet, entry.seenIn);
    return html`<tr class="${class_}"><td>${endpointText(entry.local)}</td><td>${endpointText(entry.remote)}</td><td><span class="state">${gone ? "gone" : entry.state}</span> ${source}</td></tr>`;
  });
}

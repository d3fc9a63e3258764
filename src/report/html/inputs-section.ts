import type { InputReport, Note } from "../../incident/explanation.ts";
import { printSpan } from "../../net/time.ts";
import { notesTold } from "../notes-told.ts";
import { clockOf, kindOf, placeOf } from "../text-inputs.ts";
import { count, grouped, instantForPeople } from "../verdict.ts";
import { type Html, html } from "./markup.ts";
import { chip, type Sheet } from "./sheet.ts";

const MOST_INPUTS = 200;

/** What was read, what could not be, and how the clocks differ. */
export function inputsSection(sheet: Sheet): Html {
  const { inputs, totals } = sheet.explanation;
  const left = inputs.length - MOST_INPUTS;
  const aside =
    totals.leftAside > 0
      ? ` ${count(totals.leftAside, "suspect flow")} left aside: give fewer or shorter captures to see these too.`
      : "";
  const claims =
    totals.claimsAside === undefined
      ? ""
      : ` ${count(totals.claimsAside, "claim")} of logs not weighed: give logs of a shorter time to see these too.`;
  return html`
<section class="part inputs" id="inputs"><h2>What was read</h2>
<p>${count(totals.packets, "packet")}, ${grouped(totals.tcpPackets)} of them TCP; ${count(totals.flows, "flow")}, ${grouped(totals.closely)} looked at closely.${aside}${claims}</p>
<ul class="files">${inputs.slice(0, MOST_INPUTS).map((input) => inputItem(sheet, input))}</ul>
${left > 0 && html`<p class="more">And ${count(left, "more file")}.</p>`}</section>`;
}

/** Harmless stories that were looked into; nothing without any. */
export function notesSection(notes: readonly Note[]): Html | undefined {
  if (notes.length === 0) return undefined;
  const { told, more } = notesTold(notes);
  return html`
<section class="part" id="notes"><h2>Harmless, looked into</h2><dl class="not">${told.map(
    (note) =>
      html`<div><dt>${note.kind}</dt><dd>${note.summary}${note.count > 1 && ` (${count(note.count, "time")})`}</dd></div>`,
  )}${more.map(
    ({ kind, count: further }) =>
      html`<div><dt>${kind}</dt><dd>and ${grouped(further)} more of this kind; the JSON document lists them</dd></div>`,
  )}</dl></section>`;
}

function inputItem(sheet: Sheet, input: InputReport): Html {
  const facts = [
    kindOf(input),
    ...(input.entries === undefined ? [] : [count(input.entries, "line")]),
    ...(input.packets === undefined ? [] : [count(input.packets, "packet")]),
    ...(input.flows === undefined ? [] : [count(input.flows, "flow")]),
    ...(input.vantage === undefined ? [] : [placeOf(input.vantage)]),
    ...(input.from === undefined || input.to === undefined || input.packets === 0
      ? []
      : [`from ${instantForPeople(input.from)} on, ${printSpan(Number(input.to - input.from))}`]),
    ...(input.clock === undefined ? [] : [clockOf(input.clock, sheet.nameOf)]),
    ...(input.assumed === undefined ? [] : [input.assumed]),
  ];
  return html`<li>${chip(sheet, input.file)} <span>${facts.join(" · ")}</span>${input.problems.map(
    ({ message, count: times }) => html`<p class="problem">${message}${times > 1 && ` (${grouped(times)}×)`}</p>`,
  )}</li>`;
}

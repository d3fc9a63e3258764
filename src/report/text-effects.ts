import type { Effect, Incident, InputReport } from "../incident/explanation.ts";
import { printable } from "../net/printable.ts";
import { printSpan } from "../net/time.ts";
import { onOneClock } from "./ladder.ts";
import { columns, padEnd } from "./lines.ts";
import { heading, type Page, paragraph } from "./page.ts";
import { referenceOf } from "./reference.ts";
import { storiesOf } from "./stories.ts";
import { count } from "./verdict.ts";

/** Symptoms told in full on a terminal. */
const MOST_EFFECTS = 10;

/** What followed from a loss, as logs tell it: when, where, the line, and how it is known to belong here. */
export function renderEffects(page: Page, incident: Incident): string[] {
  const effects = incident.effects ?? [];
  if (effects.length === 0) return [];
  const zero = zeroOf(incident, page.explanation.inputs);
  const lines = ["", heading(page, "What followed, as the logs tell")];
  const shown = effects.slice(0, MOST_EFFECTS);
  const column = Math.max(...shown.map(({ symptom }) => columns(symptom))) + 2;
  const times = shown.map(({ evidence }) => signed(evidence.at - zero));
  const left = Math.max(...times.map(columns)) + 2;
  for (const [i, effect] of shown.entries()) {
    const { symptom, evidence, because } = effect;
    const reference = `${printable(page.nameOf(evidence.file))}${referenceOf(evidence)}`;
    const indent = 2 + left + column;
    const [first = "", ...rest] = paragraph(page, `${reference}\u00a0 ${evidence.shows}`, indent);
    const told = first.slice(indent);
    const head = told.startsWith(reference) ? page.palette.mark(reference) + told.slice(reference.length) : told;
    lines.push(`  ${padEnd(times[i] ?? "", left)}${padEnd(symptom, column)}${head}`, ...rest);
    lines.push(...paragraph(page, `${because}${moreLines(effect, zero)}`, indent).map(page.palette.dim));
  }
  const more = effects.length - shown.length;
  if (more > 0) lines.push(`  and ${count(more, "more line")}: --format json lists them all`);
  return lines;
}

/** `; 3 more such lines until +45.1 s` */
export function moreLines({ more, until }: Effect, zero: bigint): string {
  if (more === undefined || until === undefined) return "";
  return `; ${count(more, "more such line")} until ${signed(until - zero)}`;
}

const signed = (span: bigint): string => `${span < 0n ? "−" : "+"}${printSpan(Math.abs(Number(span)))}`;

/** The instant that a story counts from: its first packet or line, on the common clock. */
export function zeroOf(incident: Incident, inputs: readonly InputReport[]): bigint {
  const [story = []] = storiesOf(incident);
  const [first] = story;
  return first === undefined ? incident.at : onOneClock(first, inputs);
}

/** `lost-ping 45.0 s later`, for a table or a sentence. */
export function laterThan(effect: Effect, zero: bigint): string {
  const after = Number(effect.evidence.at - zero);
  return after < 0 ? `${printSpan(-after)} before` : `${printSpan(after)} later`;
}

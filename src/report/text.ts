import type { Explanation, Note } from "../incident/explanation.ts";
import { printable } from "../net/printable.ts";
import { columns, wrap } from "./lines.ts";
import { notesTold } from "./notes-told.ts";
import { heading, labelled, type Page, paragraph } from "./page.ts";
import { paletteOf } from "./palette.ts";
import { shortNames, withShortNames } from "./short-names.ts";
import { renderIncident, renderOthers } from "./text-incident.ts";
import { renderInputs } from "./text-inputs.ts";
import {
  causeOf,
  count,
  grouped,
  groupIncidents,
  groupLine,
  type IncidentGroup,
  verdictOf,
  worthALine,
} from "./verdict.ts";

/** How a terminal report is printed. */
export interface TextOptions {
  /** Columns of the terminal; narrower than 72 is taken for 72, wider than 120 for 120. */
  readonly width: number;
  readonly colour: boolean;
}

/** Groups shown with their whole story; the rest is summed up. */
const WHOLE_GROUPS = 3;

/** The explanation for a terminal: the verdict, the story with its packets, the rest. Ends with a newline. */
export function renderText(explanation: Explanation, options: TextOptions): string {
  const page = pageOf(explanation, options);
  const groups = groupIncidents(page.explanation.incidents);
  const lines = [...headline(page, groups)];
  groups.forEach((group, i) => {
    lines.push("", ...renderGroup(page, group, { place: i, of: groups.length }));
  });
  if (explanation.notes.length > 0) lines.push("", ...renderNotes(page, page.explanation.notes));
  lines.push("", ...renderInputs(page));
  return `${lines.join("\n")}\n`;
}

/** Only the verdict: a line, or one a way in which connections were lost. */
export function renderVerdict(explanation: Explanation, options: TextOptions): string {
  const groups = groupIncidents(explanation.incidents);
  return `${headline(pageOf(explanation, options), groups).join("\n")}\n`;
}

function pageOf(explanation: Explanation, options: TextOptions): Page {
  return {
    explanation: withShortNames(explanation),
    width: Math.min(120, Math.max(72, options.width)),
    palette: paletteOf(options.colour),
    nameOf: shortNames(explanation.inputs.map((input) => input.file)),
  };
}

function headline(page: Page, groups: readonly IncidentGroup[]): string[] {
  const { palette } = page;
  const verdict = verdictOf(page.explanation);
  const badge = {
    lost: palette.badBadge,
    undecided: palette.warnBadge,
    "nothing-lost": palette.goodBadge,
    "nothing-seen": palette.warnBadge,
  }[verdict.kind](` ${verdict.badge} `);
  const indent = columns(verdict.badge) + 4;
  const [line = "", ...rest] = wrap(printable(verdict.line), page.width - indent);
  const lines = [`${badge}  ${palette.strong(line)}`, ...rest.map((more) => " ".repeat(indent) + palette.strong(more))];
  if (groups.length > 1) {
    for (const group of worthALine(groups)) lines.push(...paragraph(page, groupLine(group), indent));
  }
  return lines;
}

function renderGroup(page: Page, group: IncidentGroup, at: { readonly place: number; readonly of: number }): string[] {
  const title = at.of > 1 ? [heading(page, `${at.place + 1} of ${at.of}  ${causeOf(group.first)}`), ""] : [];
  const whole = at.place < WHOLE_GROUPS ? "whole" : "brief";
  const lines = [...title, ...renderIncident(page, group.first, whole)];
  if (group.others.length > 0) lines.push("", ...renderOthers(page, group.others));
  return lines;
}

function renderNotes(page: Page, notes: readonly Note[]): string[] {
  const lines = [heading(page, "Harmless, looked into")];
  const { told, more } = notesTold(notes);
  for (const note of told) {
    const times = note.count > 1 ? ` (${count(note.count, "time")})` : "";
    lines.push(...labelled(page, note.kind, `${note.summary}${times}`, 20));
  }
  for (const { kind, count: left } of more)
    lines.push(...labelled(page, kind, `and ${grouped(left)} more of this kind: --format json lists them`, 20));
  return lines;
}

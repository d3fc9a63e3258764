import type { EvidenceReport, Incident } from "../incident/explanation.ts";
import { printEndpoint } from "../net/endpoint.ts";
import { printable } from "../net/printable.ts";
import { drawLadder } from "./ladder.ts";
import { columns, padEnd } from "./lines.ts";
import { heading, labelled, type Page, paragraph } from "./page.ts";
import { referenceOf } from "./reference.ts";
import { storiesOf } from "./stories.ts";
import { renderEffects } from "./text-effects.ts";
import {
  causeOf,
  connectionOf,
  count,
  culprit,
  endsText,
  grouped,
  instantForPeople,
  isDecided,
  promiseOf,
  proofTitle,
  whenOf,
} from "./verdict.ts";

/** One line is enough for each of the others of a group, up to this many. */
const MOST_OTHERS = 12;
const MOST_CONNECTIONS = 6;
/** Rungs of a ladder: a longer one is cut, since nobody reads it. */
const MOST_PACKETS = 16;

/** One incident: `whole` with its story and proof, `brief` with what happened and what to do. */
export function renderIncident(page: Page, incident: Incident, length: "whole" | "brief"): string[] {
  const lines = [...paragraph(page, incident.summary), "", ...facts(page, incident)];
  const [story = [], ...further] = storiesOf(incident);
  const proved = isDecided(incident) && incident.confidence !== "possible";
  if (length === "whole")
    lines.push(...proof(page, proofTitle(story, proved), story), ...renderEffects(page, incident));
  if (further.length > 0 || incident.moreLosses !== undefined)
    lines.push("", ...furtherStories(page, further, incident.moreLosses));
  if (length === "whole" && incident.ruledOut.length > 0) {
    lines.push("", heading(page, "What it is not"));
    const column = Math.min(26, Math.max(...incident.ruledOut.map((other) => columns(other.cause))) + 2);
    for (const other of incident.ruledOut) lines.push(...labelled(page, other.cause, other.because, column));
  }
  lines.push("", heading(page, "What to do"));
  lines.push(...labelled(page, "remedy", incident.remedy, 14));
  if (incident.next !== undefined) lines.push(...labelled(page, "capture next", incident.next, 14));
  if (length === "whole") lines.push(...labelled(page, "refuted if", incident.refutedBy, 14));
  return [...lines, "", ...filters(page, incident)];
}

/** The other incidents of a group, one line each. */
export function renderOthers(page: Page, others: readonly Incident[]): string[] {
  return oneLineEach(
    page,
    others.map((other) => ({ at: other.at, connection: connectionOf(other), evidence: other.evidence[0] })),
    others.reduce((sum, { moreLosses = 0 }) => sum + moreLosses, 0),
  );
}

function furtherStories(page: Page, stories: readonly (readonly EvidenceReport[])[], beyond = 0): string[] {
  const told = stories.flatMap(([evidence]) => (evidence === undefined ? [] : [evidence]));
  return oneLineEach(
    page,
    told.map((evidence) => ({ at: evidence.at, connection: connectionIn(evidence), evidence })),
    beyond,
  );
}

interface OneLine {
  readonly at: bigint;
  readonly connection: string;
  readonly evidence: EvidenceReport | undefined;
}

/** `beyond`: as many more are only counted. */
function oneLineEach(page: Page, entries: readonly OneLine[], beyond: number): string[] {
  const lines = [heading(page, `The same ${count(entries.length + beyond, "more time")}`)];
  const shown = entries.slice(0, MOST_OTHERS);
  const column = Math.max(...shown.map(({ connection }) => columns(printable(connection))));
  for (const { at, connection, evidence } of shown) {
    const packet = evidence === undefined ? "" : `${printable(page.nameOf(evidence.file))}${referenceOf(evidence)}`;
    lines.push(
      `  ${instantForPeople(at)}  ${padEnd(printable(connection), column)}  ${page.palette.mark(packet)}`.trimEnd(),
    );
  }
  const left = entries.length - MOST_OTHERS;
  if (left > 0) lines.push(`  and ${left} more: --format json lists them all`);
  if (beyond > 0) lines.push(`  and ${grouped(beyond)} more, counted and not told one by one`);
  return lines;
}

function connectionIn({ segment }: EvidenceReport): string {
  if (segment === undefined) return "";
  const ends = [printEndpoint(segment.from), printEndpoint(segment.to)];
  return (segment.fromClient ? ends : ends.reverse()).join(" → ");
}

function proof(page: Page, title: string, story: readonly EvidenceReport[]): string[] {
  const [first] = story;
  if (first === undefined) return [];
  const lines = ["", heading(page, `${title}, from ${instantForPeople(first.at)} on`)];
  lines.push(...drawLadder(story.slice(0, MOST_PACKETS), { ...page, inputs: page.explanation.inputs }));
  const left = story.length - MOST_PACKETS;
  if (left > 0) lines.push(`  and ${left} more: --format json lists them all`);
  return lines;
}

function facts(page: Page, incident: Incident): string[] {
  const lines = labelled(page, "cause", isDecided(incident) ? causeOf(incident) : "not decided by this evidence");
  lines.push(...labelled(page, "mechanism", incident.title));
  if (isDecided(incident)) {
    const who = culprit(incident).replace(/\)$/, `: ${promiseOf(incident)})`);
    lines.push(...labelled(page, "ended", who));
  }
  lines.push(...labelled(page, "when", whenOf(incident)));
  if (incident.symptoms.length > 0) lines.push(...labelled(page, "symptoms", incident.symptoms.join(", ")));
  incident.connections.slice(0, MOST_CONNECTIONS).forEach((connection, i) => {
    const streams = Object.entries(connection.streams).map(
      ([file, stream]) => `${page.nameOf(file)}\u00a0tcp.stream\u00a0${stream}`,
    );
    const label = i > 0 ? "" : incident.connections.length > 1 ? "connections" : "connection";
    lines.push(
      ...labelled(page, label, `${endsText(connection)}${streams.length === 0 ? "" : `  (${streams.join(", ")})`}`),
    );
  });
  const left = Math.max(0, incident.connections.length - MOST_CONNECTIONS) + (incident.moreConnections ?? 0);
  if (left > 0) lines.push(...labelled(page, "", `and ${count(left, "more connection")}`));
  if (incident.inferred !== undefined && incident.inferred.length > 0) {
    lines.push(...labelled(page, "inferred", incident.inferred.join("; ")));
  }
  return lines;
}

/** A filter stays on one line however long it is: it is there to be copied. */
function filters(page: Page, incident: Incident): string[] {
  const entries = Object.entries(incident.filters);
  if (entries.length === 0) return [];
  const names = entries.map(([file]) => printable(page.nameOf(file)));
  const column = Math.max(...names.map(columns)) + 2;
  return [
    heading(page, "Wireshark display filters"),
    ...entries.map(([, filter], i) => `  ${page.palette.dim(padEnd(names[i] ?? "", column))}${printable(filter)}`),
  ];
}

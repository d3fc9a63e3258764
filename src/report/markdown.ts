import type { EvidenceReport, Explanation, Incident, InputReport } from "../incident/explanation.ts";
import { printEndpoint } from "../net/endpoint.ts";
import { printSpan } from "../net/time.ts";
import { onOneClock } from "./ladder.ts";
import { codeBlock, codeSpan, escapeText, inCell } from "./markdown-text.ts";
import { notesTold } from "./notes-told.ts";
import { referenceOf } from "./reference.ts";
import { shortNames, withShortNames } from "./short-names.ts";
import { splitCommand } from "./split-command.ts";
import { storiesOf } from "./stories.ts";
import { laterThan, moreLines, zeroOf } from "./text-effects.ts";
import { clockOf, kindOf, placeOf } from "./text-inputs.ts";
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
  verdictOf,
  whenOf,
} from "./verdict.ts";

const MOST_INCIDENTS = 20;
const MOST_PACKETS = 40;

/** The explanation as Markdown for a ticket (GitHub's dialect: tables and code spans). Ends with a newline. */
export function renderMarkdown(whole: Explanation): string {
  const explanation = withShortNames(whole);
  const nameOf = shortNames(explanation.inputs.map((input) => input.file));
  const verdict = verdictOf(explanation);
  const blocks = [`## ${verdict.badge}: ${escapeText(verdict.line)}`];
  for (const incident of explanation.incidents.slice(0, MOST_INCIDENTS)) {
    blocks.push(...incidentBlocks(incident, explanation, nameOf));
  }
  const left = explanation.incidents.length - MOST_INCIDENTS;
  if (left > 0) blocks.push(`And ${count(left, "more incident")}, listed in full by \`--format json\`.`);
  if (explanation.notes.length > 0) {
    const { told, more } = notesTold(explanation.notes);
    const items = told.map((note) => `- ${codeSpan(note.kind)}: ${escapeText(note.summary)}`);
    const rest = more.map(
      ({ kind, count: further }) =>
        `- ${codeSpan(kind)}: and ${grouped(further)} more of this kind, listed in full by \`--format json\``,
    );
    blocks.push("### Harmless, looked into", [...items, ...rest].join("\n"));
  }
  blocks.push("### What was read", explanation.inputs.map((input) => inputItem(input, nameOf)).join("\n"));
  return `${blocks.join("\n\n")}\n`;
}

function incidentBlocks(incident: Incident, explanation: Explanation, nameOf: (file: string) => string): string[] {
  const several = explanation.incidents.length > 1;
  const cause = isDecided(incident) ? causeOf(incident) : "cause not decided";
  const blocks = several ? [`### ${escapeText(`${cause}: ${connectionOf(incident)}, ${culprit(incident)}`)}`] : [];
  blocks.push(escapeText(incident.summary), facts(incident, nameOf));
  const [story = []] = storiesOf(incident);
  if (story.length > 0) blocks.push(evidenceTable(story.slice(0, MOST_PACKETS), explanation.inputs, nameOf));
  if (incident.effects !== undefined) blocks.push(...effectBlocks(incident, explanation.inputs, nameOf));
  if (incident.ruledOut.length > 0) {
    const others = incident.ruledOut.map((other) => `- ${codeSpan(other.cause)}: ${escapeText(other.because)}`);
    blocks.push("**What it is not**", others.join("\n"));
  }
  blocks.push(`**Remedy.** ${escapeText(incident.remedy)}`);
  if (incident.next !== undefined) blocks.push(...captureNext(incident.next));
  blocks.push(`**Refuted if.** ${escapeText(incident.refutedBy)}`);
  const filters = Object.entries(incident.filters).map(
    ([file, filter]) => `- ${codeSpan(nameOf(file))}: ${codeSpan(filter)}`,
  );
  if (filters.length > 0) blocks.push("**Wireshark display filters**", filters.join("\n"));
  return blocks;
}

function effectBlocks(incident: Incident, inputs: readonly InputReport[], nameOf: (file: string) => string): string[] {
  const zero = zeroOf(incident, inputs);
  const rows = (incident.effects ?? []).slice(0, MOST_PACKETS).map((effect) => {
    const { symptom, evidence, because } = effect;
    const where = inCell(codeSpan(`${nameOf(evidence.file)}${referenceOf(evidence)}`));
    return `| ${laterThan(effect, zero)} | ${symptom} | ${where} | ${escapeText(evidence.shows)} | ${escapeText(`${because}${moreLines(effect, zero)}`)} |`;
  });
  return [
    "**What followed, as the logs tell**",
    ["| when | symptom | line | says | linked because it |", "| ---: | --- | --- | --- | --- |", ...rows].join("\n"),
  ];
}

function captureNext(next: string): string[] {
  const { text, command } = splitCommand(next);
  const paragraph = `**Capture next.** ${escapeText(text)}`;
  return command === undefined ? [paragraph] : [paragraph, codeBlock(command)];
}

function facts(incident: Incident, nameOf: (file: string) => string): string {
  const lines = [`- cause: ${isDecided(incident) ? codeSpan(causeOf(incident)) : "not decided by this evidence"}`];
  lines.push(`- mechanism: ${escapeText(incident.title)}`);
  if (isDecided(incident)) lines.push(`- confidence: ${incident.confidence} (${promiseOf(incident)})`);
  lines.push(`- when: ${whenOf(incident)}`);
  for (const connection of incident.connections.slice(0, MOST_INCIDENTS)) {
    const where = Object.entries(connection.streams).map(
      ([file, stream]) => `${codeSpan(nameOf(file))} tcp.stream ${stream}`,
    );
    lines.push(`- connection: ${codeSpan(endsText(connection))}${where.length === 0 ? "" : ` (${where.join(", ")})`}`);
  }
  const left = Math.max(0, incident.connections.length - MOST_INCIDENTS) + (incident.moreConnections ?? 0);
  if (left > 0) lines.push(`- and ${count(left, "more connection")}`);
  for (const inferred of incident.inferred ?? []) lines.push(`- inferred: ${escapeText(inferred)}`);
  return lines.join("\n");
}

function evidenceTable(
  story: readonly EvidenceReport[],
  inputs: readonly InputReport[],
  nameOf: (file: string) => string,
): string {
  const first = story[0] as EvidenceReport;
  const start = onOneClock(first, inputs);
  const rows = story.map((item) => {
    const seconds = (Number(onOneClock(item, inputs) - start) / 1e9).toFixed(6);
    return `| ${seconds} | ${inCell(codeSpan(`${nameOf(item.file)}${referenceOf(item)}`))} | ${packetCell(item)} | ${escapeText(item.shows)} |`;
  });
  return [
    `Seconds from ${instantForPeople(first.at)} on:`,
    "",
    "| seconds | evidence | sent | shows |",
    "| ---: | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function packetCell({ segment }: EvidenceReport): string {
  if (segment === undefined) return "";
  const ack = segment.flags.includes("ACK") ? ` ack ${segment.ack}` : "";
  const length = segment.length > 0 ? ` len ${segment.length}` : "";
  const server = printEndpoint(segment.fromClient ? segment.to : segment.from);
  const way = segment.fromClient ? `client → ${server}` : `${server} → client`;
  return `${way}: ${escapeText(segment.flags)} seq ${segment.seq}${ack}${length}`;
}

function inputItem(input: InputReport, nameOf: (file: string) => string): string {
  const facts: string[] = [kindOf(input)];
  if (input.entries !== undefined) facts.push(count(input.entries, "line"));
  if (input.packets !== undefined) facts.push(count(input.packets, "packet"));
  if (input.vantage !== undefined) facts.push(placeOf(input.vantage));
  if (input.from !== undefined && input.to !== undefined) {
    facts.push(`${instantForPeople(input.from)} and ${printSpan(Number(input.to - input.from))}`);
  }
  if (input.clock !== undefined) facts.push(clockOf(input.clock, nameOf));
  if (input.assumed !== undefined) facts.push(input.assumed);
  facts.push(...input.problems.map((problem) => problem.message));
  return `- ${codeSpan(nameOf(input.file))}: ${escapeText(facts.join("; "))}`;
}

import type { EvidenceReport, Incident } from "../../incident/explanation.ts";
import { printEndpoint } from "../../net/endpoint.ts";
import { referenceOf } from "../reference.ts";
import { splitCommand } from "../split-command.ts";
import { storiesOf } from "../stories.ts";
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
} from "../verdict.ts";
import { connectionTables } from "./connection-tables.ts";
import { effectList } from "./effect-list.ts";
import { type Content, type Html, html } from "./markup.ts";
import { linked, type Proof, proofOf, stepLinks } from "./proof.ts";
import { sequence } from "./sequence.ts";
import { chip, codeBox, keyOf, part, type Sheet } from "./sheet.ts";
import { timeline } from "./timeline.ts";

/** Lines in a list of losses alike, and connections named. */
const MOST_ALIKE = 200;
const MOST_CONNECTIONS = 12;

/** One incident whole; `others` are told in a line each. */
export function incidentSection(sheet: Sheet, incident: Incident, others: readonly Incident[]): Html {
  const proof = proofOf(sheet, incident);
  const decided = isDecided(incident);
  return html`
<article class="incident" id="${keyOf(incident)}">
<h2>${decided ? causeOf(incident) : "cause not decided"}</h2>
<div class="lead">${paragraphs(sheet, proof, incident.summary)}</div>
${blame(sheet, incident)}
${facts(sheet, incident, proof)}
${part("On one clock", timeline(sheet, incident, proof))}
${part(
  proofTitle(
    proof.steps.map((step) => step.item),
    decided,
  ),
  sequence(sheet, proof),
)}
${part("What followed, as the logs tell", effectList(sheet, incident, proof))}
${part("Connection tables of both ends", connectionTables(sheet, incident))}
${part("The same, more times", alike(sheet, incident, others))}
${part("What it is not", ruledOut(sheet, incident, proof))}
${part("What to do", remedy(sheet, incident, proof))}
${part("Wireshark display filters", filters(sheet, incident))}
</article>`;
}

function paragraphs(sheet: Sheet, proof: Proof, text: string): Content {
  return text.split("\n").map((line) => html`<p>${linked(sheet, proof, line)}</p>`);
}

const ENDS = ["client", "balancer", "server"] as const;

/** Client and server in a row, with a balancer where one is known of; who ended the connection stands out. */
function blame({ explanation }: Sheet, incident: Incident): Html | undefined {
  if (!isDecided(incident)) return undefined;
  const between = incident.initiator === "balancer" || explanation.inputs.some((input) => input.vantage === "middle");
  const dots = { certain: 3, likely: 2, possible: 1 }[incident.confidence];
  const path = ENDS.filter((end) => end !== "balancer" || between).map((end) => {
    const did = incident.initiator === end;
    return html`<li class="${end === "balancer" ? "middle" : end}${did && " did"}">${end}${did && html`<b>ended it</b>`}</li>`;
  });
  return html`<div class="blame"><ol class="path" aria-label="Ended ${culprit(incident)}">${path}</ol><p class="confidence"><span class="dots" aria-hidden="true">${[1, 2, 3].map((dot) => html`<i class="${dot <= dots ? "on" : "off"}"></i>`)}</span><strong>${incident.confidence}</strong> ${incident.initiator === "unknown" && "by whom is not seen; "}${promiseOf(incident)}</p></div>`;
}

function facts(sheet: Sheet, incident: Incident, proof: Proof): Html {
  const fact = (name: string, value: Content): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  const { connections, moreConnections = 0, inferred = [] } = incident;
  const left = Math.max(0, connections.length - MOST_CONNECTIONS) + moreConnections;
  const named = connections.slice(0, MOST_CONNECTIONS).map((connection) => {
    const where = Object.entries(connection.streams).map(
      ([file, stream]) => html`<span class="where">${sheet.nameOf(file)} tcp.stream ${stream}</span> `,
    );
    return html`<li><span class="tuple">${endsText(connection)}</span> ${where}</li>`;
  });
  return html`<dl class="facts">
${fact("mechanism", incident.title)}
${fact("when", html`<time>${whenOf(incident)}</time>`)}
${incident.symptoms.length > 0 && fact(incident.symptoms.length > 1 ? "symptoms" : "symptom", incident.symptoms.join(", "))}
${fact(connections.length > 1 ? "connections" : "connection", html`<ul>${named}${left > 0 && html`<li>and ${count(left, "more connection")}</li>`}</ul>`)}
${proof.steps.length > 0 && fact("proof", stepLinks(proof))}
${inferred.length > 0 && fact("inferred", html`<ul>${inferred.map((each) => html`<li>${linked(sheet, proof, each)}</li>`)}</ul>`)}
</dl>`;
}

function alike(sheet: Sheet, incident: Incident, others: readonly Incident[]): Html | undefined {
  const [, ...further] = storiesOf(incident);
  const rows = [
    ...further.flatMap(([first]) =>
      first === undefined ? [] : [{ at: first.at, connection: connectionIn(first), first }],
    ),
    ...others.map((other) => ({ at: other.at, connection: connectionOf(other), first: other.evidence[0] })),
  ];
  const beyond = [incident, ...others].reduce((sum, { moreLosses = 0 }) => sum + moreLosses, 0);
  if (rows.length + beyond === 0) return undefined;
  const left = rows.length - MOST_ALIKE;
  return html`<table class="alike"><thead><tr><th>when</th><th>connection</th><th>first shown by</th></tr></thead><tbody>${rows
    .slice(0, MOST_ALIKE)
    .map(
      ({ at, connection, first }) =>
        html`<tr><td><time>${instantForPeople(at)}</time></td><td class="tuple">${connection}</td><td>${first !== undefined && [chip(sheet, first.file), ` ${referenceOf(first)}`]}</td></tr>`,
    )}</tbody></table>${left > 0 && html`<p class="more">And ${left} more: the JSON form lists them all.</p>`}${beyond > 0 && html`<p class="more">And ${grouped(beyond)} more, counted and not told one by one.</p>`}`;
}

function connectionIn({ segment }: EvidenceReport): string {
  if (segment === undefined) return "";
  const ends = [printEndpoint(segment.from), printEndpoint(segment.to)];
  return (segment.fromClient ? ends : ends.reverse()).join(" → ");
}

function ruledOut(sheet: Sheet, { ruledOut: others }: Incident, proof: Proof): Html | undefined {
  if (others.length === 0) return undefined;
  return html`<dl class="not">${others.map(({ cause, because }) => html`<div><dt>${cause}</dt><dd>${linked(sheet, proof, because)}</dd></div>`)}</dl>`;
}

function remedy(sheet: Sheet, incident: Incident, proof: Proof): Html {
  const next = incident.next === undefined ? undefined : splitCommand(incident.next);
  return html`<div class="remedy">${paragraphs(sheet, proof, incident.remedy)}</div>
${next !== undefined && html`<h4>Capture next</h4>${paragraphs(sheet, proof, next.text)}${next.command !== undefined && codeBox(next.command, "the command")}`}
<h4>This would refute it</h4>${paragraphs(sheet, proof, incident.refutedBy)}`;
}

function filters(sheet: Sheet, incident: Incident): Html | undefined {
  const entries = Object.entries(incident.filters);
  if (entries.length === 0) return undefined;
  return html`<dl class="filters">${entries.map(([file, filter]) => html`<div><dt>${chip(sheet, file)}</dt><dd>${codeBox(filter, `display filter for ${sheet.nameOf(file)}`)}</dd></div>`)}</dl>`;
}

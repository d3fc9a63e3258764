import { printSpan } from "../../net/time.ts";
import { referenceOf } from "../reference.ts";
import { count } from "../verdict.ts";
import { type Lifeline, type Lifelines, lifelinesOf } from "./lifelines.ts";
import { type Html, html } from "./markup.ts";
import { type Proof, type Step, seconds } from "./proof.ts";
import { chip, endpointText, roleOf, type Sheet } from "./sheet.ts";

/** The story's packets as a sequence diagram: a lifeline for each end, an arrow for each packet, beside it what it shows. */
export function sequence(sheet: Sheet, proof: Proof): Html | undefined {
  if (proof.steps.length === 0) return undefined;
  const lifelines = lifelinesOf(sheet, proof.steps);
  return html`
<div class="ladder">
<div class="rung heads" aria-hidden="true"><div class="time">seconds</div><div class="lines">${heads(lifelines)}</div><div class="shows"></div></div>
<ol>${proof.steps.map((step, i) => [pause(proof.steps[i - 1], step, lifelines), rung(sheet, proof, step, lifelines)])}</ol>
</div>
${proof.left > 0 && html`<p class="more">And ${count(proof.left, "more packet")}: the JSON form lists them all.</p>`}
<p class="key"><span><svg class="glyph" width="12" height="12" aria-hidden="true"><circle class="eye client" cx="6" cy="6" r="4"/></svg> where the packet was captured</span></p>`;
}

/** From this long on, the time between two packets is written between them: nanoseconds. */
const PAUSE = 1e9;
/** Pixels from an arrow's row top to the arrow. */
const ARROW = 26;

function heads({ all }: Lifelines): Html[] {
  return all.map(
    ({ role, title, name }) =>
      html`<div class="head ${role}"><span class="title">${title}</span><span class="name">${endpointText(name)}</span></div>`,
  );
}

function lines({ all }: Lifelines): Html[] {
  return all.map(({ at, role }) => html`<line class="life ${role}" x1="${at}%" x2="${at}%" y1="0" y2="100%"/>`);
}

function pause(previous: Step | undefined, step: Step, lifelines: Lifelines): Html | undefined {
  const length = previous === undefined ? 0 : Number(step.at - previous.at);
  if (length >= 0 && length < PAUSE) return undefined;
  return html`<li class="rung pause"><div class="time"></div><div class="lines"><svg width="100%" height="100%" aria-hidden="true">${lines(lifelines)}</svg></div><div class="shows"><span>${printSpan(Math.abs(length))} ${length < 0 ? "earlier" : "later"}</span></div></li>`;
}

function rung(sheet: Sheet, proof: Proof, step: Step, lifelines: Lifelines): Html {
  const { item, number, id, at } = step;
  return html`
<li class="rung" id="${id}"><div class="time"><span class="step">${number}</span> ${seconds(proof, at)}</div><div class="lines"><svg width="100%" height="100%" role="img" aria-label="${described(step)}">${lines(lifelines)}${arrow(sheet, step, lifelines)}</svg></div><div class="shows"><p>${item.shows}</p><p class="numbers">${chip(sheet, item.file)} <span>${referenceOf(item)}</span>${numbers(step)}</p></div></li>`;
}

function described({ item: { segment } }: Step): string {
  if (segment === undefined) return "not a packet of these connections";
  return `${segment.flags} from the ${segment.fromClient ? "client" : "server"}`;
}

function numbers({ item: { segment } }: Step): Html | undefined {
  if (segment === undefined) return undefined;
  const { flags, seq, ack, length, ttl, stream } = segment;
  return html` <span>tcp.stream ${stream}</span> <span>seq ${seq}</span>${flags.includes("ACK") && html` <span>ack ${ack}</span>`}${length > 0 && html` <span>len ${length}</span>`} <span>ttl ${ttl}</span>`;
}

/** The arrow, with the flags over it and a ring where it was captured. */
function arrow(sheet: Sheet, { item }: Step, lifelines: Lifelines): Html | undefined {
  const ends = lifelines.ends(item);
  if (ends === undefined || item.segment === undefined) return undefined;
  const [from, to] = ends;
  const { flags, length } = item.segment;
  const kind = flags.includes("RST") ? "rst" : flags.includes("SYN") ? "syn" : flags.includes("FIN") ? "fin" : "plain";
  const role = roleOf(sheet.explanation.inputs, item.file);
  const eye = eyeAt(role, from, to);
  // The head stops short of the ring.
  const tip = eye === to.at ? 5 : 1;
  const head = from.at < to.at ? `M-${tip},0 l-9,-4.5 v9 z` : `M${tip},0 l9,-4.5 v9 z`;
  return html`<g class="arrow ${kind}"><line x1="${from.at}%" x2="${to.at}%" y1="${ARROW}" y2="${ARROW}"/><svg x="${to.at}%" y="${ARROW}" overflow="visible"><path d="${head}"/></svg><circle class="eye ${role}" cx="${eye}%" cy="${ARROW}" r="4"/><text x="${(from.at + to.at) / 2}%" y="${ARROW - 7}" text-anchor="middle">${flags}${length > 0 && ` · ${length}`}</text></g>`;
}

function eyeAt(role: string, from: Lifeline, to: Lifeline): number {
  if (role === "client") return Math.min(from.at, to.at);
  return role === "server" ? Math.max(from.at, to.at) : (from.at + to.at) / 2;
}

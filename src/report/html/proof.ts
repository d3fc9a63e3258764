import type { EvidenceReport, Incident } from "../../incident/explanation.ts";
import type { Instant } from "../../net/time.ts";
import { onOneClock } from "../ladder.ts";
import { referenceOf } from "../reference.ts";
import { storiesOf } from "../stories.ts";
import { type Content, type Html, html } from "./markup.ts";
import { keyOf, type Sheet } from "./sheet.ts";

/** Packets drawn of one story. */
const MOST_STEPS = 60;

/** One packet of an incident's story, numbered in order of time on one clock. */
export interface Step {
  readonly item: EvidenceReport;
  readonly number: number;
  /** The anchor of its rung. */
  readonly id: string;
  /** On the clock of the first capture. */
  readonly at: Instant;
}

/** An incident's own story, ready to draw and to link to. */
export interface Proof {
  readonly steps: readonly Step[];
  /** Packets beyond those drawn. */
  readonly left: number;
  /** The first packet of the story: all times count from here. */
  readonly zero: Instant;
}

/** The packets of an incident's first story by time. */
export function proofOf(sheet: Sheet, incident: Incident): Proof {
  const [story = []] = storiesOf(incident);
  const { inputs } = sheet.explanation;
  const steps = story
    .slice(0, MOST_STEPS)
    .map((item) => ({ item, at: onOneClock(item, inputs) }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .map((step, i) => ({ ...step, number: i + 1, id: `${keyOf(incident)}-${i + 1}` }));
  return { steps, left: Math.max(0, story.length - MOST_STEPS), zero: steps[0]?.at ?? incident.at };
}

/** A sentence in which packets lead to their rungs: `client.pcap#41`, and `packet 41` where only one can be meant. */
export function linked(sheet: Sheet, proof: Proof, text: string): Content {
  const named = new Map(
    proof.steps.map((step) => [`${sheet.nameOf(step.item.file)}${referenceOf(step.item)}`, step.id]),
  );
  const numbered = new Map<string, string | undefined>();
  for (const { item, id } of proof.steps) {
    const key = item.packet === undefined ? `line ${item.line}` : `packet ${item.packet}`;
    numbered.set(key, numbered.has(key) ? undefined : id);
  }
  return text.split(/((?:\b(?:packet|line) \d+\b)|(?:[^\s()]+[#:]\d+\b))/).map((piece): Content => {
    const id = named.get(piece) ?? numbered.get(piece);
    return id === undefined ? piece : html`<a href="#${id}">${piece}</a>`;
  });
}

/** Links to every packet of the story. */
export function stepLinks(proof: Proof): Html {
  return html`<span class="steps">${proof.steps.map((step) => html`<a class="step" href="#${step.id}">${step.number}</a>`)}</span>`;
}

/** `0.796700`: seconds since the story's first packet. */
export function seconds(proof: Proof, at: Instant): string {
  return (Number(at - proof.zero) / 1e9).toFixed(6).replace("-", "−");
}

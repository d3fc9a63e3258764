import type { Effect, Incident } from "../../incident/explanation.ts";
import { referenceOf } from "../reference.ts";
import { moreLines } from "../text-effects.ts";
import { type Html, html } from "./markup.ts";
import { type Proof, seconds } from "./proof.ts";
import { chip, keyOf, type Sheet } from "./sheet.ts";

/** What followed from a loss, a row for each line, with how the two are known to belong together. */
export function effectList(sheet: Sheet, incident: Incident, proof: Proof): Html | undefined {
  const effects = incident.effects ?? [];
  if (effects.length === 0) return undefined;
  const row = (effect: Effect, i: number): Html => {
    const { symptom, evidence, because } = effect;
    const link = `${because}${moreLines(effect, proof.zero)}`;
    return html`<li id="${keyOf(incident)}-effect-${i + 1}"><div class="time">${seconds(proof, evidence.at)}</div><div><p><strong>${symptom}</strong> ${evidence.shows}</p><p class="numbers">${chip(sheet, evidence.file)} <span>${referenceOf(evidence)}</span> <span class="because">${link}</span></p></div></li>`;
  };
  return html`<ol class="effects">${effects.map(row)}</ol>`;
}

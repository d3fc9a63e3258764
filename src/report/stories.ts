import type { EvidenceReport, Incident } from "../incident/explanation.ts";

/**
 * An incident's evidence by the loss it belongs to: one mechanism may have taken several connections,
 * and a reader wants one story whole, not all of them mixed. The first story is the incident's own.
 */
export function storiesOf(incident: Incident): readonly (readonly EvidenceReport[])[] {
  const stories = new Map<number, EvidenceReport[]>();
  for (const item of incident.evidence as readonly Told[]) {
    const number = item.story ?? 0;
    const story = stories.get(number);
    if (story === undefined) stories.set(number, [item]);
    else story.push(item);
  }
  return [...stories.values()];
}

/** How many losses an incident stands for: those that its evidence tells and those that it only counts. */
export const lossesOf = (incident: Incident): number => storiesOf(incident).length + (incident.moreLosses ?? 0);

/** Evidence with the number of the loss it belongs to; without a number all belongs to one. */
type Told = EvidenceReport & { readonly story?: number };

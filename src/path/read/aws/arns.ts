import type { Part } from "../../hop.ts";
import type { Spot } from "../spot.ts";

/** The prints of ARNs that stand somewhere in a value: an attribute, a list of them, the actions of a listener. */
export function arnsIn(spot: Spot | undefined, depth = 0): readonly string[] {
  if (spot === undefined || depth > 6) return [];
  if (spot.text !== undefined) return spot.text.startsWith("arn:") ? [printOf(spot.text)] : [];
  return [...spot.items(), ...spot.entries().map(([, inner]) => inner)].flatMap((inner) => arnsIn(inner, depth + 1));
}

/** A balancer, one of its listeners or target groups, by its ARN and those that it names. */
export const partOf = (kind: Part["kind"], arn: Spot | undefined, of: readonly string[]): Part =>
  arn?.text === undefined ? { kind, of } : { kind, of, id: printOf(arn.text) };

/** An ARN as a number that only says whether two are the same (FNV-1a, forwards and backwards): accounts are nothing that a reading keeps. */
const printOf = (arn: string): string => `${fnv(arn)}.${fnv([...arn].reverse().join(""))}`;

function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

import type { Dice } from "../lib/random.ts";

export function shuffled<T>(values: readonly T[], dice: Dice): readonly T[] {
  const left = [...values];
  return values.flatMap(() => left.splice(dice.below(left.length), 1));
}

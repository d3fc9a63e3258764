import { PRODUCTS } from "./entries.ts";

/** Longer words are no misspelling of any product. */
const MOST_CHARACTERS = 60;

/** The product whose name takes the fewest changes of single characters to get from a word that names none. */
export function nearestProduct(word: string): string {
  const wanted = word.toLowerCase().slice(0, MOST_CHARACTERS);
  let nearest = "";
  let fewest = Number.POSITIVE_INFINITY;
  for (const { product } of PRODUCTS) {
    const changes = changesBetween(wanted, product);
    if (changes < fewest) [nearest, fewest] = [product, changes];
  }
  return nearest;
}

/** Characters to put in, take out or replace (Levenshtein's distance), row by row. */
function changesBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = (row[j] ?? 0) + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

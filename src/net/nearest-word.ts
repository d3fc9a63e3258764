/** Longer words are no misspelling of anything that is known. */
const MOST_CHARACTERS = 60;

/** The known word that takes the fewest changes of single characters to get to from a word that is not known; undefined of none. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const wanted = word.toLowerCase().slice(0, MOST_CHARACTERS);
  let nearest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const changes = changesBetween(wanted, candidate.toLowerCase());
    if (changes < fewest) [nearest, fewest] = [candidate, changes];
  }
  return nearest;
}

/** The nearest word, where it is near enough for the other to be its misspelling: no more than a third of it is different. */
export function meantWord(word: string, known: readonly string[]): string | undefined {
  const nearest = nearestWord(word, known);
  if (nearest === undefined || word.length > MOST_CHARACTERS) return undefined;
  const changes = changesBetween(word.toLowerCase(), nearest.toLowerCase());
  return changes <= Math.max(2, Math.floor(nearest.length / 3)) && changes < nearest.length ? nearest : undefined;
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

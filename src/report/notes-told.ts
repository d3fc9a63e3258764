import type { Note } from "../incident/explanation.ts";

export interface NotesTold {
  readonly told: readonly Note[];
  /** How many more of each kind there are, where not all are told. */
  readonly more: readonly { readonly kind: string; readonly count: number }[];
}

/** A busy hour has hundreds of harmless stories of one kind: people are told the first of each, and how many more there are. JSON has them all. */
export function notesTold(notes: readonly Note[]): NotesTold {
  const kinds = new Map<string, number>();
  const told = notes.filter(({ kind, variant }) => {
    const key = keyOf(kind, variant);
    const before = kinds.get(key) ?? 0;
    kinds.set(key, before + 1);
    return before < MOST_ALIKE;
  });
  const more = [...kinds].flatMap(([key, count]) =>
    count > MOST_ALIKE ? [{ kind: key.split("\n")[0] ?? key, count: count - MOST_ALIKE }] : [],
  );
  return { told, more };
}

const keyOf = (kind: string, variant: string | undefined): string =>
  variant === undefined ? kind : `${kind}\n${variant}`;

/** Of one kind. */
const MOST_ALIKE = 3;

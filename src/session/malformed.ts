/** Bytes that are not what they should be: where the reading stopped and what was expected there. */
export interface Malformed {
  readonly kind: "malformed";
  /** Offset from the start of what was being read. */
  readonly offset: number;
  readonly expected: string;
}

/** Makes a `Malformed`. */
export function malformed(offset: number, expected: string): Malformed {
  return { kind: "malformed", offset, expected };
}

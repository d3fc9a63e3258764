/** Another seed for each program that follows from the run's (Knuth's multiplicative hash). */
export const mixSeed = (seed: number, index: number): number =>
  (Math.imul(seed + 1, 2654435761) ^ Math.imul(index, 40503)) >>> 0;

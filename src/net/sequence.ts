/**
 * TCP sequence arithmetic: numbers live on a circle of 2^32 (RFC 9293 §3.4).
 *
 * Values are carried as signed or unsigned 32-bit integers alike; every function first takes the
 * difference modulo 2^32 as a signed number, so wraparound needs no care elsewhere.
 */

/** The signed distance from `b` to `a`: positive when `a` is later, range -2^31 to 2^31-1. */
export const seqDiff = (a: number, b: number): number => (a - b) | 0;

/** `a` comes after `b`. */
export const seqAfter = (a: number, b: number): boolean => ((a - b) | 0) > 0;

/** `a` comes after `b` or equals it. */
export const seqAtOrAfter = (a: number, b: number): boolean => ((a - b) | 0) >= 0;

/** `a + n` on the circle, as an unsigned number. */
export const seqAdd = (a: number, n: number): number => (a + n) >>> 0;

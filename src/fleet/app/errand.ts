import * as speech from "./speech.ts";

const { CALLS } = speech;

/**
 * Something that an actor wants to know, as one number, so that it costs no object: which call, how often it has been tried, and for which of the
 * connection's watches (a thousand at most). A new one is tried for the first time.
 */
export type Errand = number;

/** `watch` -1: it is for none. */
export const errandOf = (call: number, watch = -1): Errand =>
  call + CALLS + (watch + 1) * (CALLS * (MOST_ATTEMPTS + 1));

export const callOf = (errand: Errand): number => errand & (CALLS - 1);

/** A watch is tried without end; more than 255 times are told as 255. */
export const attemptsOf = (errand: Errand): number => (errand >> CALL_BITS) & MOST_ATTEMPTS;

export const isForWatch = (errand: Errand): boolean => errand >> (CALL_BITS + ATTEMPT_BITS) > 0;

export const watchOf = (errand: Errand): number => (errand >> (CALL_BITS + ATTEMPT_BITS)) - 1;

export const oneMore = (errand: Errand): Errand => (attemptsOf(errand) === MOST_ATTEMPTS ? errand : errand + CALLS);

const CALL_BITS: number = Math.log2(CALLS);
const ATTEMPT_BITS = 8;
const MOST_ATTEMPTS: number = 2 ** ATTEMPT_BITS - 1;

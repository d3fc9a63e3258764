/**
 * One end of a connection as one word: the number of its place (`Places`) in the upper half, the port in the lower. It is the signed word that an Int32Array
 * gives back, so that two of them are equal exactly if they are the same number; 0 is nobody's, since no port is 0.
 */
export const endpoint = (place: number, port: number): number => (place << 16) | port;

export const placeOf = (end: number): number => end >>> 16;

export const portOf = (end: number): number => end & 0xffff;

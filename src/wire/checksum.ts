/** The Internet checksum (RFC 1071): the one's complement sum of 16-bit words, folded but not inverted. */
export function sumWords(bytes: Uint8Array, from: number, end: number, start = 0): number {
  let sum = start;
  for (let i = from; i < end; i += 2) sum += ((bytes[i] ?? 0) << 8) | (i + 1 < end ? (bytes[i + 1] ?? 0) : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** The value to put in a checksum field. */
export function internetChecksum(bytes: Uint8Array, from: number, end: number, start = 0): number {
  return ~sumWords(bytes, from, end, start) & 0xffff;
}

import type { Nanoseconds } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";

/** How two vantage points' clocks relate, from packets that both saw. */
export interface ClockOffset {
  /** Add to the second's wall-clock times to get the first's. */
  readonly offset: Nanoseconds;
  /** ± this: half of what the path's own delay leaves open. */
  readonly uncertainty: Nanoseconds;
  /** True when the first vantage point is nearer to the client. */
  readonly firstNearerClient: boolean;
  /** Packets compared. */
  readonly packets: number;
}

/**
 * Estimates the offset from segments seen at both places. A segment from the client is seen later
 * the further it has travelled, one from the server the earlier; the true offset lies between the
 * smallest difference one way and the largest the other way (the idea of NTP's clock filter, RFC 5905 §8).
 *
 * `epochDifference` is the second's epoch minus the first's, in nanoseconds.
 */
export function clockOffset(
  pairs: readonly (readonly [Trail, Trail])[],
  epochDifference: number,
): ClockOffset | undefined {
  const fromClient: number[] = [];
  const fromServer: number[] = [];
  for (const [first, second] of pairs) {
    const seen = new Map<string, Nanoseconds>();
    for (const s of second.segments) {
      const key = `${s.from}/${s.seq}/${s.ack}/${s.length}/${s.flags}/${s.window}`;
      if (!seen.has(key)) seen.set(key, s.time);
    }
    const used = new Set<string>();
    for (const s of first.segments) {
      const key = `${s.from}/${s.seq}/${s.ack}/${s.length}/${s.flags}/${s.window}`;
      const there = seen.get(key);
      if (there === undefined || used.has(key)) continue;
      used.add(key);
      (s.from === "client" ? fromClient : fromServer).push(there + epochDifference - s.time);
    }
  }
  const packets = fromClient.length + fromServer.length;
  // One direction alone bounds the offset on one side only.
  if (fromClient.length === 0 || fromServer.length === 0) return undefined;
  const c = median(fromClient);
  const s = median(fromServer);
  const nearer = c >= s;
  const one = fromClient.reduce(nearer ? lesser : greater);
  const other = fromServer.reduce(nearer ? greater : lesser);
  return {
    offset: negate((one + other) / 2),
    uncertainty: Math.abs(one - other) / 2,
    firstNearerClient: nearer,
    packets,
  };
}

const lesser = (a: number, b: number): number => Math.min(a, b);
const greater = (a: number, b: number): number => Math.max(a, b);
const negate = (n: number): number => (n === 0 ? 0 : -n);

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

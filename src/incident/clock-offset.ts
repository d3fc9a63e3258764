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
export function clockOffset(pairs: readonly (readonly [Trail, Trail])[], epochDifference: number): ClockOffset | undefined {
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
  if (packets === 0) return undefined;
  const all = [...fromClient, ...fromServer];
  if (fromClient.length === 0 || fromServer.length === 0) {
    const middle = median(all);
    return { offset: negate(middle), uncertainty: spread(all, middle), firstNearerClient: true, packets };
  }
  const c = median(fromClient);
  const s = median(fromServer);
  const nearer = c >= s;
  const one = nearer ? Math.min(...fromClient) : Math.max(...fromClient);
  const other = nearer ? Math.max(...fromServer) : Math.min(...fromServer);
  return { offset: negate((one + other) / 2), uncertainty: Math.abs(one - other) / 2, firstNearerClient: nearer, packets };
}

const negate = (n: number): number => (n === 0 ? 0 : -n);

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function spread(values: readonly number[], middle: number): number {
  return values.reduce((most, v) => Math.max(most, Math.abs(v - middle)), 0);
}

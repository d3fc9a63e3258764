import { counterGrowth } from "./counter-growth.ts";
import type { Scene } from "./scene.ts";
import type { LogEvidence } from "./signature.ts";

/** SYNs on open connections that a kernel answered by a challenge ACK (RFC 5961 §4, tcp_validate_incoming). */
export function challengesIn(scene: Scene): readonly LogEvidence[] {
  return counterGrowth(scene)
    .filter(({ name }) => name === "TcpExtTCPSYNChallenge")
    .map(({ evidence, by }) => ({
      ...evidence,
      shows: `${by} SYNs arrived on open connections and were challenged (TcpExtTCPSYNChallenge)`,
    }));
}

/** Connections that a translating box could not set up (`conntrack -S`: insert_failed, drop), summed over its processors. */
export function insertFailures(scene: Scene): { readonly by: number; readonly evidence: LogEvidence } | undefined {
  for (const log of scene.logs) {
    const sums = new Map<number, number>();
    let line = 0;
    for (const { content, line: at } of log.entries) {
      if (content.kind !== "conntrack-statistics") continue;
      sums.set(content.reading, (sums.get(content.reading) ?? 0) + (content.counters.insert_failed ?? 0));
      line = at;
    }
    const readings = [...sums.keys()].sort((a, b) => a - b);
    const [first, last] = [readings[0], readings.at(-1)];
    if (first === undefined || last === undefined || first === last) continue;
    const by = (sums.get(last) ?? 0) - (sums.get(first) ?? 0);
    if (by > 0)
      return { by, evidence: { log: log.index, line, shows: `insert_failed grew by ${by} between the readings` } };
  }
  return undefined;
}

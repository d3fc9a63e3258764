import { counterChanges } from "../log/counter-changes.ts";
import { remember } from "./remember.ts";
import type { Scene } from "./scene.ts";
import type { LogEvidence } from "./signature.ts";

/**
 * Counters by which Linux says how it ended connections (net/ipv4/proc.c, snmp4_net_list), that grew between two
 * readings of one log: `TcpExtTCPAbortOnClose` closed with unread data, `TcpExtTCPAbortOnData` closed with linger 0 or
 * data after the close, `TcpExtTCPAbortOnTimeout` keepalive or retransmissions in vain, `TcpExtPAWS...` old timestamps.
 */
export function counted(scene: Scene, names: readonly string[]): readonly LogEvidence[] {
  return growth(scene)
    .filter((g) => names.includes(g.name))
    .map((g) => g.evidence);
}

const growth = remember((scene: Scene) =>
  scene.logs.flatMap((log) => {
    if (!log.entries.some((e) => e.content.kind === "counter" && e.content.reading > 0)) return [];
    return counterChanges(log.entries, log.entries).map(({ name, before, after, lines }) => ({
      name,
      evidence: {
        log: log.index,
        line: lines[1],
        shows: `${name} grew from ${before} to ${after} between the two readings`,
      } satisfies LogEvidence,
    }));
  }),
);

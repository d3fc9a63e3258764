import { remember } from "./remember.ts";
import type { Vantage } from "./scene.ts";
import { type Attempt, attemptsOf } from "./syn-queries.ts";

/** Different ports of one host that one client calls in vain before it is called a scan. */
const SCANNED_PORTS = 8;
/** Different hosts, likewise; a swarm of peers that come and go looks the same. */
const SWEPT_HOSTS = 32;

/**
 * Whether an attempt is one of a scan: the same client calls many ports of that host, or many hosts, in vain. Nobody
 * loses a connection by that.
 */
export function isProbe(attempt: Attempt): boolean {
  return probesOf(attempt.vantage).has(attempt);
}

const probesOf = remember((vantage: Vantage): ReadonlySet<Attempt> => {
  const byHost = new Map<string, Attempt[]>();
  const byClient = new Map<string, Attempt[]>();
  for (const attempt of attemptsOf(vantage)) {
    if (attempt.synAck !== undefined) continue;
    const { client, server } = attempt;
    listOf(byHost, `${client.address} ${server.address}`).push(attempt);
    listOf(byClient, client.address).push(attempt);
  }
  const scanned = [...byHost.values()].filter((list) => new Set(list.map((a) => a.server.port)).size >= SCANNED_PORTS);
  const swept = [...byClient.values()].filter((list) => new Set(list.map((a) => a.server.address)).size >= SWEPT_HOSTS);
  return new Set([...scanned, ...swept].flat());
});

function listOf(lists: Map<string, Attempt[]>, key: string): Attempt[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

import type { NodeStatus } from "../../log/content.ts";
import type { LogEntry } from "../../log/entry.ts";
import { type Instant, type Nanoseconds, SECOND } from "../../net/time.ts";
import { type LogLoss, lossesOf } from "../log-losses.ts";
import { near } from "../log-queries.ts";
import type { Log, Scene } from "../scene.ts";

/** A line that says that a node was given up. */
export interface Down {
  readonly log: Log;
  readonly entry: LogEntry;
  readonly at: Instant;
  readonly node: string;
}

/** Nodes that were given up together when the connection that carried their heartbeats was found dead. */
export interface Outage {
  /** One line a node, in the order of time. */
  readonly down: readonly [Down, ...Down[]];
  /** The lost PING. */
  readonly lost: LogLoss;
  /** Leases of these nodes that were renewed while the connection was dead, by an audit log. */
  readonly renewed: readonly { readonly log: Log; readonly entry: LogEntry; readonly name: string }[];
}

/** Nodes of which one line each is about one event are given up within this. */
const TOGETHER: Nanoseconds = 15 * SECOND;
/** The failure detector and the health check began to wait with the same last heartbeat: they end this near to each other. */
const SAME_SILENCE: Nanoseconds = 25 * SECOND;
/** Longer than 30 + 15 s nobody waits who uses client-go as shipped. */
const SILENCE: Nanoseconds = 60 * SECOND;
/** One node alone may be down. */
const FEWEST = 2;

/** Several nodes given up at the time at which a PING was lost. */
export function outagesOf(scene: Scene): readonly Outage[] {
  const lost = lossesOf(scene).filter((loss) => loss.error === "lost-ping" && loss.at !== undefined);
  if (lost.length === 0) return [];
  return groupsOf(downsOf(scene)).flatMap((down) => {
    const nodes = new Set(down.map(({ node }) => node));
    const ping = lost.find((loss) => loss.log === down[0].log && near(loss.at, down[0].at, SAME_SILENCE));
    if (nodes.size < FEWEST || ping === undefined) return [];
    const each = down.filter((d, i) => down.findIndex(({ node }) => node === d.node) === i) as [Down, ...Down[]];
    const renewed = renewalsOf(scene, nodes, down[0].at);
    return [{ down: each, lost: ping, renewed }];
  });
}

function downsOf(scene: Scene): readonly Down[] {
  const found = scene.logs.flatMap((log) =>
    log.entries.flatMap((entry): Down[] => {
      const { content } = entry;
      const at = log.instantOf(entry);
      return at !== undefined && content.kind === "node-status" && isDown(content)
        ? [{ log, entry, at, node: content.node }]
        : [];
    }),
  );
  return found.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

const isDown = ({ status }: NodeStatus): boolean => status === "not-ready" || status === "unknown";

function groupsOf(downs: readonly Down[]): readonly (readonly [Down, ...Down[]])[] {
  const groups: [Down, ...Down[]][] = [];
  for (const down of downs) {
    const last = groups.at(-1);
    if (last !== undefined && down.at - last[0].at <= BigInt(TOGETHER)) last.push(down);
    else groups.push([down]);
  }
  return groups;
}

/** Leases of the nodes that were renewed in the silence before they were given up: a node once. */
function renewalsOf(scene: Scene, nodes: ReadonlySet<string>, at: Instant): Outage["renewed"] {
  const found = new Map<string, Outage["renewed"][number]>();
  for (const log of scene.logs) {
    for (const entry of log.entries) {
      const { content } = entry;
      if (content.kind !== "lease" || content.outcome !== "renewed" || content.name === undefined) continue;
      const then = log.instantOf(entry);
      if (then === undefined || then > at || at - then > BigInt(SILENCE) / 3n || !nodes.has(content.name)) continue;
      if (!found.has(content.name)) found.set(content.name, { log, entry, name: content.name });
    }
  }
  return [...found.values()];
}

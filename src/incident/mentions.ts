import { clientOf } from "../flow/flow.ts";
import type { LogContent } from "../log/content.ts";
import type { LogEntry } from "../log/entry.ts";
import { loggedConnections } from "../log/logged-connections.ts";
import { type Endpoint, printEndpoint } from "../net/endpoint.ts";
import { SECOND } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import type { Log, Mention } from "../signature/scene.ts";
import { type Captured, trailsByClient, trailsByEnds, trailsOf } from "./log-anchors.ts";

/** Mentions kept of one connection in one log. */
const MOST_MENTIONS = 200;
/** A program may speak of a connection this long after its last packet. */
const AFTERWARDS: number = 120 * SECOND;
const BEFORE: number = 2 * SECOND;

/**
 * Which log entries are about which captured connections: those that name both ends, or belong to a connection whose
 * other lines do; and those of a server that name the client's address and port. Of several connections on one
 * four-tuple it is the one that was there at the time.
 */
export function mentionsOf(captured: Captured, logs: readonly Log[]): ReadonlyMap<Trail, readonly Mention[]> {
  const found = new Map<Trail, Mention[]>();
  const add = (trail: Trail, mention: Mention): void => {
    const list = found.get(trail);
    if (list === undefined) found.set(trail, [mention]);
    else if (list.length < MOST_MENTIONS && !list.some((m) => m.log === mention.log && m.entry === mention.entry))
      list.push(mention);
  };
  const ends = trailsByEnds(captured.vantages);
  const clients = trailsByClient(captured.vantages);
  for (const log of logs) {
    for (const { local, remote, entries } of loggedConnections(log.entries)) {
      const trails = trailsOf(ends, { local, remote });
      const alone = trails.length > 0 ? [] : (clients.get(keyOf(local ?? remote)) ?? []);
      for (const entry of entries) {
        if (!isTelling(entry.content)) continue;
        const both = trails.filter((trail) => wasThere(trail, entry, log, captured));
        for (const trail of firstOfEach(both)) add(trail, { log, entry, because: becauseOf(entry, local, remote) });
        if (both.length > 0) continue;
        const one = alone.filter((trail) => wasThere(trail, entry, log, captured));
        // One client port towards two destinations is two connections: its name alone does not tell which.
        if (new Set(one.map((trail) => printEndpoint(clientOf(trail.flow)))).size !== 1 || !areOne(one)) continue;
        for (const trail of firstOfEach(one))
          add(trail, { log, entry, because: `names its client ${keyOf(local ?? remote)}` });
      }
    }
  }
  for (const list of found.values()) list.sort((a, b) => a.log.index - b.log.index || a.entry.line - b.entry.line);
  return found;
}

const keyOf = (endpoint: Endpoint | undefined): string => (endpoint === undefined ? "" : printEndpoint(endpoint));

/** At most one flow of each vantage point: otherwise they are several connections. */
function areOne(trails: readonly Trail[]): boolean {
  return new Set(trails.map((trail) => trail.vantage)).size === trails.length;
}

/** Of several flows of one vantage point that were there at the time, the one that began last. */
function firstOfEach(trails: readonly Trail[]): readonly Trail[] {
  const latest = new Map<number, Trail>();
  for (const trail of trails) {
    const known = latest.get(trail.vantage);
    if (known === undefined || known.flow.from < trail.flow.from) latest.set(trail.vantage, trail);
  }
  return [...latest.values()];
}

function wasThere({ flow, vantage: index }: Trail, entry: LogEntry, log: Log, captured: Captured): boolean {
  const instant = log.instantOf(entry);
  const vantage = captured.vantages[index];
  if (instant === undefined || vantage === undefined) return true;
  const slack = Number.isFinite(log.clock.uncertainty) ? log.clock.uncertainty : BEFORE;
  const from = captured.toCommon(vantage, flow.from - BEFORE - slack);
  return instant >= from && instant <= captured.toCommon(vantage, flow.to + AFTERWARDS + slack);
}

/** Lines that tell of a connection's life; frames only where they bear on its end. */
function isTelling(content: LogContent): boolean {
  if (content.kind !== "http2-frame") return true;
  return content.type === "GOAWAY" || content.type === "PING" || content.type === "RST_STREAM";
}

function becauseOf({ content }: LogEntry, local: Endpoint | undefined, remote: Endpoint | undefined): string {
  const named =
    "local" in content && content.local !== undefined && "remote" in content && content.remote !== undefined;
  const ends = [local, remote].flatMap((end) => (end === undefined ? [] : printEndpoint(end))).join(" and ");
  return named ? `names both ends, ${ends}` : `is about the connection that other lines tie to ${ends}`;
}

import { clientOf, serverOf } from "../flow/flow.ts";
import type { LogEntry } from "../log/entry.ts";
import type { RecordedLog } from "../log/log-recorder.ts";
import type { LogTime } from "../log/log-time.ts";
import { type LoggedConnection, loggedConnections } from "../log/logged-connections.ts";
import { type Endpoint, printEndpoint } from "../net/endpoint.ts";
import { ACK, RST, SYN } from "../net/tcp-flags.ts";
import type { Instant, Nanoseconds } from "../net/time.ts";
import type { Segment, Trail } from "../session/segment.ts";
import type { Session } from "../session/session-recorder.ts";
import type { Vantage } from "../signature/scene.ts";

/** An event that a log and a capture both tell: what the log's clock said, and when it was on the common clock. */
export interface Anchor {
  readonly time: LogTime;
  readonly at: Instant;
  readonly vantage: Vantage;
}

/** The captured side of a scene, as far as logs are compared with it. */
export interface Captured {
  readonly vantages: readonly Vantage[];
  readonly session: (trail: Trail) => Session | undefined;
  readonly toCommon: (vantage: Vantage, at: Nanoseconds) => Instant;
}

/** Anchors kept of one log. */
const MOST_ANCHORS = 10_000;

/**
 * Events of a log that one captured packet must be: a dial or an accepted connection whose ends occur once on either
 * side is that handshake; a reset that names both ends is that RST; a PING is the frame with the same eight bytes.
 */
export function anchorsOf({ entries }: RecordedLog, captured: Captured): readonly Anchor[] {
  const ends = trailsByEnds(captured.vantages);
  const clients = trailsByClient(captured.vantages);
  const anchors: Anchor[] = [];
  for (const connection of loggedConnections(entries)) {
    const { local, remote } = connection;
    const both = trailsOf(ends, connection);
    const alone = local === undefined && remote !== undefined ? clients.get(printEndpoint(remote)) : undefined;
    const trails = both.length > 0 ? both : (alone ?? []);
    // The nearest to where the program ran is not known: one vantage point is enough, the first that saw it.
    const trail = trails[0];
    if (trail === undefined || trails.some((t) => t.vantage === trail.vantage && t !== trail)) continue;
    anchors.push(...connectionAnchors(connection, trail, captured));
  }
  anchors.push(...pingAnchors(entries, captured));
  return anchors.slice(0, MOST_ANCHORS);
}

/** Captured flows by their two ends as printed, either way round. */
export function trailsByEnds(vantages: readonly Vantage[]): ReadonlyMap<string, readonly Trail[]> {
  const found = new Map<string, Trail[]>();
  for (const trail of vantages.flatMap((v) => v.trails)) {
    const key = endsKey(clientOf(trail.flow), serverOf(trail.flow));
    const list = found.get(key);
    if (list === undefined) found.set(key, [trail]);
    else list.push(trail);
  }
  return found;
}

/** Captured flows by their client's address and port as printed: what a server calls a connection by. */
export function trailsByClient(vantages: readonly Vantage[]): ReadonlyMap<string, readonly Trail[]> {
  const found = new Map<string, Trail[]>();
  for (const trail of vantages.flatMap((v) => v.trails)) {
    const key = printEndpoint(clientOf(trail.flow));
    const list = found.get(key);
    if (list === undefined) found.set(key, [trail]);
    else list.push(trail);
  }
  return found;
}

/** The captured flows between a logged connection's ends. */
export function trailsOf(
  ends: ReadonlyMap<string, readonly Trail[]>,
  { local, remote }: Pick<LoggedConnection, "local" | "remote">,
): readonly Trail[] {
  if (local === undefined || remote === undefined) return [];
  return ends.get(endsKey(local, remote)) ?? [];
}

function endsKey(one: Endpoint, other: Endpoint): string {
  return [printEndpoint(one), printEndpoint(other)].sort().join(" ");
}

function connectionAnchors({ entries }: LoggedConnection, trail: Trail, captured: Captured): Anchor[] {
  const opened = trail.segments.find((s) => (s.flags & (SYN | ACK)) === (SYN | ACK));
  const resets = trail.segments.filter((s) => (s.flags & RST) !== 0);
  const dials = entries.filter((e) => isOpening(e));
  const failures = entries.filter((e) => isReset(e));
  const anchors: Anchor[] = [];
  const add = (entry: LogEntry | undefined, segment: Segment | undefined): void => {
    const vantage = captured.vantages[trail.vantage];
    if (entry?.time === undefined || segment === undefined || vantage === undefined) return;
    anchors.push({ time: entry.time, at: captured.toCommon(vantage, segment.time), vantage });
  };
  if (dials.length === 1) add(dials[0], opened);
  if (failures.length === 1 && resets.length === 1) add(failures[0], resets[0]);
  return anchors;
}

function isOpening({ content }: LogEntry): boolean {
  if (content.kind === "dial") return content.outcome === "connected";
  return content.kind === "connection" && content.event === "accepted";
}

function isReset({ content }: LogEntry): boolean {
  return (content.kind === "failure" || content.kind === "connection") && content.error === "reset";
}

/** PINGs whose bytes were seen once by the capture and once each way by the log. */
function pingAnchors(entries: readonly LogEntry[], captured: Captured): Anchor[] {
  const seen = new Map<string, { readonly vantage: Vantage; readonly time: Nanoseconds } | undefined>();
  for (const vantage of captured.vantages) {
    const here = new Map<string, { readonly vantage: Vantage; readonly time: Nanoseconds } | undefined>();
    for (const trail of vantage.trails) {
      for (const event of captured.session(trail)?.events ?? []) {
        if (event.kind !== "http2-frame" || event.body.kind !== "ping") continue;
        const key = `${event.body.opaque} ${event.body.ack}`;
        here.set(key, here.has(key) ? undefined : { vantage, time: event.time });
      }
    }
    for (const [key, value] of here) if (!seen.has(key)) seen.set(key, value);
  }
  if (seen.size === 0) return [];
  const logged = new Map<string, LogTime | undefined>();
  for (const { content, time } of entries) {
    if (content.kind !== "http2-frame" || content.ping === undefined || content.told !== "framer") continue;
    const key = `${content.ping} ${content.flags.includes("ACK")}`;
    logged.set(key, logged.has(key) ? undefined : time);
  }
  return [...logged].flatMap(([key, time]): Anchor[] => {
    const packet = seen.get(key);
    if (time === undefined || packet === undefined) return [];
    return [{ time, at: captured.toCommon(packet.vantage, packet.time), vantage: packet.vantage }];
  });
}

import { clientOf, serverOf } from "../flow/flow.ts";
import { printEndpoint } from "../net/endpoint.ts";
import { ACK, RST, SYN } from "../net/tcp-flags.ts";
import { instantOf, type Nanoseconds, SECOND } from "../net/time.ts";
import type { Segment, Side, Trail } from "../session/segment.ts";
import type { Scene, Vantage } from "../signature/scene.ts";
import type { Finding } from "../signature/signature.ts";
import { type EndState, endStates, type StateChange, stateAt } from "./end-state.ts";
import type { TableEntry, TableMoment } from "./explanation.ts";

/*
 * Both ends' connection tables, before a loss and after it: what makes a half-open connection
 * visible. A table is replayed from the packets of a capture taken at that end; without one it is
 * inferred from a capture taken elsewhere, and the entry says so. Two rules are more than replay:
 * a socket pair holds one entry, so a newer connection on it ends the older; and a RST that the
 * server did not send (a box did) tells nothing of the server.
 */

/** Connections in a table: the lost one and what it met. */
const MOST_CONNECTIONS = 6;

/** The tables around a finding: before, after, and in between where the ends disagreed only then. Empty when no end can be followed, or none held anything. */
export function connectionTables(scene: Scene, finding: Finding): TableMoment[] {
  const [first] = finding.trails;
  const vantage = first === undefined ? undefined : scene.vantages[first.vantage];
  if (first === undefined || vantage === undefined) return [];
  const clocks = clocksFrom(scene, finding, first);
  const connections = followed(scene, finding, clocks);
  if (connections.length === 0) return [];
  replaceOlder(connections, finding.cause === "backend-tuple-collision");
  const told = finding.evidence.flatMap((e) => ("line" in e ? [] : [e.at + (clocks.get(e.vantage) ?? 0)]));
  const lost = Number(finding.at);
  const last = Math.max(lost, ...told);
  const changes = changesOf(connections).filter((time) => time <= last);
  const since = Math.min(lost, ...told);
  const begin = Math.min(lost, ...changes.filter((time) => time >= since && !isOpening(connections, time - 1)));
  const at = (kind: TableMoment["kind"], time: Nanoseconds, shown = time): TableMoment => ({
    kind,
    at: instantOf(vantage.epoch, shown),
    file: vantage.file,
    client: connections.map((c, i) => entry(c.client, i, time)),
    server: connections.map((c, i) => entry(c.server, i, time)),
  });
  const before = at("before", begin - 1, begin);
  // What was on its way with the last packet arrives within a round trip.
  const after = at("after", last + settling(connections), last);
  if ([before, after].every((moment) => [...moment.client, ...moment.server].every((e) => e.state === "CLOSED")))
    return [];
  if (halfOpen(connections, last)) return [before, after];
  const between = disagreement(connections, begin, last);
  return between === undefined ? [before, after] : [before, at("between", between), after];
}

/** The longest round trip of a handshake, at most a second. */
function settling(connections: readonly Connection[]): Nanoseconds {
  const trips = connections.flatMap(({ client, server }) => [client.trail.flow.firstRtt, server.trail.flow.firstRtt]);
  return Math.min(SECOND, Math.max(0, ...trips));
}

/** One end of a connection, on the clock of the finding's first trail. */
interface End {
  readonly local: string;
  readonly remote: string;
  readonly seenIn: string | undefined;
  readonly trail: Trail;
  readonly offset: Nanoseconds;
  changes: readonly StateChange[];
}

interface Connection {
  readonly client: End;
  readonly server: End;
}

/** What to add to a vantage point's times to get times of the first trail's. */
function clocksFrom(scene: Scene, finding: Finding, first: Trail): ReadonlyMap<number, Nanoseconds> {
  const clocks = new Map<number, Nanoseconds>([[first.vantage, 0]]);
  for (const trail of [...finding.trails, ...finding.trails]) {
    const base = clocks.get(trail.vantage);
    for (const sighting of scene.sightings(trail)) {
      const known = clocks.get(sighting.vantage.index);
      if (base !== undefined && known === undefined) clocks.set(sighting.vantage.index, base + sighting.offset);
      else if (base === undefined && known !== undefined) clocks.set(trail.vantage, known - sighting.offset);
    }
  }
  return clocks;
}

function followed(scene: Scene, finding: Finding, clocks: ReadonlyMap<number, Nanoseconds>): Connection[] {
  const told = new Set<Trail>();
  const connections: Connection[] = [];
  for (const trail of finding.trails) {
    // A copy that came back to its sender is no connection of its own.
    if (told.has(trail) || clientOf(trail.flow).address === serverOf(trail.flow).address) continue;
    if (connections.length === MOST_CONNECTIONS) break;
    const own = scene.vantages[trail.vantage];
    const seen: Seen[] = [
      ...(own === undefined ? [] : [{ trail, vantage: own }]),
      ...scene.sightings(trail).filter((s) => !told.has(s.trail)),
    ].filter((s) => clocks.has(s.vantage.index));
    for (const { trail: each } of seen) told.add(each);
    const client = endOf(seen, "client", finding, clocks);
    const server = endOf(seen, "server", finding, clocks);
    if (client !== undefined && server !== undefined) connections.push({ client, server });
  }
  return connections;
}

interface Seen {
  readonly trail: Trail;
  readonly vantage: Vantage;
}

function endOf(
  seen: readonly Seen[],
  side: Side,
  finding: Finding,
  clocks: ReadonlyMap<number, Nanoseconds>,
): End | undefined {
  const there = seen.find(({ vantage }) => vantage.place === side);
  // Nearest to that end first: the client's capture is the first one, as a rule.
  const best = there ?? (side === "client" ? seen[0] : seen.at(-1));
  if (best === undefined) return undefined;
  const { flow } = best.trail;
  const offset = clocks.get(best.vantage.index) ?? 0;
  const ends = [printEndpoint(clientOf(flow)), printEndpoint(serverOf(flow))];
  const [local = "", remote = ""] = side === "client" ? ends : ends.reverse();
  const doubtful = there === undefined && finding.initiator !== side;
  const changes = endStates(best.trail, side, (segment) => !(doubtful && isReset(segment) && segment.from === side));
  return {
    local,
    remote,
    seenIn: there?.vantage.file,
    trail: best.trail,
    offset,
    changes: [
      ...changes.map(({ time, state }) => ({ time: time + offset, state })),
      // Nothing tells whether a host that fell silent still holds anything.
      ...(there === undefined && side === "server" && finding.cause === "peer-vanished"
        ? [{ time: Number(finding.at), state: "unknown" as const }]
        : []),
    ],
  };
}

const isReset = (segment: Segment): boolean => (segment.flags & RST) !== 0;

/** A newer connection on a socket pair of the server ends the older: at the client's RST before it opens, or when it opens. */
function replaceOlder(connections: readonly Connection[], shared: boolean): void {
  for (const { server: older } of connections) {
    for (const { server: newer } of connections) {
      if (newer === older || newer.trail.flow.from + newer.offset <= older.trail.flow.from + older.offset) continue;
      const samePair = older.local === newer.local && older.remote === newer.remote;
      const inferred = shared && older.remote === newer.remote && older.seenIn === undefined;
      if (!samePair && !inferred) continue;
      const opened = newer.trail.segments.find((s) => s.from === "server" && (s.flags & (SYN | ACK)) === (SYN | ACK));
      if (opened === undefined) continue;
      const fatal =
        newer.trail.segments.find((s) => s.from === "client" && isReset(s) && s.packet < opened.packet) ?? opened;
      const time = fatal.time + newer.offset;
      older.changes = [...older.changes.filter((change) => change.time < time), { time, state: "CLOSED" }];
    }
  }
}

function entry(end: End, connection: number, time: Nanoseconds): TableEntry {
  return {
    connection,
    local: end.local,
    remote: end.remote,
    state: stateAt(end.changes, time),
    ...(end.seenIn === undefined ? {} : { seenIn: end.seenIn }),
  };
}

/** One end has no entry for a connection that the other holds for open (RFC 9293 §3.5.1). */
function halfOpen(connections: readonly Connection[], time: Nanoseconds): boolean {
  return connections.some(({ client, server }) => {
    const ends = [stateAt(client.changes, time), stateAt(server.changes, time)];
    return ends.includes("CLOSED") && ends.some((state) => OPEN.has(state));
  });
}

const OPEN: ReadonlySet<EndState> = new Set<EndState>(["ESTABLISHED", "CLOSE-WAIT", "FIN-WAIT"]);

/** An end is within its handshake: no moment to look at what was there before. */
function isOpening(connections: readonly Connection[], time: Nanoseconds): boolean {
  return connections.some(({ client, server }) =>
    [client, server].some(({ changes }) => ["SYN-SENT", "SYN-RECEIVED"].includes(stateAt(changes, time))),
  );
}

/** The beginning of the longest time in which the ends disagreed. */
function disagreement(connections: readonly Connection[], from: Nanoseconds, to: Nanoseconds): Nanoseconds | undefined {
  const times = changesOf(connections).filter((time) => time >= from && time < to);
  let longest: { readonly time: Nanoseconds; readonly length: Nanoseconds } | undefined;
  for (const [i, time] of times.entries()) {
    const length = (times[i + 1] ?? to) - time;
    if (length > (longest?.length ?? 0) && halfOpen(connections, time)) longest = { time, length };
  }
  return longest?.time;
}

/** When any end changed its mind, in order. */
function changesOf(connections: readonly Connection[]): Nanoseconds[] {
  const changes = connections.flatMap(({ client, server }) => [...client.changes, ...server.changes]);
  return changes.map((change) => change.time).sort((a, b) => a - b);
}

import { clientOf, serverOf } from "../flow/flow.ts";
import type { LogEntry } from "../log/entry.ts";
import { type Endpoint, printEndpoint } from "../net/endpoint.ts";
import { seqDiff } from "../net/sequence.ts";
import { ACK, printFlags, SYN } from "../net/tcp-flags.ts";
import { type Instant, instantOf } from "../net/time.ts";
import type { Segment, Trail } from "../session/segment.ts";
import { SIGNATURES } from "../signature/index.ts";
import type { Log, Scene, Vantage } from "../signature/scene.ts";
import type { Evidence, Finding, NamedConnection } from "../signature/signature.ts";
import { type Conclusion, conclude } from "./conclude.ts";
import { connectionTables } from "./connection-tables.ts";
import { displayFilter } from "./display-filter.ts";
import { effectsOf, type Followed } from "./effects.ts";
import type { ConnectionReport, Effect, EvidenceReport, Incident, Note, PacketReport } from "./explanation.ts";
import { timelineOf } from "./timeline.ts";

/** Packets in one incident's evidence beyond its first finding's, and connections listed, at the most. */
const MOST_EVIDENCE = 60;
/** Lines and packets that logs add to the story of captures. */
const MOST_SUPPORT = 12;
const MOST_CONNECTIONS = 200;

/** What a scene tells: incidents, notes, how many findings they were made of, and how many claims were not weighed. */
export function explainScene(scene: Scene): Told {
  const { conclusions, notes, findings, claimsAside } = conclude(scene, SIGNATURES);
  const { followed, explained } = effectsOf(scene, conclusions);
  return {
    incidents: conclusions
      .filter((conclusion) => !explained.has(conclusion))
      .map((conclusion, i) =>
        incidentOf(scene, conclusion, { followed: followed.get(conclusion) ?? [], number: i + 1 }),
      ),
    notes: notes.map((note) => noteOf(scene, note)),
    findings,
    claimsAside,
  };
}

interface Told {
  readonly incidents: Incident[];
  readonly notes: Note[];
  readonly findings: number;
  readonly claimsAside: number;
}

function incidentOf(
  scene: Scene,
  conclusion: Conclusion,
  { followed, number }: { readonly followed: readonly Followed[]; readonly number: number },
): Incident {
  const { signature, finding, alike, support } = conclusion;
  const findings = [finding, ...alike];
  const { evidence, untold } = evidenceOf(scene, findings, support);
  const moreLosses = untold + findings.reduce((sum, { beyond = 0 }) => sum + beyond, 0);
  const told = new Set(evidence.map((item) => `${item.file}:${item.line}`));
  // What is evidence of the loss is not told a second time as what followed from it.
  const effects = followed
    .map((effect) => effectReport(scene, effect))
    .filter((effect) => !told.has(`${effect.evidence.file}:${effect.evidence.line}`));
  const inferred = [...new Set(findings.flatMap((f) => f.inferred ?? []))];
  const { connections, more } = connectionsOf(scene, findings);
  const at = happenedAt(scene, finding);
  const until = findings
    .map((each) => lastHappenedAt(scene, each))
    .reduce((last, each) => (each > last ? each : last), at);
  return {
    id: `incident-${number}`,
    cause: finding.cause,
    ...(finding.variant === undefined ? {} : { variant: finding.variant }),
    ...(signature.contributes === true ? { contributes: true } : {}),
    title: signature.title,
    summary: finding.summary,
    symptoms: [...new Set([...findings.flatMap((f) => f.symptoms), ...followed.map((e) => e.symptom)])],
    confidence: finding.confidence,
    initiator: finding.initiator,
    at,
    ...(until > at ? { until } : {}),
    connections,
    ...(more === 0 ? {} : { moreConnections: more }),
    ...(moreLosses === 0 ? {} : { moreLosses }),
    evidence,
    ...(effects.length === 0 ? {} : { effects }),
    ruledOut: conclusion.ruledOut,
    refutedBy: finding.refutedBy,
    remedy: signature.remedy,
    ...(finding.next === undefined ? {} : { next: finding.next }),
    ...(inferred.length === 0 ? {} : { inferred }),
    filters: filtersOf(scene, findings),
    timeline: timelineOf(scene, findings),
    tables: connectionTables(scene, finding),
  };
}

function noteOf(scene: Scene, { signature, finding }: Conclusion): Note {
  return {
    kind: signature.id,
    ...(finding.variant === undefined ? {} : { variant: finding.variant }),
    summary: finding.summary,
    count: Math.max(1, finding.trails.length),
    connections: connectionsOf(scene, [finding]).connections,
    evidence: evidenceOf(scene, [finding]).evidence,
  };
}

/** The connections of some findings, each once, and how many more there are than are listed. */
function connectionsOf(
  scene: Scene,
  findings: readonly Finding[],
): { readonly connections: ConnectionReport[]; readonly more: number } {
  let more = 0;
  const found = new Map<Trail | ConnectionReport, ConnectionReport>();
  const told = new Set<Trail>();
  for (const trail of findings.flatMap((f) => f.trails)) {
    if (told.has(trail)) continue;
    const streams: Record<string, number> = {};
    const seen = [
      [trail, scene.vantages[trail.vantage]] as const,
      ...scene.sightings(trail).map((s) => [s.trail, s.vantage] as const),
    ];
    for (const [t] of seen) told.add(t);
    if (found.size >= MOST_CONNECTIONS) {
      more++;
      continue;
    }
    for (const [t, vantage] of seen) {
      if (vantage !== undefined && streams[vantage.file] === undefined) streams[vantage.file] = t.flow.stream;
    }
    found.set(trail, {
      client: printEndpoint(clientOf(trail.flow)),
      server: printEndpoint(serverOf(trail.flow)),
      streams,
    });
  }
  const named = findings.flatMap((f) => f.named ?? []).map(namedConnection);
  const seen = new Set([...found.values()].map((c) => `${c.client} ${c.server}`));
  for (const connection of named) {
    const key = `${connection.client} ${connection.server}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (found.size >= MOST_CONNECTIONS) more++;
    else found.set(connection, connection);
  }
  return { connections: [...found.values()], more };
}

/** A connection that only a log tells of, as far as it does. */
function namedConnection({ client, server }: NamedConnection): ConnectionReport {
  const end = (endpoint: Endpoint | undefined): string =>
    endpoint === undefined ? "unknown" : endpoint.port === 0 ? endpoint.address : printEndpoint(endpoint);
  return { client: end(client), server: end(server), streams: {} };
}

function effectReport(scene: Scene, { symptom, at, evidence, because, more, until }: Followed): Effect {
  const told = { symptom, evidence: evidenceReport(scene, evidence, 0, at), because };
  return more === 0 ? told : { ...told, more, until };
}

/**
 * Evidence of the first finding whole with what logs add to it, then of those alike, each packet and line once, within a
 * bound; and how many of those alike it left untold.
 */
function evidenceOf(
  scene: Scene,
  findings: readonly Finding[],
  support: readonly Finding[] = [],
): { readonly evidence: EvidenceReport[]; readonly untold: number } {
  const seen = new Set<string>();
  const reports: EvidenceReport[] = [];
  for (const [story, finding] of findings.entries()) {
    if (story > 0 && reports.length + finding.evidence.length > MOST_EVIDENCE)
      return { evidence: reports, untold: findings.length - story };
    const told = story > 0 ? [] : support.flatMap((f) => f.evidence).slice(0, MOST_SUPPORT);
    for (const evidence of [...finding.evidence, ...told]) {
      const key = "line" in evidence ? `${evidence.log}:${evidence.line}` : `${evidence.vantage}#${evidence.packet}`;
      if (seen.has(key)) continue;
      seen.add(key);
      reports.push(evidenceReport(scene, evidence, story, happenedAt(scene, finding)));
    }
  }
  return { evidence: reports, untold: 0 };
}

/** One piece of evidence for a report; `otherwise` is the time of a line that has none. */
export function evidenceReport(scene: Scene, evidence: Evidence, story: number, otherwise: Instant): EvidenceReport {
  if ("line" in evidence) {
    const log = scene.logs[evidence.log] as Log;
    const entry = entryAt(log, evidence.line);
    const at = entry === undefined ? undefined : log.instantOf(entry);
    const { line, shows } = evidence;
    return at === undefined
      ? { file: log.file, line, at: otherwise, undated: true, shows, story }
      : { file: log.file, line, at, shows, story };
  }
  const vantage = scene.vantages[evidence.vantage] as Vantage;
  const found = segmentOf(vantage, evidence.packet);
  const report = {
    file: vantage.file,
    packet: evidence.packet,
    at: instantOf(vantage.epoch, evidence.at),
    shows: evidence.shows,
    story,
  };
  return found === undefined ? report : { ...report, segment: segmentReport(found.trail, found.segment) };
}

/** The entry that begins at a line, by bisection: entries are in the order of their lines. */
function entryAt({ entries }: Log, line: number): LogEntry | undefined {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.line ?? 0) < line) low = middle + 1;
    else high = middle;
  }
  return entries[low]?.line === line ? entries[low] : undefined;
}

function segmentOf(vantage: Vantage, packet: number): { trail: Trail; segment: Segment } | undefined {
  for (const trail of vantage.trails) {
    if (packet < trail.flow.firstPacket || packet > trail.flow.lastPacket) continue;
    const segment = trail.segments.find((s) => s.packet === packet);
    if (segment !== undefined) return { trail, segment };
  }
  return undefined;
}

function segmentReport(trail: Trail, segment: Segment): NonNullable<PacketReport["segment"]> {
  const client: Endpoint = clientOf(trail.flow);
  const server: Endpoint = serverOf(trail.flow);
  const fromClient = segment.from === "client";
  const own = startOf(trail, segment.from, segment.packet);
  const other = startOf(trail, fromClient ? "server" : "client", segment.packet);
  return {
    from: fromClient ? client : server,
    to: fromClient ? server : client,
    fromClient,
    flags: printFlags(segment.flags),
    seq: own === undefined ? segment.seq : seqDiff(segment.seq, own) >>> 0,
    ack: (segment.flags & ACK) === 0 ? 0 : other === undefined ? segment.ack : seqDiff(segment.ack, other) >>> 0,
    length: segment.length,
    ttl: segment.ttl,
    stream: trail.flow.stream,
  };
}

/**
 * The number that Wireshark prints as 0 at a packet: the latest SYN of that side up to there, or one
 * before the first byte seen.
 */
function startOf(trail: Trail, side: Segment["from"], packet: number): number | undefined {
  let start: number | undefined;
  for (const segment of trail.segments) {
    if (segment.packet > packet && start !== undefined) break;
    if (segment.from !== side) continue;
    if ((segment.flags & SYN) !== 0) start = segment.seq;
    else start ??= (segment.seq - 1) >>> 0;
  }
  return start;
}

/** For each capture the streams of the connections, wherever they were seen, and of every packet shown. */
function filtersOf(scene: Scene, findings: readonly Finding[]): Record<string, string> {
  const trails = new Set<Trail>();
  for (const finding of findings) {
    for (const trail of finding.trails) {
      trails.add(trail);
      for (const sighting of scene.sightings(trail)) trails.add(sighting.trail);
    }
    for (const evidence of finding.evidence) {
      if ("line" in evidence) continue;
      const shown = segmentOf(scene.vantages[evidence.vantage] as Vantage, evidence.packet);
      if (shown !== undefined) trails.add(shown.trail);
    }
  }
  const filters: Record<string, string> = {};
  for (const { file, index } of scene.vantages) {
    const streams = [...trails].filter((trail) => trail.vantage === index).map((trail) => trail.flow.stream);
    if (streams.length > 0) filters[file] = displayFilter(streams);
  }
  return filters;
}

/** When a finding happened: on the clock of its first trail's capture, or the common one for what only logs tell. */
export function happenedAt(scene: Scene, finding: Finding): Instant {
  if (typeof finding.at === "bigint") return finding.at;
  return instantOf(scene.vantages[finding.trails[0]?.vantage ?? 0]?.epoch ?? 0n, finding.at);
}

function lastHappenedAt(scene: Scene, finding: Finding): Instant {
  const { until } = finding;
  return until === undefined ? happenedAt(scene, finding) : happenedAt(scene, { ...finding, at: until });
}

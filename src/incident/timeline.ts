import { clientOf, type FlowState, serverOf } from "../flow/flow.ts";
import { printEndpoint, sameEndpoint } from "../net/endpoint.ts";
import { ACK, FIN, RST, SYN } from "../net/tcp-flags.ts";
import { instantOf, type Nanoseconds, SECOND } from "../net/time.ts";
import type { Segment, Trail } from "../session/segment.ts";
import type { Scene, Vantage } from "../signature/scene.ts";
import type { Finding } from "../signature/signature.ts";
import type { Track, TrackMark } from "./explanation.ts";

/** Connections drawn of one incident, and of each its marks and silences: nobody reads a fuller picture. */
const MOST_CONNECTIONS = 12;
const MOST_MARKS = 40;
const MOST_SILENCES = 12;

/** What every capture saw of an incident's connections, in the order of its `connections`. */
export function timelineOf(scene: Scene, findings: readonly Finding[]): Track[] {
  const told = new Set<Trail>();
  const tracks: Track[] = [];
  let connection = 0;
  for (const finding of findings) {
    for (const trail of finding.trails) {
      if (told.has(trail)) continue;
      if (connection >= MOST_CONNECTIONS) return tracks;
      const lost = lostAt(finding, trail);
      const own = scene.vantages[trail.vantage];
      const seen = [...(own === undefined ? [] : [{ trail, vantage: own, offset: 0 }]), ...scene.sightings(trail)];
      for (const sighting of seen) {
        if (told.has(sighting.trail)) continue;
        told.add(sighting.trail);
        tracks.push(
          track(sighting.trail, sighting.vantage, connection, lost === undefined ? lost : lost - sighting.offset),
        );
      }
      connection++;
    }
  }
  return tracks;
}

/**
 * A finding is about its first trail. Where that never opened, the others that never opened towards
 * the same server were lost the same way, each from its own first SYN on.
 */
function lostAt(finding: Finding, trail: Trail): Nanoseconds | undefined {
  const first = finding.trails[0];
  if (trail === first) return Number(finding.at);
  const { flow } = trail;
  if (first === undefined || !NEVER_OPENED.has(flow.state) || !NEVER_OPENED.has(first.flow.state)) return undefined;
  return trail.vantage === first.vantage && sameEndpoint(serverOf(flow), serverOf(first.flow)) ? flow.from : undefined;
}

const NEVER_OPENED: ReadonlySet<FlowState> = new Set<FlowState>(["unanswered", "refused"]);

function track(trail: Trail, vantage: Vantage, connection: number, lost: Nanoseconds | undefined): Track {
  const { flow, segments } = trail;
  return {
    file: vantage.file,
    stream: flow.stream,
    connection,
    client: printEndpoint(clientOf(flow)),
    server: printEndpoint(serverOf(flow)),
    from: instantOf(vantage.epoch, flow.from),
    to: instantOf(vantage.epoch, flow.to),
    packets: flow.packets[0] + flow.packets[1],
    state: flow.state,
    ...(lost === undefined ? {} : { lostAt: instantOf(vantage.epoch, lost) }),
    marks: marksOf(segments, vantage),
    silences: silencesOf(trail, vantage),
  };
}

function marksOf(segments: readonly Segment[], { epoch }: Vantage): TrackMark[] {
  const marks: TrackMark[] = [];
  for (const { packet, time, flags, from } of segments) {
    const kind = kindOf(flags);
    if (kind === undefined) continue;
    marks.push({ packet, at: instantOf(epoch, time), kind, fromClient: from === "client" });
    if (marks.length === MOST_MARKS) break;
  }
  return marks;
}

function kindOf(flags: number): TrackMark["kind"] | undefined {
  if ((flags & RST) !== 0) return "RST";
  if ((flags & SYN) !== 0) return (flags & ACK) !== 0 ? "SYN-ACK" : "SYN";
  return (flags & FIN) !== 0 ? "FIN" : undefined;
}

function silencesOf({ segments, flow, omitted }: Trail, { epoch }: Vantage): Track["silences"] {
  const found: { from: Nanoseconds; to: Nanoseconds }[] = [];
  for (let i = 1; i < segments.length; i++) {
    const from = segments[i - 1]?.time ?? 0;
    const { time: to, packet } = segments[i] as Segment;
    if (to - from < SECOND) continue;
    // Of a flow whose middle was left out, only the longest silence is known for one: the survey saw every packet.
    if (omitted > 0 && packet !== flow.silence.packet) continue;
    found.push({ from: omitted > 0 ? to - flow.silence.length : from, to });
  }
  return found
    .sort((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, MOST_SILENCES)
    .map(({ from, to }) => ({ from: instantOf(epoch, from), to: instantOf(epoch, to) }));
}

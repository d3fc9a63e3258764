import type { ConnectionReport, EvidenceReport, Explanation, Incident } from "../incident/explanation.ts";
import { printInstant } from "../net/time.ts";
import { lossesOf } from "./stories.ts";

/** The answer in one line, and whether it is a loss. */
export interface Verdict {
  /**
   * `lost` when a cause is named, `undecided` when something was lost and no cause is, `nothing-seen` without any TCP
   * or where suspects were left aside.
   */
  readonly kind: "lost" | "undecided" | "nothing-lost" | "nothing-seen";
  readonly badge: "LOST" | "NOTHING LOST" | "NOTHING FOUND" | "NOTHING SEEN";
  /** What happened, to which connection, who did it, how sure. */
  readonly line: string;
}

/** Incidents with the same mechanism, culprit and confidence; the one that more followed from stands for all, of equals the first. */
export interface IncidentGroup {
  readonly first: Incident;
  readonly others: readonly Incident[];
}

/** The verdict of a whole explanation. */
export function verdictOf(explanation: Explanation): Verdict {
  const losses = explanation.incidents.filter((incident) => incident.contributes !== true);
  const incidents = losses.length > 0 ? losses : explanation.incidents;
  const groups = groupIncidents(incidents);
  const group = groups[0];
  if (group === undefined) return withoutLoss(explanation);
  const kind = groups.some(({ first }) => isDecided(first)) ? "lost" : "undecided";
  const { first } = group;
  const times = count(
    incidents.reduce((sum, incident) => sum + lossesOf(incident), 0),
    "time",
  );
  if (groups.length > 1) {
    const ways = new Set(groups.map(({ first: each }) => causeOf(each))).size;
    return { kind, badge: "LOST", line: ways > 1 ? `${times}, in ${ways} ways` : `${times}: ${causeOf(first)}` };
  }
  if (group.others.length > 0) return { kind, badge: "LOST", line: `${times} the same way, ${culprit(first)}` };
  const more = lossesOf(first) - 1;
  const line = `${connectionOf(first)}${more > 0 ? ` and ${grouped(more)} more the same way` : ""}, ${culprit(first)}`;
  return { kind, badge: "LOST", line };
}

/** Groups incidents that tell the same story, in order of first appearance. */
export function groupIncidents(incidents: readonly Incident[]): IncidentGroup[] {
  const groups = new Map<string, { first: Incident; others: Incident[] }>();
  for (const incident of incidents) {
    const key = [incident.cause, incident.variant, incident.initiator, incident.confidence].join("\n");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: incident, others: [] });
    else if ((incident.effects?.length ?? 0) > (group.first.effects?.length ?? 0)) {
      group.others.unshift(group.first);
      group.first = incident;
    } else group.others.push(incident);
  }
  return [...groups.values()];
}

/** True when the incident names a cause, not only a loss. */
export const isDecided = (incident: Incident): boolean => incident.cause !== "inconclusive";

/** The lost connection. */
export function connectionOf(incident: Incident): string {
  const lost = incident.connections[0];
  return lost === undefined ? "a connection" : endsText(lost);
}

/** `10.0.0.1:40000 → 10.0.0.2:443`, or as much of a connection as is known. */
export function endsText({ client, server }: Pick<ConnectionReport, "client" | "server">): string {
  if (client === "unknown" && server === "unknown") return "a connection";
  if (client === "unknown") return `a connection to ${server}`;
  return server === "unknown" ? `a connection of ${client}` : `${client} → ${server}`;
}

/** `by the server (certain)`, or that the evidence does not say. */
export function culprit(incident: Incident): string {
  if (!isDecided(incident)) return "and the evidence does not decide how";
  return `${BY[incident.initiator]} (${incident.confidence})`;
}

/** `backend-tuple-collision, old-connection-lost` */
export function causeOf(incident: Incident): string {
  return incident.variant === undefined ? incident.cause : `${incident.cause}, ${incident.variant}`;
}

/** `2026-11-20 15:19:40.096329 UTC` */
export function instantForPeople(instant: bigint): string {
  return printInstant(instant).replace("T", " ").replace(/Z$/, " UTC");
}

/** When an incident happened; of several losses alike, when the first did and when the last. */
export function whenOf({ at, until }: Pick<Incident, "at" | "until">): string {
  const first = instantForPeople(at);
  if (until === undefined) return first;
  const last = instantForPeople(until);
  const date = first.slice(0, first.indexOf(" ") + 1);
  return `${first}, the last at ${last.startsWith(date) ? last.slice(date.length) : last}`;
}

/** `1 packet`, `12,345 packets` */
export function count(n: number, noun: string): string {
  return `${grouped(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** `1,234,567` */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

const BY: Readonly<Record<Incident["initiator"], string>> = {
  client: "by the client",
  server: "by the server",
  balancer: "by the balancer",
  unknown: "by whom is not seen",
};

/** The groups that the verdict does not tell already: of one loss only what made it worse. */
export function worthALine(groups: readonly IncidentGroup[]): readonly IncidentGroup[] {
  const losses = groups.filter(({ first }) => first.contributes !== true);
  return losses.length > 1 ? groups : groups.filter(({ first }) => first.contributes === true);
}

/** A group in a line: how often, what, by whom; or what it made worse. */
export function groupLine({ first, others }: IncidentGroup): string {
  if (first.contributes === true) return `made worse by ${causeOf(first)} (${first.confidence})`;
  const times = [first, ...others].reduce((sum, incident) => sum + lossesOf(incident), 0);
  return `${grouped(times)} × ${causeOf(first)}${isDecided(first) ? `, ${culprit(first)}` : ""}`;
}

/** What an incident's confidence promises. */
export function promiseOf({ confidence, evidence }: Pick<Incident, "confidence" | "evidence">): string {
  const captured = evidence.some((item) => item.packet !== undefined);
  switch (confidence) {
    case "certain":
      return captured ? "the packets prove it" : "the log states it";
    case "likely":
      return captured
        ? "everything seen fits, one vantage point is missing"
        : "everything logged fits, a capture would prove it";
    case "possible":
      return "it fits, and so would other causes";
  }
}

/** What the evidence of a story is called: packets, lines, or both. */
export function proofTitle(story: readonly EvidenceReport[], proved: boolean): string {
  const packets = story.some((item) => item.packet !== undefined);
  const lines = story.some((item) => item.line !== undefined);
  const what = packets && lines ? "packets and lines" : lines ? "lines" : "packets";
  return proved ? `The ${what} that ${packets ? "prove" : "tell"} it` : `The ${what} that were seen`;
}

function withoutLoss({ inputs, totals }: Explanation): Verdict {
  const captures = inputs.filter((input) => input.packets !== undefined);
  const packets = `${count(totals.packets, "packet")} of ${count(captures.length, "capture")}`;
  if (captures.length === 0 && inputs.length > 0) return withoutCaptures(inputs);
  if (totals.tcpPackets === 0) {
    return { kind: "nothing-seen", badge: "NOTHING SEEN", line: `no TCP in ${packets}` };
  }
  const unread = captures.some((input) => input.problems.length > 0) ? ", as far as they could be read" : "";
  const aside = totals.leftAside > 0 ? `, ${count(totals.leftAside, "suspect")} left aside` : "";
  const line = `in ${count(totals.flows, "flow")}, ${packets}${unread}${aside}`;
  // Who has not looked at every suspect cannot say that nothing was lost.
  if (totals.leftAside > 0) return { kind: "nothing-seen", badge: "NOTHING FOUND", line };
  return { kind: "nothing-lost", badge: "NOTHING LOST", line };
}

function withoutCaptures(inputs: Explanation["inputs"]): Verdict {
  const logs = inputs.filter((input) => input.entries !== undefined && input.kind !== "keylog");
  const entries = logs.reduce((sum, { entries: each = 0 }) => sum + each, 0);
  const line = `in ${count(entries, "line")} of ${count(logs.length, "log")}; no capture was given`;
  return { kind: "nothing-seen", badge: "NOTHING FOUND", line };
}

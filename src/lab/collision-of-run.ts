import { join } from "node:path";
import type { Explanation } from "../incident/explanation.ts";
import { seqAtOrAfter, seqDiff } from "../net/sequence.ts";
import { ACK, printFlags, RST, SYN } from "../net/tcp-flags.ts";
import type { Collision, SeenPacket } from "../report/comparison/comparison.ts";
import { incidentOfCollision } from "../report/comparison/incident-of-collision.ts";
import type { Segment } from "../session/segment.ts";
import { connectionsOf, type SeenConnection } from "./packets-of-port.ts";
import type { LabRun } from "./run-lab.ts";

/**
 * One collision of a run, whole, from its captures: of those that `explain` found, the one of which most is to be seen (the older connection's PING, the
 * newer one's loss, the server's side). Packets are told as they are; that they are a collision is read from them anew: a SYN answered by a bare ACK.
 */
export async function collisionOf(run: LabRun, explanation: Explanation): Promise<Collision | undefined> {
  const { hosts } = run.plan;
  const nodes = new Set(hosts.filter(({ kind }) => kind === "balancer").map(({ address }) => address));
  const clients = new Set(
    explanation.incidents
      .filter(({ cause, variant }) => cause === "backend-tuple-collision" && variant === "old-connection-lost")
      .flatMap(({ connections }) => connections)
      .filter(({ server }) => nodes.has(addressOf(server)))
      .map(({ client }) => client),
  );
  const keys = join(run.evidence, "sslkeys.log");
  const found: Collision[] = [];
  for (const host of hosts.filter(({ kind }) => kind === "client")) {
    const own = new Set([...clients].filter((client) => addressOf(client) === host.address));
    if (own.size === 0) continue;
    const all = await connectionsOf(join(run.evidence, `${host.name}.pcap`), own, keys);
    found.push(...all.flatMap((newer) => collisionsWith(newer, all, run)));
  }
  // The ones that lead an incident have their log lines and both tables told with them.
  const worth = (one: Collision): number =>
    shownBy(one) + (incidentOfCollision(one, explanation.incidents) === undefined ? 0 : 6);
  const [best] = found.sort((a, b) => worth(b) - worth(a));
  return best === undefined ? undefined : await withServer(best, run, keys);
}

const addressOf = (end: string): string => end.slice(0, end.lastIndexOf(":")).replace(/^\[|\]$/g, "");

/** The older connection that a new one met, if it met one. */
function collisionsWith(newer: SeenConnection, all: readonly SeenConnection[], run: LabRun): Collision[] {
  const [syn, answer] = newer.segments;
  if (syn === undefined || answer === undefined || (syn.flags & (SYN | ACK)) !== SYN) return [];
  if (answer.from !== "server" || (answer.flags & (SYN | ACK | RST)) !== ACK) return [];
  const older = all.findLast(
    ({ client, server, segments }) =>
      client === newer.client &&
      server !== newer.server &&
      (segments[0]?.time ?? Number.POSITIVE_INFINITY) < syn.time &&
      (segments.at(-1)?.time ?? 0) > syn.time,
  );
  if (older === undefined) return [];
  const atClient = merged([packetsOf(older, "older", run), packetsOf(newer, "newer", run)]);
  return [{ client: newer.client, older: older.server, newer: newer.server, atClient, atServer: [] }];
}

/** How much of a collision can be drawn. */
function shownBy({ atClient }: Collision): number {
  const syn = atClient.find(({ connection }) => connection === "newer")?.at ?? 0;
  const after = atClient.filter(({ at }) => at >= syn);
  const says = (connection: "older" | "newer"): number =>
    after.some((one) => one.connection === connection && one.fromClient && one.says.some((word) => /^PING/.test(word)))
      ? 1
      : 0;
  const before = atClient.filter(({ at }) => at < syn && syn - at < 60).length;
  return (
    4 * says("older") +
    says("newer") +
    2 * (after.some(({ notes }) => notes.includes("foreign")) ? 1 : 0) +
    // Given up by its health check, as in the account, rather than reset by who has no such connection any more.
    2 * (after.some(({ connection, flags }) => connection === "older" && flags.includes("RST")) ? 0 : 1) +
    Math.min(1, before / 50)
  );
}

/** The same two connections at the server: the one where the newer one's SYN came. */
async function withServer(collision: Collision, run: LabRun, keys: string): Promise<Collision> {
  const clients = new Set([collision.client]);
  const syn = collision.atClient.find(({ connection }) => connection === "newer");
  for (const { name } of run.plan.hosts.filter(({ kind }) => kind === "server")) {
    const all = await connectionsOf(join(run.evidence, `${name}.pcap`), clients, keys);
    const at = all.findIndex(({ segments, epochMs }) => {
      const first = segments[0];
      return (
        first !== undefined &&
        (first.flags & SYN) !== 0 &&
        syn !== undefined &&
        Math.abs(secondsOf(first, epochMs, run) - syn.at) < 0.05
      );
    });
    const [older, newer] = [all[at - 1], all[at]];
    if (older === undefined || newer === undefined) continue;
    const atServer = merged([packetsOf(older, "older", run), packetsOf(newer, "newer", run)]);
    return { ...collision, server: name, atServer };
  }
  return collision;
}

const merged = (each: readonly (readonly SeenPacket[])[]): readonly SeenPacket[] =>
  each.flat().sort((a, b) => a.packet - b.packet);

const secondsOf = ({ time }: Segment, epochMs: number, run: LabRun): number =>
  (epochMs + time / 1e6 - run.startedAtMs) / 1000;

function packetsOf(
  { segments, words, epochMs }: SeenConnection,
  connection: "older" | "newer",
  run: LabRun,
): readonly SeenPacket[] {
  const first: { client?: number; server?: number } = {};
  /** The highest number each side has sent. */
  const next: { client?: number; server?: number } = {};
  return segments.map((segment): SeenPacket => {
    const { from, flags, length } = segment;
    const other = from === "client" ? "server" : "client";
    const bare = (flags & (SYN | RST)) === 0;
    // Before the SYN-ACK a server's numbers are of another connection.
    if (from === "client" || (flags & SYN) !== 0) first[from] ??= segment.seq;
    const mine = next[from];
    const theirs = next[other];
    const foreign =
      bare &&
      mine !== undefined &&
      (Math.abs(seqDiff(segment.seq, mine)) > FAR ||
        (theirs !== undefined && Math.abs(seqDiff(segment.ack, theirs)) > FAR));
    const challenge = segment.notes.includes("challengeAck");
    const end = (segment.seq + length + ((flags & SYN) !== 0 ? 1 : 0)) >>> 0;
    if (!foreign && !challenge && (flags & RST) === 0 && (mine === undefined || seqAtOrAfter(end, mine)))
      next[from] = end;
    const again = segment.notes.some((note) => /etransmission/.test(note));
    const relative = (number: number, side: "client" | "server"): number =>
      first[side] === undefined ? number : seqDiff(number, first[side]) >>> 0;
    return {
      packet: segment.packet,
      at: secondsOf(segment, epochMs, run),
      connection,
      fromClient: from === "client",
      flags: printFlags(flags),
      seq: relative(segment.seq, from),
      ...((flags & ACK) === 0 ? {} : { ack: relative(segment.ack, other) }),
      length,
      says: words.get(segment.packet) ?? [],
      notes: [
        ...(segment.notes.includes("synOnOpenFlow") ? (["syn-on-open"] as const) : []),
        ...(segment.notes.includes("portReused") ? (["port-reused"] as const) : []),
        ...(challenge ? (["challenge"] as const) : []),
        ...(again ? (["again"] as const) : []),
        ...(foreign && !challenge ? (["foreign"] as const) : []),
      ],
    };
  });
}

/** Numbers further apart are another connection's. */
const FAR = 1 << 24;

import { type CollisionReading, isForeign, isOwn, isReset, isSyn } from "./collision-reading.ts";
import type { Collision, SeenPacket } from "./comparison.ts";

/** What is said below each figure of a collision. */
export interface CollisionCaptions {
  readonly lost: string;
  readonly port: string;
  readonly beginning: string;
  readonly overTime: string;
  readonly moment: string;
  readonly atServer: string;
}

/** Every clause is there because a packet shows it. */
export function collisionCaptions(collision: Collision, reading: CollisionReading): CollisionCaptions {
  const { older, newer, client, server = "", atServer } = collision;
  const port = client.slice(client.lastIndexOf(":") + 1);
  const open = !reading.older.some(({ at, flags }) => at < reading.syn.at && /FIN|RST/.test(flags));
  // The server's kernel says so itself: by a challenge ACK.
  const met = atServer.some(
    ({ connection, notes }) => notes.includes("syn-on-open") || (connection === "newer" && notes.includes("challenge")),
  );
  return {
    lost: lost(older, reading),
    port: `The port of the older connection, ${port}, opens another one to ${newer}${open ? " while the first is open" : ""}.`,
    beginning: isOrdinary(reading.older)
      ? `The older one was opened to ${older} before, from the same port, in the ordinary way.`
      : `The older one goes to ${older}, from the same port; its opening is not in this capture whole.`,
    overTime: `Both connections of the port over time, the client's packets above the line, the servers' below${silence(reading)}.`,
    moment: `That moment, filtered for the port: ${opening(reading.newer)}`,
    atServer: `The same moment at ${server}${met ? ": a SYN in the middle of an open connection" : ""}.`,
  };
}

/** What the client sent on the older connection after the newer one's SYN, and what came of it. */
function lost(older: string, { heard, sent, came }: CollisionReading): string {
  const [asked] = sent;
  if (asked === undefined) return `After the newer one's SYN the client sends nothing more to ${older}.`;
  const data = came.some(({ at, length }) => at < asked.at && length > 0);
  const after =
    heard === undefined || data ? "The" : `After ${(asked.at - heard.at).toFixed(1)} s without data from ${older} the`;
  const answers = came.filter(({ at }) => at >= asked.at);
  const own = answers.find(isOwn);
  const reset = answers.find(isReset);
  const again = sent.findLast(({ notes }) => notes.includes("again"));
  return [
    `${after} client sends ${wordOf(asked)} to it.`,
    ...(answers.length === 0 ? ["Nothing comes back."] : []),
    ...(answers.some(isForeign) ? ["What comes back has numbers that it never heard of."] : []),
    ...(own === undefined ? [] : [`At ${seconds(own)} it is answered in its own numbers.`]),
    ...(again === undefined ? [] : [`At ${seconds(again)} its kernel still repeats it.`]),
    ...(reset === undefined ? [] : [`At ${seconds(reset)} it is answered by a RST.`]),
  ].join(" ");
}

const seconds = ({ at }: SeenPacket): string => `${at.toFixed(1)} s`;

/** What was said in a packet, or else its kind. */
function wordOf({ says, length, flags }: SeenPacket): string {
  const word = says[0]?.split(",")[0];
  if (word?.startsWith("PING")) return "PING";
  return word ?? (length > 0 ? "data" : flags);
}

/** A handshake, nothing notable in it. */
function isOrdinary(packets: readonly SeenPacket[]): boolean {
  const [syn, answer, ack] = packets;
  return (
    syn !== undefined &&
    isSyn(syn) &&
    answer?.flags === "SYN, ACK" &&
    ack?.fromClient === true &&
    ack.flags === "ACK" &&
    [syn, answer, ack].every(({ notes }) => notes.length === 0)
  );
}

/** What is heard on the older connection once the newer one has begun. */
function silence({ came }: CollisionReading): string {
  if (came.some(isOwn)) return "";
  const heard = [
    ...(came.some(isForeign) ? ["numbers of another connection"] : []),
    ...(came.some(isReset) ? ["a RST"] : []),
  ];
  return `: from the newer one's SYN on nothing comes on the older one${heard.length === 0 ? "" : ` but ${heard.join(" and ")}`}`;
}

/** The newer connection's packets in words, until it is open or refused. */
function opening(newer: readonly SeenPacket[]): string {
  const end = newer.findIndex((one) => !one.fromClient && /SYN|RST/.test(one.flags));
  const steps = newer
    .slice(0, end < 0 ? undefined : end + 1)
    .flatMap((one, i) => stepOf(one, i === 0))
    // A step that is only repeated is one step.
    .filter((step, i, all) => step !== all[i - 1]);
  if (end < 0) return `${steps.join(", ")}. No SYN-ACK is seen.`;
  const last = steps.pop() ?? "";
  return `${steps.join(", ")}, and ${steps.length > 1 ? "now" : "then"} ${last}.`;
}

function stepOf(one: SeenPacket, first: boolean): readonly string[] {
  if (isSyn(one)) return [first ? "SYN" : "the SYN again"];
  if (one.fromClient) return isReset(one) ? ["the client's RST"] : [];
  if (isReset(one)) return ["a RST of the server"];
  if (one.flags === "SYN, ACK") return ["SYN-ACK"];
  return one.notes.includes("challenge") ? ["a challenge ACK in place of SYN-ACK"] : ["an ACK in place of SYN-ACK"];
}

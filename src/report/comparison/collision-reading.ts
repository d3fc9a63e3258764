import type { Collision, SeenPacket } from "./comparison.ts";

/** What the packets of a collision show at the client. */
export interface CollisionReading {
  readonly older: readonly SeenPacket[];
  readonly newer: readonly SeenPacket[];
  /** The SYN with which the newer connection begins. */
  readonly syn: SeenPacket;
  /** The last data that came on the older connection before `syn`; absent: none did. */
  readonly heard: SeenPacket | undefined;
  /** What the client sent on the older connection after `syn`, and what came on it. */
  readonly sent: readonly SeenPacket[];
  readonly came: readonly SeenPacket[];
}

/** Reads a collision; `undefined` where its packets lack one of the two connections, or the newer one's SYN. */
export function readCollision({ atClient }: Collision): CollisionReading | undefined {
  const older = atClient.filter(({ connection }) => connection === "older");
  const newer = atClient.filter(({ connection }) => connection === "newer");
  const [syn] = newer;
  if (older.length === 0 || syn === undefined || !isSyn(syn)) return undefined;
  const after = older.filter(({ at }) => at > syn.at);
  return {
    older,
    newer,
    syn,
    heard: older.findLast(({ fromClient, at, length }) => !fromClient && at < syn.at && length > 0),
    sent: after.filter(({ fromClient }) => fromClient),
    came: after.filter(({ fromClient }) => !fromClient),
  };
}

/** A client's SYN. */
export const isSyn = ({ fromClient, flags }: SeenPacket): boolean => fromClient && flags === "SYN";

export const isReset = ({ flags }: SeenPacket): boolean => flags.includes("RST");

/** It has another connection's numbers. */
export const isForeign = ({ notes }: SeenPacket): boolean => notes.includes("foreign") || notes.includes("challenge");

/** It belongs to the connection on which it came. */
export const isOwn = (one: SeenPacket): boolean => !isForeign(one) && !isReset(one);

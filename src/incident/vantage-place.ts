import { ACK, RST, SYN } from "../net/tcp-flags.ts";
import type { Trail } from "../session/segment.ts";
import type { Vantage } from "../signature/scene.ts";

/** Initial TTLs of the operating systems in use (Linux and macOS 64, Windows 128, some network gear 255). */
const FRESH = [64, 128, 255];
/** One wait of the handshake must be this much longer than the other to tell the end it was taken at. */
const CLEARLY = 3;

/**
 * Where a capture was taken. At the client the SYN-ACK is waited for and the ACK follows at once; at
 * the server it is the other way round. TTLs that were lowered on the way contradict: nobody's own
 * packets leave with 63. Where both waits are alike or nothing was opened, TTLs alone decide.
 */
export function vantagePlace(trails: readonly Trail[]): Vantage["place"] {
  const votes = { client: 0, server: 0, middle: 0 };
  for (const trail of trails) {
    const vote = byHandshake(trail);
    if (vote !== undefined) votes[vote]++;
  }
  const { client, server, middle } = votes;
  if (client > 2 * (server + middle)) return "client";
  if (server > 2 * (client + middle)) return "server";
  return byTtl(trails) ?? (middle > client + server ? "middle" : "unknown");
}

function byHandshake(trail: Trail): "client" | "server" | "middle" | undefined {
  const synAck = trail.segments.find((s) => s.from === "server" && (s.flags & (SYN | ACK)) === (SYN | ACK));
  if (synAck === undefined) return undefined;
  // The SYN that was answered is the last one before: earlier ones may have been lost or refused.
  const syn = trail.segments.findLast(
    (s) => s.from === "client" && (s.flags & (SYN | ACK)) === SYN && s.packet < synAck.packet,
  );
  const ack = trail.segments.find(
    (s) => s.from === "client" && s.packet > synAck.packet && (s.flags & (SYN | RST | ACK)) === ACK,
  );
  if (syn === undefined || ack === undefined) return undefined;
  const there = synAck.time - syn.time;
  const back = ack.time - synAck.time;
  if (there > CLEARLY * back) return FRESH.includes(syn.ttl) ? "client" : "middle";
  if (back > CLEARLY * there) return FRESH.includes(synAck.ttl) ? "server" : "middle";
  // Alike on one wire, too: between the ends only where somebody lowered a TTL on the way.
  return FRESH.includes(syn.ttl) && FRESH.includes(synAck.ttl) ? undefined : "middle";
}

function byTtl(trails: readonly Trail[]): Vantage["place"] | undefined {
  let client = 0;
  let server = 0;
  let both = 0;
  let neither = 0;
  for (const trail of trails) {
    const own = trail.segments.find((s) => s.from === "client");
    const other = trail.segments.find((s) => s.from === "server");
    if (own === undefined || other === undefined) continue;
    const freshClient = FRESH.includes(own.ttl);
    const freshServer = FRESH.includes(other.ttl);
    if (freshClient && freshServer) both++;
    else if (freshClient) client++;
    else if (freshServer) server++;
    else neither++;
  }
  if (client > 0 && server + neither + both === 0) return "client";
  if (server > 0 && client + neither + both === 0) return "server";
  if (neither > 0 && client + server + both === 0) return "middle";
  return undefined;
}

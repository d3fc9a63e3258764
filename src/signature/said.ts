import type { SessionEvent } from "../session/conversation.ts";
import { GOAWAY, PING } from "../session/http2/names.ts";
import type { Session } from "../session/session-recorder.ts";
import type { Payload } from "./payload.ts";

const [DATA, HEADERS, PUSH_PROMISE, CONTINUATION] = [0x0, 0x1, 0x5, 0x9] as const;
const EXCHANGE: readonly number[] = [DATA, HEADERS, PUSH_PROMISE, CONTINUATION];

/** What the payload of a packet is for, by what was read of it: decrypted or in the clear. */
export function payloadSaid(session: Session | undefined): (packet: number) => Payload | undefined {
  if (session === undefined) return () => undefined;
  const byPacket = new Map<number, SessionEvent[]>();
  for (const event of session.events) {
    const known = byPacket.get(event.packet);
    if (known === undefined) byPacket.set(event.packet, [event]);
    else known.push(event);
  }
  return (packet) => {
    const events = byPacket.get(packet);
    return events === undefined ? undefined : purposeOf(events);
  };
}

/** An alert that is encrypted says farewell; messages of a handshake under way are told from the records themselves. */
function purposeOf(events: readonly SessionEvent[]): Payload | undefined {
  const known = { pingSized: false, inferred: false };
  const types = events.flatMap((event) => (event.kind === "http2-frame" ? [event.type] : []));
  if (types.length > 0) {
    if (types.includes(GOAWAY)) return { kind: "goaway", ...known };
    const exchange = types.some((type) => EXCHANGE.includes(type));
    const pings = types.every((type) => type === PING);
    return { kind: exchange ? "frames" : "control", pingSized: pings, inferred: false };
  }
  if (events.every((event) => event.kind === "tls-alert")) return { kind: "farewell", ...known };
  return undefined;
}

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { ACK, FIN, SYN } from "../../src/net/tcp-flags.ts";
import { nodeCiphers } from "../../src/node-ciphers.ts";
import { Conversation, type SessionEvent, type SessionSummary } from "../../src/session/conversation.ts";
import type { Direction } from "../../src/session/payload/chunk.ts";
import { KeyLog } from "../../src/session/tls/key-log.ts";

/** Bytes as they went by between two real ends; 0 is from the client. */
export interface Said {
  readonly direction: Direction;
  readonly bytes: Uint8Array;
  /** Not captured. */
  readonly lost?: true;
}

/**
 * Lets a real client talk to a real server through a wire on the loopback interface that writes down what
 * went by, until both have closed.
 */
export async function recorded(server: Server, talk: (port: number) => Promise<void>): Promise<Said[]> {
  const said: Said[] = [];
  const serverPort = await listening(server);
  const closed: Promise<unknown>[] = [];
  const wire = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: serverPort, host: "127.0.0.1", allowHalfOpen: true });
    closed.push(carry(near, far, 0, said), carry(far, near, 1, said));
    // A client that has closed hears nothing more, whatever the server still wants to say.
    near.on("end", () => {
      near.end();
      far.end(() => far.destroy());
    });
  });
  const port = await listening(wire);
  await talk(port);
  await Promise.all(closed);
  wire.close();
  server.close();
  return said;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function carry(from: Socket, to: Socket, direction: Direction, said: Said[]): Promise<void> {
  from.on("error", () => to.destroy());
  from.on("data", (bytes: Buffer) => {
    said.push({ direction, bytes: new Uint8Array(bytes) });
    to.write(bytes);
  });
  from.on("end", () => to.end());
  await new Promise<void>((resolve) => from.on("close", () => resolve()));
}

export interface Heard {
  readonly events: readonly SessionEvent[];
  readonly summary: SessionSummary;
}

/** What the session room makes of a conversation; packets are numbered from 3, after SYN and SYN-ACK. */
export function heard(said: readonly Said[], keyLog: string | KeyLog = ""): Heard {
  const events: SessionEvent[] = [];
  const keys = typeof keyLog === "string" ? new KeyLog() : keyLog;
  if (typeof keyLog === "string") keys.add(new TextEncoder().encode(keyLog));
  const conversation = new Conversation(0, {
    ciphers: nodeCiphers,
    keys,
    emit: (event) => events.push(event),
    budget: { left: 1 << 26 },
  });
  const next: [number, number] = [1000, 2000];
  let packet = 0;
  const send = (direction: Direction, flags: number, bytes: Uint8Array): void => {
    packet++;
    const seq = next[direction];
    next[direction] = (seq + bytes.length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0)) >>> 0;
    const ack = next[direction === 0 ? 1 : 0];
    conversation.segment(direction, { packet, time: packet * 1e6, flags, seq, length: bytes.length, bytes }, ack);
  };
  send(0, SYN, NOTHING);
  send(1, SYN | ACK, NOTHING);
  for (const { direction, bytes, lost } of said) {
    if (lost) next[direction] = (next[direction] + bytes.length) >>> 0;
    else send(direction, ACK, bytes);
  }
  send(0, ACK | FIN, NOTHING);
  send(1, ACK | FIN, NOTHING);
  return { events, summary: conversation.finish() };
}

const NOTHING: Uint8Array = new Uint8Array(0);

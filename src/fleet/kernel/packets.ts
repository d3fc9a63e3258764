/**
 * Packets on their way, as rows of one typed array. A packet is a TCP segment with addresses and carries no bytes: its payload is a range
 * of the sender's stream, and the sender's socket keeps the messages in it until nothing points to them any more.
 */
export class Packets {
  rows: Int32Array = new Int32Array(WORDS * 1024);
  #free = -1;
  #used = 0;
  /** Packets in flight. */
  count = 0;

  take(): number {
    this.count++;
    const free = this.#free;
    if (free >= 0) {
      this.#free = this.rows[free * WORDS] as number;
      return free;
    }
    if ((this.#used + 1) * WORDS > this.rows.length) {
      const rows = new Int32Array(2 * this.rows.length);
      rows.set(this.rows);
      this.rows = rows;
    }
    return this.#used++;
  }

  release(packet: number): void {
    this.count--;
    this.rows[packet * WORDS] = this.#free;
    this.#free = packet;
  }
}

export const PACKET_WORDS = 16;
/** A constant of its own, as layout.ts says. */
const WORDS = PACKET_WORDS;
/** Words of a row. Both ends are endpoints (engine/endpoint.ts). */
export const P_FROM = 0;
export const P_TO = 1;
export const P_SEQ = 2;
export const P_ACK = 3;
/** Flags as in net/tcp-flags.ts. */
export const P_FLAGS = 4;
/** Payload bytes. */
export const P_LENGTH = 5;
/** Window field as it stands in the header. */
export const P_WINDOW = 6;
/** Timestamp value and echo (RFC 7323); meaningful with `O_TIMESTAMP`. */
export const P_TS = 7;
export const P_ECHO = 8;
/** Which options it has: the `O_` bits. */
export const P_OPTIONS = 9;
/** The socket that sent it, whose stream the payload is part of; -1: none (a reset by a kernel or a box). */
export const P_SOCKET = 10;
/** The place where it arrives next. */
export const P_HOP = 11;
/** TTL in the upper half, IP identification in the lower. */
export const P_TTL_ID = 12;
export const O_TIMESTAMP = 1;
/** MSS, SACK permitted, window scale: what a SYN carries. */
export const O_SYN = 2;

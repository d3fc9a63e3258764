import type { Nanoseconds } from "../../net/time.ts";
import type { Chunk, Gap } from "./chunk.ts";
import { concat } from "./concat.ts";

/** A unit cut out of a byte stream: a TLS record or an HTTP/2 frame. */
export interface Piece {
  readonly header: Uint8Array;
  /** Length of the body as the header says. */
  readonly length: number;
  /** The body's beginning, as much as was asked for and came without a gap. */
  readonly body: Uint8Array;
  /** False when bytes of the body that were asked for are missing. */
  readonly whole: boolean;
  /** The packets with the first byte of the header and with the last byte of the body. */
  readonly firstPacket: number;
  readonly packet: number;
  readonly time: Nanoseconds;
}

export interface CutterRules {
  readonly headerLength: number;
  /** How long the body behind this header is; undefined when this can be no header. */
  readonly bodyLength: (header: Uint8Array) => number | undefined;
  /** How many bytes of the body are wanted. */
  readonly wanted: (header: Uint8Array, length: number) => number;
  /** Whether a unit seems to start at the first of these bytes: asked after a loss, at each start of a chunk. */
  readonly plausible: (bytes: Uint8Array) => boolean;
  readonly onPiece: (piece: Piece) => void;
  /** Bytes from here to the next plausible start are not understood. */
  readonly onLost: (packet: number) => void;
}

const EMPTY: Uint8Array = new Uint8Array(0);

/**
 * Cuts a byte stream into units of a header with a length and a body. Holds one header and the
 * wanted part of one body. A gap that falls into a body only costs that body; one that hides a header
 * costs everything up to the next chunk that seems to start with one.
 */
export class Cutter {
  readonly #rules: CutterRules;
  readonly #header: Uint8Array;
  #headerFilled = 0;
  #length = 0;
  #done = 0;
  #wanted = 0;
  #parts: Uint8Array[] = [];
  #kept = 0;
  #whole = true;
  #lost = false;
  #firstPacket = 0;

  constructor(rules: CutterRules) {
    this.#rules = rules;
    this.#header = new Uint8Array(rules.headerLength);
  }

  /** Bytes of a unit that is not complete yet. */
  get pending(): boolean {
    return this.#headerFilled > 0;
  }

  data(chunk: Chunk): void {
    const { bytes, packet, time } = chunk;
    if (this.#lost) {
      if (!this.#rules.plausible(bytes)) return;
      this.#lost = false;
    }
    let at = 0;
    while (at < bytes.length) {
      if (this.#headerFilled < this.#header.length) {
        if (this.#headerFilled === 0) this.#firstPacket = packet;
        const part = bytes.subarray(at, at + this.#header.length - this.#headerFilled);
        this.#header.set(part, this.#headerFilled);
        this.#headerFilled += part.length;
        at += part.length;
        if (this.#headerFilled < this.#header.length) return;
        if (!this.#startBody(packet)) return;
      } else {
        const part = bytes.subarray(at, at + this.#length - this.#done);
        this.#keep(part);
        this.#done += part.length;
        at += part.length;
      }
      if (this.#done === this.#length) this.#complete(packet, time);
    }
  }

  gap({ length, packet, time }: Gap): void {
    if (this.#lost) return;
    const inBody = this.#headerFilled === this.#header.length && this.#done + length <= this.#length;
    if (!inBody) {
      this.#lose(packet);
      return;
    }
    if (this.#done < this.#wanted) {
      this.#whole = false;
      this.#wanted = 0;
    }
    this.#done += length;
    if (this.#done === this.#length) this.#complete(packet, time);
  }

  /** False when the header can be none. */
  #startBody(packet: number): boolean {
    const length = this.#rules.bodyLength(this.#header);
    if (length === undefined) {
      this.#lose(packet);
      return false;
    }
    this.#length = length;
    this.#done = 0;
    this.#wanted = Math.min(length, this.#rules.wanted(this.#header, length));
    this.#parts = [];
    this.#kept = 0;
    this.#whole = true;
    return true;
  }

  #keep(part: Uint8Array): void {
    const some = part.subarray(0, Math.max(0, this.#wanted - this.#kept));
    if (some.length === 0) return;
    this.#parts.push(some);
    this.#kept += some.length;
  }

  #complete(packet: number, time: Nanoseconds): void {
    const piece: Piece = {
      header: this.#header.slice(),
      length: this.#length,
      body: this.#parts.length === 1 ? (this.#parts[0] ?? EMPTY) : concat(this.#parts),
      whole: this.#whole,
      firstPacket: this.#firstPacket,
      packet,
      time,
    };
    this.#reset();
    this.#rules.onPiece(piece);
  }

  #lose(packet: number): void {
    this.#lost = true;
    this.#reset();
    this.#rules.onLost(packet);
  }

  #reset(): void {
    this.#headerFilled = 0;
    this.#length = 0;
    this.#done = 0;
    this.#parts = [];
    this.#kept = 0;
  }
}

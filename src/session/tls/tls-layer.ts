/**
 * TLS over a TCP conversation: cuts records, reads the handshake, opens protected records where the
 * secrets are known, and hands application data to the layer inside.
 *
 * Records before the ServerHello that need its suite (early data, RFC 8446 §4.2.10) wait for it, within a bound.
 * Not done: 0-RTT with a suite other than the connection's, compression, SSL 3.0 and before, DTLS.
 */
import type { ProblemTally } from "../../net/problem.ts";
import { type Chunk, type Direction, type Gap, type Layer, other } from "../payload/chunk.ts";
import { Cutter, type Piece } from "../payload/cutter.ts";
import { protectionOf } from "./cipher-suites.ts";
import type { Ciphers } from "./ciphers.ts";
import { Handshake } from "./handshake.ts";
import { HandshakeBuffer } from "./handshake-buffer.ts";
import type { KeyLog } from "./key-log.ts";
import { ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, SERVER_HELLO, TLS_1_3 } from "./names.ts";
import type { RecordOpener } from "./record-opener.ts";
import type { Decryption, TlsEvent, TlsSummary } from "./tls-events.ts";

/** What a TLS layer needs. */
export interface TlsMeans {
  readonly ciphers: Ciphers;
  readonly keys: KeyLog;
  readonly emit: (event: TlsEvent) => void;
  readonly problems: ProblemTally;
  /** The layer for what is inside, once there is something. */
  readonly inside: (alpn: string | undefined) => Layer;
}

/** Ciphertext may be this long (RFC 5246 §6.2.3; TLS 1.3 allows less). */
const LONGEST_RECORD = 16_384 + 2048;
/** Bytes of early data that wait for the ServerHello. */
const MOST_WAITING: number = 256 * 1024;
/** Record numbers tried after a loss, for one record and for a direction in all. */
const TRIES = 256;
const MOST_TRIES = 4096;

interface Side {
  readonly cutter: Cutter;
  readonly messages: HandshakeBuffer;
  /** Opens what is protected now, and what comes after the next ChangeCipherSpec. */
  opener: RecordOpener | undefined;
  next: RecordOpener | undefined;
  /** Whether records of this direction are protected (before TLS 1.3: from ChangeCipherSpec on). */
  sealed: boolean;
  /** Records were lost: their number is unknown. */
  uncertain: boolean;
  tries: number;
  waiting: Piece[];
  waitingBytes: number;
}

export class TlsLayer implements Layer {
  readonly #means: TlsMeans;
  readonly #sides: readonly [Side, Side];
  readonly #handshake: Handshake;
  #inside: Layer | undefined;
  #records = 0;
  #opened = 0;
  #unopened = 0;

  constructor(means: TlsMeans) {
    this.#means = means;
    this.#handshake = new Handshake({
      ciphers: means.ciphers,
      keys: means.keys,
      problems: means.problems,
      onOpeners: (direction, openers) => Object.assign(this.#sides[direction], openers),
    });
    this.#sides = [this.#newSide(0), this.#newSide(1)];
  }

  data(direction: Direction, chunk: Chunk): void {
    this.#sides[direction].cutter.data(chunk);
  }

  gap(direction: Direction, gap: Gap): void {
    this.#sides[direction].cutter.gap(gap);
  }

  end(direction: Direction): void {
    this.#release(direction);
    this.#inside?.end(direction);
  }

  summary(): TlsSummary {
    return {
      client: this.#handshake.client,
      version: this.#handshake.negotiated?.version,
      cipherSuite: this.#handshake.negotiated?.cipherSuite,
      serverName: this.#handshake.clientHello?.serverName,
      alpnOffered: this.#handshake.clientHello?.alpn ?? [],
      alpn: this.#handshake.alpn,
      decryption: this.#decryption(),
      records: this.#records,
      sealed: this.#unopened,
    };
  }

  #decryption(): Decryption {
    if (this.#opened > 0) return "opened";
    if (this.#unopened === 0) return "none";
    if (this.#handshake.negotiated === undefined || this.#handshake.clientHello === undefined) return "no-hello";
    const { cipherSuite, compression } = this.#handshake.negotiated;
    if (protectionOf(cipherSuite) === undefined || compression !== 0) return "unsupported";
    return this.#sides.some((side) => side.opener !== undefined) ? "wrong-secret" : "no-secret";
  }

  #newSide(direction: Direction): Side {
    return {
      cutter: new Cutter({
        headerLength: 5,
        bodyLength: (header) => (isRecordHeader(header) ? lengthOf(header) : undefined),
        wanted: (_, length) => length,
        plausible: isRecordHeader,
        onPiece: (piece) => this.#record(direction, piece),
        onLost: (packet) => this.#lost(direction, packet),
      }),
      messages: new HandshakeBuffer(),
      opener: undefined,
      next: undefined,
      sealed: false,
      uncertain: false,
      tries: 0,
      waiting: [],
      waitingBytes: 0,
    };
  }

  #record(direction: Direction, piece: Piece): void {
    const side = this.#sides[direction];
    const type = piece.header[0] ?? 0;
    if (this.#mustWait(direction, type)) {
      if (side.waitingBytes + piece.length <= MOST_WAITING) {
        side.waiting.push(piece);
        side.waitingBytes += piece.length;
        return;
      }
      this.#release(direction);
    }
    this.#take(direction, piece);
  }

  /** Early data comes before its suite is known. */
  #mustWait(direction: Direction, type: number): boolean {
    const side = this.#sides[direction];
    return (
      this.#handshake.client === direction &&
      this.#handshake.serverHello === undefined &&
      (type === APPLICATION_DATA || side.waiting.length > 0)
    );
  }

  #release(direction: Direction): void {
    const side = this.#sides[direction];
    const waiting = side.waiting;
    side.waiting = [];
    side.waitingBytes = 0;
    for (const piece of waiting) this.#take(direction, piece);
  }

  #take(direction: Direction, piece: Piece): void {
    this.#records++;
    const side = this.#sides[direction];
    const type = piece.header[0] ?? 0;
    const is13 = this.#handshake.serverHello?.version === TLS_1_3;
    if (type === APPLICATION_DATA || (side.sealed && !is13 && type !== CHANGE_CIPHER_SPEC)) {
      this.#protected(direction, piece);
      return;
    }
    this.#emitRecord(direction, piece, "plain");
    if (type === CHANGE_CIPHER_SPEC) {
      // TLS 1.3 sends it for old boxes only, after the first hello of a side (RFC 8446 appendix D.4).
      if (is13 || (this.#handshake.serverHello === undefined && this.#handshake.clientHello?.version === TLS_1_3))
        return;
      side.sealed = true;
      side.opener = side.next;
      side.next = undefined;
    } else if (piece.whole) this.#content(direction, piece, type, piece.body);
    else if (type === HANDSHAKE) side.messages.clear();
  }

  #protected(direction: Direction, piece: Piece): void {
    const side = this.#sides[direction];
    const opened = piece.whole ? this.#open(side, piece) : undefined;
    if (opened !== undefined) {
      this.#opened++;
      side.uncertain = false;
      this.#emitRecord(direction, piece, "opened", { contentType: opened.type, length: opened.plain.length });
      this.#content(direction, piece, opened.type, opened.plain);
      return;
    }
    this.#unopened++;
    side.messages.clear();
    this.#emitRecord(direction, piece, "sealed");
    if (!piece.whole) side.opener?.skip();
    else if (side.opener !== undefined) {
      side.uncertain = true;
      this.#means.problems.add("tls-not-opened", "TLS records that the secrets given do not open");
    }
    const overhead = side.opener?.overhead;
    const length = overhead === undefined ? Number.POSITIVE_INFINITY : Math.max(0, piece.length - overhead);
    this.#inside?.gap(direction, { length, packet: piece.packet, time: piece.time });
  }

  #open(side: Side, piece: Piece): ReturnType<RecordOpener["open"]> {
    const tries = side.uncertain && side.tries < MOST_TRIES ? TRIES : 1;
    if (tries > 1) side.tries += tries;
    const [type = 0, major = 0, minor = 0] = piece.header;
    return side.opener?.open({ type, version: (major << 8) | minor, body: piece.body }, tries);
  }

  /** What a record carries, in the clear or opened. */
  #content(direction: Direction, piece: Piece, type: number, bytes: Uint8Array): void {
    const { packet, time } = piece;
    if (type === APPLICATION_DATA && bytes.length > 0) {
      this.#inside ??= this.#means.inside(this.#handshake.alpn);
      this.#inside.data(direction, { bytes, packet, time });
    } else if (type === ALERT && bytes.length >= 2) {
      const level = bytes[0] === 1 ? "warning" : bytes[0] === 2 ? "fatal" : "unknown";
      this.#means.emit({ kind: "tls-alert", packet, time, direction, level, description: bytes[1] ?? 0 });
    } else if (type === HANDSHAKE) {
      for (const message of this.#sides[direction].messages.add(bytes)) {
        const hello = this.#handshake.message(direction, message.type, message.body);
        const seen = { kind: "tls-message", packet, time, direction } as const;
        this.#means.emit({ ...seen, type: message.type, length: message.length, ...(hello && { hello }) });
        if (message.type === SERVER_HELLO && this.#handshake.serverHello !== undefined) this.#release(other(direction));
      }
    }
  }

  #lost(direction: Direction, packet: number): void {
    const side = this.#sides[direction];
    side.uncertain = true;
    side.messages.clear();
    this.#means.problems.add("tls-lost", "places where TLS records could not be followed for missing or odd bytes");
    this.#inside?.gap(direction, { length: Number.POSITIVE_INFINITY, packet, time: 0 });
  }

  #emitRecord(
    direction: Direction,
    { header, length, packet, time }: Piece,
    state: "plain" | "opened" | "sealed",
    inner?: { readonly contentType: number; readonly length: number },
  ): void {
    const [contentType = 0, major = 0, minor = 0] = header;
    const version = (major << 8) | minor;
    this.#means.emit({ kind: "tls-record", packet, time, direction, contentType, version, length, state, inner });
  }
}

/** Whether bytes begin like a TLS record: a known type, version 3.0 to 3.4 and a length that may be. */
export function isRecordHeader(bytes: Uint8Array): boolean {
  const [type = 0, major = 0, minor = 0] = bytes;
  if (bytes.length < 5) return false;
  return type >= 20 && type <= 24 && major === 3 && minor <= 4 && lengthOf(bytes) <= LONGEST_RECORD;
}

const lengthOf = (header: Uint8Array): number => ((header[3] ?? 0) << 8) | (header[4] ?? 0);

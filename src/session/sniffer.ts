/**
 * Finds out what a conversation speaks, by content and not by port: TLS, HTTP/2 by its preface or first
 * SETTINGS, HTTP/1. What it cannot tell yet waits within a bound; what is none of these is passed over, except
 * that a ClientHello or an HTTP/2 preface at the start of a later segment still starts its protocol (STARTTLS).
 */

import { isStartOfHead } from "./http1/read-head.ts";
import { isFirstSettings, isFrameRun, isPrefaceStart, PREFACE } from "./http2/recognise.ts";
import type { Chunk, Direction, Gap, Layer } from "./payload/chunk.ts";
import { isRecordHeader } from "./tls/tls-layer.ts";

export type Protocol = "tls" | "http1" | "http2";

export interface SnifferMeans {
  /** Makes the layer of the protocol found. */
  readonly open: (protocol: Protocol, fromStart: boolean) => Layer;
  /** Protocols that are not looked for here. */
  readonly never: readonly Protocol[];
  /** Whether the conversation is known from its first byte, asked when its first bytes come. */
  readonly fromStart: () => boolean;
}

/** Bytes that wait until the protocol is known. */
const MOST_WAITING = 16_384;

export class Sniffer implements Layer {
  readonly #means: SnifferMeans;
  #layer: Layer | undefined;
  /** What came while undecided, in order. */
  #waiting: { readonly direction: Direction; readonly chunk: Chunk }[] = [];
  #waitingBytes = 0;
  readonly #heads: [Uint8Array, Uint8Array] = [new Uint8Array(0), new Uint8Array(0)];
  #unknown = false;
  #lossy = false;

  constructor(means: SnifferMeans) {
    this.#means = means;
  }

  data(direction: Direction, chunk: Chunk): void {
    if (this.#layer !== undefined) {
      this.#layer.data(direction, chunk);
      return;
    }
    if (this.#unknown) {
      const late = this.#late(chunk.bytes);
      if (late === undefined) return;
      this.#layer = this.#means.open(late, false);
      this.#layer.data(direction, chunk);
      return;
    }
    this.#waiting.push({ direction, chunk });
    this.#waitingBytes += chunk.bytes.length;
    this.#heads[direction] = extended(this.#heads[direction], chunk.bytes);
    const found = this.#decide(this.#heads[direction]);
    if (found === "perhaps" && this.#waitingBytes < MOST_WAITING) return;
    if (found === "no" || found === "perhaps") this.#giveUp();
    else this.#start(found);
  }

  gap(direction: Direction, gap: Gap): void {
    if (this.#layer !== undefined) {
      this.#layer.gap(direction, gap);
      return;
    }
    this.#lossy = true;
    this.#giveUp();
  }

  end(direction: Direction): void {
    this.#layer?.end(direction);
  }

  #start(protocol: Protocol): void {
    const layer = this.#means.open(protocol, this.#means.fromStart() && !this.#lossy);
    this.#layer = layer;
    const waiting = this.#waiting;
    this.#forget();
    for (const { direction, chunk } of waiting) layer.data(direction, chunk);
  }

  #giveUp(): void {
    this.#unknown = true;
    this.#forget();
  }

  #forget(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#heads[0] = this.#heads[1] = new Uint8Array(0);
  }

  #decide(head: Uint8Array): Protocol | "no" | "perhaps" {
    const may = (protocol: Protocol): boolean => !this.#means.never.includes(protocol);
    if (may("http2")) {
      if (isPrefaceStart(head)) return head.length >= PREFACE.length ? "http2" : "perhaps";
      if (isFirstSettings(head) || (!this.#means.fromStart() && isFrameRun(head))) return "http2";
    }
    if (may("tls") && isRecordHeader(head) && (head[0] === 0x16 || !this.#means.fromStart())) return "tls";
    if (may("tls") && head.length < 5 && isRecordHeader(extended(head, TLS_REST.subarray(head.length))))
      return "perhaps";
    if (head.length < 9 && may("http2") && isFirstSettings(extended(head, SETTINGS_REST.subarray(head.length))))
      return "perhaps";
    if (!may("http1")) return "no";
    const http1 = isStartOfHead(latin1(head));
    return http1 === "yes" ? "http1" : http1;
  }

  /** A protocol that starts in the middle of another. */
  #late(bytes: Uint8Array): Protocol | undefined {
    const may = (protocol: Protocol): boolean => !this.#means.never.includes(protocol);
    if (may("tls") && isRecordHeader(bytes) && bytes[0] === 0x16 && (bytes[5] === 1 || bytes[5] === 2)) return "tls";
    if (may("http2") && bytes.length >= PREFACE.length && isPrefaceStart(bytes)) return "http2";
    if (may("http1") && isStartOfHead(latin1(bytes.subarray(0, 4096))) === "yes") return "http1";
    return may("http2") && isFrameRun(bytes) ? "http2" : undefined;
  }
}

/** What could follow the first bytes of a handshake record, and of a first SETTINGS frame. */
const TLS_REST: Uint8Array = Uint8Array.of(0x16, 3, 1, 0, 64);
const SETTINGS_REST: Uint8Array = Uint8Array.of(0, 0, 18, 4, 0, 0, 0, 0, 0);

/** The first bytes of a direction, enough to tell. */
function extended(head: Uint8Array, more: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.min(MOST_WAITING, head.length + more.length));
  whole.set(head);
  whole.set(more.subarray(0, whole.length - head.length), head.length);
  return whole;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 8192));
}

import type { Nanoseconds } from "../../net/time.ts";
import type { Chunk, Direction, Gap } from "../payload/chunk.ts";
import { type BodyMeter, ChunkedMeter, LengthMeter } from "./body-meter.ts";
import { type Framing, type Head, type HttpMessage, hasToken, headerOf } from "./message.ts";
import { isStartOfHead, readHead } from "./read-head.ts";

/** A head is put together up to this length. */
const LONGEST_HEAD: number = 64 * 1024;

export interface ReaderHooks {
  /** A head was read: how its body is framed, and how many requests are unanswered. */
  readonly onHead: (head: Head, packet: number) => { readonly framing: Framing; readonly unanswered: number };
  readonly onMessage: (message: HttpMessage) => void;
  /** What follows is no HTTP/1 message. */
  readonly onForeign: (chunk: Chunk) => void;
}

interface Open {
  readonly firstPacket: number;
  readonly packet: number;
  readonly time: Nanoseconds;
  readonly head: Head;
  readonly framing: Framing;
  readonly unanswered: number;
  readonly meter: BodyMeter;
  missing: boolean;
}

/** Reads the messages of one direction, one after the other. Holds one head; bodies are only counted. */
export class MessageReader {
  readonly #direction: Direction;
  readonly #hooks: ReaderHooks;
  #text = "";
  #firstPacket = 0;
  #open: Open | undefined;
  /** After a loss: passed over up to a chunk that begins with a head. */
  #lost = false;
  #last: { packet: number; time: Nanoseconds } = { packet: 0, time: 0 };
  #foreign = false;

  constructor(direction: Direction, hooks: ReaderHooks) {
    this.#direction = direction;
    this.#hooks = hooks;
  }

  /** Everything from here on goes to `onForeign`. */
  release(): void {
    this.#foreign = true;
  }

  data(chunk: Chunk): void {
    this.#last = chunk;
    let at = 0;
    while (at < chunk.bytes.length) {
      if (this.#foreign) {
        this.#hooks.onForeign(at === 0 ? chunk : { ...chunk, bytes: chunk.bytes.subarray(at) });
        return;
      }
      if (this.#open !== undefined) {
        at = this.#open.meter.take(chunk.bytes, at);
        if (this.#open.meter.done) this.#close(true);
      } else {
        const end = this.#head(chunk, at);
        if (end === undefined) return;
        at = end;
      }
    }
  }

  gap(gap: Gap): void {
    this.#last = gap;
    if (this.#open !== undefined) {
      this.#open.missing = true;
      if (this.#open.meter.miss(gap.length)) {
        if (this.#open.meter.done) this.#close(true);
        return;
      }
      this.#close(false);
    }
    this.#text = "";
    this.#lost = true;
  }

  /** The direction ended: a body that lasts until then is whole. */
  end(): void {
    if (this.#open !== undefined) this.#close(this.#open.framing === "until-close");
  }

  /** Collects a head; gives where it ends in the chunk, or undefined when the chunk is used up. */
  #head(chunk: Chunk, from: number): number | undefined {
    if (this.#text === "") this.#firstPacket = chunk.packet;
    const room = LONGEST_HEAD - this.#text.length;
    const part = latin1(chunk.bytes.subarray(from, from + room));
    const before = this.#text.length;
    this.#text += part;
    if (before < 4096) {
      // Empty lines before a start line are passed over (RFC 9112 §2.2).
      const start = isStartOfHead(this.#text.replace(/^[\r\n]+/, ""));
      if (start === "no" && this.#text.trim() !== "") return this.#notHead(chunk, from - before);
    }
    this.#lost = false;
    const search = Math.max(0, before - 3);
    const lead = /^[\r\n]*/.exec(this.#text)?.[0].length ?? 0;
    const end = /\r?\n\r?\n/g;
    end.lastIndex = Math.max(search, lead);
    const found = end.exec(this.#text);
    if (found === null) {
      if (this.#text.length >= LONGEST_HEAD) this.#lose();
      return undefined;
    }
    const head = readHead(this.#text.slice(lead, found.index));
    const after = found.index + found[0].length;
    this.#text = "";
    if (head.kind === "malformed") {
      this.#lose();
      return undefined;
    }
    this.#begin(head, chunk);
    return from + after - before;
  }

  #notHead(chunk: Chunk, start: number): undefined {
    const text = this.#text;
    this.#text = "";
    if (this.#lost) return undefined;
    this.#foreign = true;
    // What was collected of earlier chunks goes along.
    const bytes = start >= 0 ? chunk.bytes.subarray(start) : Uint8Array.from(text, (sign) => sign.charCodeAt(0));
    this.#hooks.onForeign({ ...chunk, bytes });
    return undefined;
  }

  #begin(head: Head, { packet, time }: Chunk): void {
    const { framing, unanswered } = this.#hooks.onHead(head, packet);
    const meter = framing === "chunked" ? new ChunkedMeter() : new LengthMeter(lengthFor(framing, head));
    this.#open = { firstPacket: this.#firstPacket, packet, time, head, framing, unanswered, meter, missing: false };
    if (meter.done) this.#close(true);
  }

  #close(complete: boolean): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const { firstPacket, packet, time, head, framing, unanswered, meter, missing } = open;
    const broken = meter instanceof ChunkedMeter && meter.broken;
    this.#hooks.onMessage({
      kind: "http1-message",
      direction: this.#direction,
      firstPacket,
      packet,
      lastPacket: this.#last.packet,
      time,
      endTime: this.#last.time,
      head,
      framing,
      bodyBytes: meter.bodyBytes,
      complete: complete && !missing && !broken,
      persistent: isPersistent(head),
      keepAlive: keepAliveOf(head),
      unanswered,
    });
    if (broken) this.#lose();
    if (framing === "tunnel") this.#foreign = true;
  }

  #lose(): void {
    this.#text = "";
    this.#lost = true;
  }
}

function lengthFor(framing: Framing, head: Head): number {
  if (framing === "until-close") return Number.POSITIVE_INFINITY;
  return framing === "length" ? (contentLength(head) ?? 0) : 0;
}

/** Content-Length, where it is one number (RFC 9112 §6.3). */
export function contentLength(head: Head): number | undefined {
  const value = headerOf(head, "content-length")?.split(",")[0]?.trim() ?? "";
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** RFC 9112 §9.3: `close` ends it, HTTP/1.1 keeps it, HTTP/1.0 only with `keep-alive`. */
function isPersistent(head: Head): boolean {
  if (hasToken(head, "connection", "close")) return false;
  return head.minor >= 1 || hasToken(head, "connection", "keep-alive");
}

function keepAliveOf(head: Head): HttpMessage["keepAlive"] {
  const value = headerOf(head, "keep-alive");
  if (value === undefined) return undefined;
  const parameter = (name: string): number | undefined => {
    const found = new RegExp(`(?:^|[,;\\s])${name}\\s*=\\s*"?(\\d{1,9})`, "i").exec(value);
    return found === null ? undefined : Number(found[1]);
  };
  return { timeout: parameter("timeout"), max: parameter("max") };
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

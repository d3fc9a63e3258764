/**
 * HTTP/1.0 and 1.1 over a byte stream (RFC 9112): messages of both directions, paired in order, since how a
 * response ends depends on its request. After CONNECT or a switch of protocols what follows goes to another layer.
 */
import type { ProblemTally } from "../../net/problem.ts";
import { type Chunk, type Direction, type Gap, type Layer, other } from "../payload/chunk.ts";
import { type Framing, type Head, type HttpMessage, hasToken, headerOf } from "./message.ts";
import { contentLength, MessageReader } from "./message-reader.ts";

/** What comes after HTTP/1 on a connection. */
export type Successor =
  | {
      readonly kind: "h2c";
      readonly client: Direction;
      readonly packet: number;
      readonly method: string;
      readonly path: string;
      /** The HTTP2-Settings header (RFC 7540 §3.2.1). */
      readonly settings: string;
    }
  | { readonly kind: "tunnel" };

export interface Http1Means {
  readonly emit: (message: HttpMessage) => void;
  readonly problems: ProblemTally;
  readonly successor: (what: Successor) => Layer;
}

interface Waiting {
  readonly method: string;
  readonly target: string;
  readonly packet: number;
  readonly upgrade: string;
  readonly settings: string;
}

/** Requests without an answer that are remembered; browsers never pipelined more than a few. */
const MOST_WAITING = 1024;

export class Http1Layer implements Layer {
  readonly #means: Http1Means;
  readonly #readers: readonly [MessageReader, MessageReader];
  readonly #waiting: Waiting[] = [];
  #next: Layer | undefined;

  constructor(means: Http1Means) {
    this.#means = means;
    this.#readers = [this.#newReader(0), this.#newReader(1)];
  }

  data(direction: Direction, chunk: Chunk): void {
    this.#readers[direction].data(chunk);
  }

  gap(direction: Direction, gap: Gap): void {
    if (this.#next !== undefined) this.#next.gap(direction, gap);
    else this.#readers[direction].gap(gap);
  }

  end(direction: Direction): void {
    this.#readers[direction].end();
    this.#next?.end(direction);
  }

  #newReader(direction: Direction): MessageReader {
    return new MessageReader(direction, {
      onHead: (head, packet) => this.#onHead(direction, head, packet),
      onMessage: (message) => this.#onMessage(message),
      onForeign: (chunk) => this.#onForeign(direction, chunk),
    });
  }

  #onHead(
    direction: Direction,
    head: Head,
    packet: number,
  ): { readonly framing: Framing; readonly unanswered: number } {
    const unanswered = this.#waiting.length;
    if (head.kind === "response") return { framing: this.#responseFraming(direction, head), unanswered: 0 };
    if (this.#waiting.length < MOST_WAITING) {
      this.#waiting.push({
        method: head.method,
        target: head.target,
        packet,
        upgrade: headerOf(head, "upgrade") ?? "",
        settings: headerOf(head, "http2-settings") ?? "",
      });
    }
    return { framing: requestFraming(head), unanswered };
  }

  /** RFC 9112 §6.3. */
  #responseFraming(direction: Direction, head: Head & { readonly kind: "response" }): Framing {
    const { status } = head;
    const request = this.#waiting[0];
    if (status === 101) {
      this.#waiting.shift();
      this.#switch(direction, request, headerOf(head, "upgrade") ?? request?.upgrade ?? "");
      return "tunnel";
    }
    if (status < 200) return "none";
    this.#waiting.shift();
    if (request?.method === "CONNECT" && status < 300) {
      this.#switch(direction, undefined, "");
      return "tunnel";
    }
    if (request?.method === "HEAD" || status === 204 || status === 304) return "none";
    if (hasToken(head, "transfer-encoding", "chunked")) return "chunked";
    return contentLength(head) === undefined ? "until-close" : "length";
  }

  #switch(server: Direction, request: Waiting | undefined, upgrade: string): void {
    const toHttp2 = request !== undefined && upgrade.split(",").some((name) => name.trim().toLowerCase() === "h2c");
    this.#next ??= this.#means.successor(
      toHttp2
        ? {
            kind: "h2c",
            client: other(server),
            packet: request.packet,
            method: request.method,
            path: request.target,
            settings: request.settings,
          }
        : { kind: "tunnel" },
    );
    this.#readers[other(server)].release();
  }

  #onMessage(message: HttpMessage): void {
    if (!message.complete) this.#means.problems.add("http1-incomplete", "HTTP/1 messages that are not whole");
    this.#means.emit(message);
  }

  #onForeign(direction: Direction, chunk: Chunk): void {
    if (this.#next === undefined) {
      this.#means.problems.add("http1-foreign", "bytes that are no HTTP/1 message where one was due");
      this.#next = this.#means.successor({ kind: "tunnel" });
      this.#readers[other(direction)].release();
    }
    this.#next.data(direction, chunk);
  }
}

function requestFraming(head: Head): Framing {
  if (hasToken(head, "transfer-encoding", "chunked")) return "chunked";
  return (contentLength(head) ?? 0) > 0 ? "length" : "none";
}

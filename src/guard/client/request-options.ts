import type { IncomingHttpHeaders, IncomingHttpStatusHeader, OutgoingHttpHeaders } from "node:http2";
import type { Readable } from "node:stream";

/** A body that comes piece by piece. It can be read once. */
export type BodyPieces = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string> | Readable;

/**
 * Can be sent again from the beginning: a string, bytes, and a function that makes the body anew each time it is called. Can not: a
 * stream, an iterator or a generator. They are read once, and a request is not sent again after that.
 */
export type RequestBody = string | Uint8Array | BodyPieces | (() => MadeBody | Promise<MadeBody>);

/** What a body's function gives; nothing stands for an empty body. */
export type MadeBody = string | Uint8Array | BodyPieces | undefined;

export interface RequestOptions {
  /** Default: GET. CONNECT is not spoken. */
  readonly method?: string;
  /** With the query, percent-encoded. Default: `/`. */
  readonly path?: string;
  /** A plain object; `Object.fromEntries` makes one of a `Headers` or a `Map`. */
  readonly headers?: OutgoingHttpHeaders;
  /**
   * Default: none. A function is called once for each attempt; if it throws or rejects, or the body breaks off, the request ends with the
   * code `body-failed`. The caller's stream is not destroyed where a request ends before its body was begun;
   * one that was begun is let go of when the attempt ends (`destroy`, `cancel`, `return`). A generator that waits in its own `await` hears of it
   * only when that is over: give what it waits for an end of its own.
   */
  readonly body?: RequestBody;
  /**
   * Whether sending it twice does no more than sending it once. Default: by the method (RFC 9110 §9.2.2). Say true for a POST with an
   * idempotency key. It is sent again after it may have been processed only if `retryIdempotent` is set too.
   * Go: the header `Idempotency-Key` or `X-Idempotency-Key` says so. gRPC: retry policy of the method.
   */
  readonly idempotent?: boolean;
  /**
   * Milliseconds till the response's headers, all attempts and waits together. Stops applying when `request` resolves: for the body
   * use `response.body.destroy()`. Default: none. Sensible: what your caller waits. Go: request context. gRPC: deadline.
   */
  readonly timeoutMs?: number;
  /** Gives the request up at any time till the response's headers; stops applying when `request` resolves, as `timeoutMs` does. */
  readonly signal?: AbortSignal;
}

export interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders & IncomingHttpStatusHeader;
  /** To be read or destroyed by the caller; breaks off with a `RequestError`. */
  readonly body: Readable;
  readonly attempts: number;
  /** The whole body, once. */
  readonly bytes: () => Promise<Buffer>;
  readonly text: () => Promise<string>;
}

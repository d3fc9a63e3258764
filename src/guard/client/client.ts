import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader, OutgoingHttpHeaders } from "node:http2";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { backOffMs } from "../machines/back-off.ts";
import { GuardFault } from "../machines/guard-fault.ts";
import { type Ending, isIdempotent, judgeEnding } from "../machines/judge-ending.ts";
import type { ClientLink } from "./client-link.ts";
import type { ClientOptions, ClientSettings } from "./client-options.ts";
import { describeEnding } from "./describe-ending.ts";
import { NoLink, Pool } from "./pool.ts";
import { RequestError, type RequestErrorFacts } from "./request-error.ts";
import { ResponseBody } from "./response-body.ts";
import { clientSettings } from "./settings.ts";

/** Bytes and functions can be sent again from the beginning; a stream can not. */
export type RequestBody = string | Uint8Array | Readable | (() => AsyncIterable<Uint8Array | string> | Readable);

export interface RequestOptions {
  /** Default: GET. */
  readonly method?: string;
  /** With the query. Default: `/`. */
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: RequestBody;
  /**
   * Whether sending it twice does no more than sending it once. Default: by the method (RFC 9110 §9.2.2). Say true for a POST with an
   * idempotency key. It is sent again after it may have been processed only if `retryIdempotent` is set too.
   * Go: the header `Idempotency-Key` or `X-Idempotency-Key` says so. gRPC: retry policy of the method.
   */
  readonly idempotent?: boolean;
  /** For the response headers, all attempts together. Default: none. Sensible: what your caller waits. Go: request context. gRPC: deadline. */
  readonly timeoutMs?: number;
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

/** Numbers for a metrics page; they only grow, but for `connections`. */
export interface ClientCounters {
  readonly connections: number;
  readonly opened: number;
  /** Connections whose peer did not answer. */
  readonly lost: number;
  /** Connections that ended after a GOAWAY. */
  readonly toldToGo: number;
  /** Connections asked before a request was put on them. */
  readonly verified: number;
  readonly requests: number;
  readonly retries: number;
}

export interface Client {
  readonly request: (options?: RequestOptions) => Promise<Response>;
  readonly counters: ClientCounters;
  /** Takes no more requests; resolves when those that are open are done. */
  readonly close: () => Promise<void>;
}

/**
 * A pool of HTTP/2 connections to one server: asks after silence whether it is there, goes elsewhere when told to, reconnects with
 * back-off, and sends again exactly what the server has not processed. `url` is `https://host[:port]`, or `http://` for HTTP/2 in
 * the clear with prior knowledge. Throws a `GuardFault` if the options cannot work; requests reject with a `RequestError`.
 */
export function connect(url: string | URL, options: ClientOptions = {}): Client {
  const settings = clientSettings(options);
  const place = new URL(url);
  if (place.protocol !== "https:" && place.protocol !== "http:") {
    throw new GuardFault(
      "bad-url",
      `connect: the URL begins with ${place.protocol}//, and only https:// and http:// are spoken here`,
    );
  }
  const pool = new Pool(place.origin, settings);
  const sums = { requests: 0, retries: 0 };
  return {
    request: (request = {}) => {
      sums.requests += 1;
      return send(request, { pool, settings, onRetry: () => (sums.retries += 1) });
    },
    get counters() {
      return { ...pool.counters, ...sums, connections: pool.size };
    },
    close: () => pool.close(),
  };
}

/** How often a request may find its connection closing before it was sent: a server that says GOAWAY to every connection is no server. */
const MOST_UNSENT = 20;

interface Sender {
  readonly pool: Pool;
  readonly settings: ClientSettings;
  readonly onRetry: () => void;
}

/** What became of one attempt. */
type Attempt =
  | {
      readonly kind: "response";
      readonly stream: ClientHttp2Stream;
      readonly link: ClientLink;
      readonly headers: Response["headers"];
    }
  | { readonly kind: "ended"; readonly ending: Ending; readonly facts: EndingFacts };

export type EndingFacts = Pick<RequestErrorFacts, "code" | "endedBy" | "cause"> & { readonly what: string };

async function send(request: RequestOptions, sender: Sender): Promise<Response> {
  const { settings } = sender;
  const stop = new AbortController();
  const giveUp = (): void => stop.abort(new Stopped("aborted"));
  if (request.signal?.aborted) giveUp();
  request.signal?.addEventListener("abort", giveUp, { once: true });
  const callOff =
    request.timeoutMs === undefined
      ? () => {}
      : settings.clock.after(request.timeoutMs, () => stop.abort(new Stopped("timed-out")), true);
  const body = new Body(request.body);
  try {
    for (let attempts = 1, unsent = 0; ; attempts += 1) {
      const attempt = await tryOnce(request, body, sender, stop.signal);
      if (attempt.kind === "response") return respond(attempt, attempts);
      const { ending, facts } = attempt;
      // It never left this process, since its connection began to close under it: that was no attempt.
      const left = ending.kind !== "not-dispatched" || facts.code !== "going-away";
      if (!left && body.replayable && unsent < MOST_UNSENT && !stop.signal.aborted) {
        unsent += 1;
        attempts -= 1;
        continue;
      }
      const judgement = judgeEnding(
        ending,
        {
          idempotent: request.idempotent ?? isIdempotent(request.method ?? "GET"),
          replayable: body.replayable,
          attempts,
        },
        settings,
      );
      const over = stop.signal.aborted || facts.code === "client-closed" || facts.code === "too-many-waiting";
      if (judgement.action === "fail" || over) {
        throw new RequestError(facts.what, {
          ...facts,
          processed: judgement.processed,
          attempts,
          ...(judgement.because === undefined ? {} : { notRetried: judgement.because }),
        });
      }
      sender.onRetry();
      // The first time at once, as Go does; a connection that can't be made waits in the pool.
      if (facts.code !== "connect-failed") await pause(attempts - 1, settings, stop.signal);
    }
  } finally {
    callOff();
    request.signal?.removeEventListener("abort", giveUp);
  }
}

async function tryOnce(request: RequestOptions, body: Body, sender: Sender, stop: AbortSignal): Promise<Attempt> {
  let link: ClientLink;
  try {
    link = await sender.pool.acquire(stop);
  } catch (error) {
    return noLink(error, stop);
  }
  let stream: ClientHttp2Stream;
  try {
    const headers = { ...request.headers, ":method": request.method ?? "GET", ":path": request.path ?? "/" };
    stream = link.request(headers, body.isEmpty);
  } catch (error) {
    link.release();
    // A header that Node does not accept is the caller's mistake; a connection that just began to close is not.
    if (link.usable) throw error;
    return {
      kind: "ended",
      ending: { kind: "not-dispatched" },
      facts: describeEnding({ kind: "not-dispatched" }, link, error),
    };
  }
  return new Promise((resolve) => {
    let failure: unknown;
    let unsent = false;
    const giveUp = (): void => stream.close(0x08); // CANCEL
    stop.addEventListener("abort", giveUp, { once: true });
    if (stop.aborted) giveUp();
    stream.on("error", (error) => {
      failure ??= error;
    });
    // HEADERS that nghttp2 held back, since GOAWAY came before they were written; it closes the stream with REFUSED_STREAM.
    stream.once("frameError", (type) => {
      unsent ||= type === 0x01;
    });
    stream.once("response", (headers) => {
      stop.removeEventListener("abort", giveUp);
      resolve({ kind: "response", stream, link, headers });
    });
    stream.once("close", () => {
      stop.removeEventListener("abort", giveUp);
      link.release();
      if (body.error !== undefined) {
        const facts = {
          code: "body-failed",
          endedBy: "client",
          cause: body.error,
          what: "the request's body broke off",
        } as const;
        return resolve({ kind: "ended", ending: { kind: "given-up" }, facts });
      }
      const ending: Ending = unsent ? { kind: "not-dispatched" } : endingOf(stream, link, stop.aborted);
      resolve({ kind: "ended", ending, facts: stop.aborted ? stopped(stop) : describeEnding(ending, link, failure) });
    });
    if (!body.isEmpty) body.writeTo(stream);
  });
}

function endingOf(stream: ClientHttp2Stream, link: ClientLink, gaveUp: boolean): Ending {
  const { id, rstCode } = stream;
  // REFUSED_STREAM: from the server, or from nghttp2 for a stream above the last id of a GOAWAY.
  // A session that ends with GOAWAY gives its own code to every stream that was open: such a one says nothing of the stream.
  const ended = link.goaway !== undefined && link.goaway.code === rstCode && link.session.destroyed;
  if (rstCode === 0x07 && !ended) return { kind: "refused" };
  if (id === undefined || stream.pending) return { kind: "not-dispatched" };
  if (gaveUp) return { kind: "given-up" };
  if (link.end === "lost-ping" || link.end === "verify-failed") return { kind: "lost-ping" };
  if (!link.session.destroyed && rstCode !== 0) return { kind: "reset", code: rstCode };
  if (link.goaway !== undefined) return { kind: "goaway", streamId: id, lastStreamId: link.goaway.lastStreamId };
  return link.session.destroyed ? { kind: "closed" } : { kind: "reset", code: rstCode };
}

function noLink(error: unknown, stop: AbortSignal): Attempt {
  if (!(error instanceof NoLink)) throw error;
  if (stop.aborted)
    return { kind: "ended", ending: { kind: "not-dispatched" }, facts: { ...stopped(stop), cause: error } };
  const endedBy = error.code === "connect-failed" ? "peer" : "client";
  const facts = { code: error.code, endedBy, cause: error.cause, what: error.message } as const;
  return { kind: "ended", ending: { kind: "not-dispatched" }, facts };
}

/** Why the caller's signal or time ended it. */
class Stopped extends Error {
  readonly code: "aborted" | "timed-out";

  constructor(code: Stopped["code"]) {
    super(code);
    this.code = code;
  }
}

function stopped(stop: AbortSignal): EndingFacts {
  const code = stop.reason instanceof Stopped ? stop.reason.code : "aborted";
  return {
    code,
    endedBy: "client",
    cause: stop.reason,
    what: code === "aborted" ? "given up by the caller" : "no response in time",
  };
}

function respond({ stream, link, headers }: Extract<Attempt, { kind: "response" }>, attempts: number): Response {
  const body = new ResponseBody(stream, (cause) => {
    const facts = describeEnding(endingOf(stream, link, false), link, cause);
    return new RequestError(`${facts.what}, within the response`, { ...facts, processed: "yes", attempts });
  });
  const bytes = async (): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };
  return {
    status: headers[":status"] ?? 0,
    headers,
    body,
    attempts,
    bytes,
    text: async () => (await bytes()).toString("utf8"),
  };
}

function pause(retries: number, settings: ClientSettings, stop: AbortSignal): Promise<void> {
  const ms = backOffMs(retries, settings.dice(), { initialMs: settings.backOffMs, maxMs: settings.maxBackOffMs });
  if (ms === 0 || stop.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const callOff = settings.clock.after(ms, resolve, true);
    stop.addEventListener("abort", () => {
      callOff();
      resolve();
    });
  });
}

/** The body of a request, and whether it can be sent once more. */
class Body {
  error: unknown;
  readonly #body: RequestBody | undefined;
  #begun = false;

  constructor(body: RequestBody | undefined) {
    this.#body = body;
  }

  get isEmpty(): boolean {
    return this.#body === undefined;
  }

  get replayable(): boolean {
    return !(this.#body instanceof Readable) || !this.#begun;
  }

  writeTo(stream: ClientHttp2Stream): void {
    this.#begun = true;
    const body = this.#body;
    if (typeof body === "string" || body instanceof Uint8Array) {
      stream.end(body);
      return;
    }
    const source = typeof body === "function" ? body() : body;
    if (source === undefined) return;
    const failed = (error: unknown): void => {
      this.error = error;
    };
    const watched = async function* (): AsyncGenerator<unknown> {
      try {
        yield* source as AsyncIterable<unknown>;
      } catch (error) {
        failed(error);
        throw error;
      }
    };
    // A broken source makes `pipeline` destroy the stream; where the stream ended first, its own ending says why.
    pipeline(watched, stream).catch(() => {});
  }
}

import { checkRange, GuardFault } from "../machines/guard-fault.ts";
import type { ClientOptions } from "./client-options.ts";
import { Pool } from "./pool.ts";
import type { RequestOptions, Response } from "./request-options.ts";
import { sendRequest } from "./send-request.ts";
import { clientSettings } from "./settings.ts";

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
  /**
   * Takes no more requests; resolves when those that are open are done and their connections closed. One that waits to be sent again ends with
   * `client-closed`. An open response body counts, so that one
   * which nobody reads holds it: with `graceMs`, what is still open after that is cut. Default: as long as it takes.
   */
  readonly close: (options?: { readonly graceMs?: number }) => Promise<void>;
}

/**
 * A pool of HTTP/2 connections to one server: asks after silence whether it is there, goes elsewhere when told to, reconnects with
 * back-off, and sends again exactly what the server has not processed. `url` is `https://host[:port]`, or `http://` for HTTP/2 in
 * the clear with prior knowledge. Throws a `GuardFault` if the options cannot work; requests reject with a `RequestError`.
 */
export function connect(url: string | URL, options: ClientOptions = {}): Client {
  const settings = clientSettings(options);
  const place = placeOf(url);
  const pool = new Pool(place, settings);
  const sums = { requests: 0, retries: 0 };
  const running = new Set<Promise<unknown>>();
  return {
    request: (request = {}) => {
      sums.requests += 1;
      const sent = sendRequest(request, { pool, settings, onRetry: () => (sums.retries += 1) });
      running.add(sent);
      const done = (): unknown => running.delete(sent);
      sent.then(done, done);
      return sent;
    },
    get counters() {
      return { ...pool.counters, ...sums, connections: pool.size };
    },
    close: async ({ graceMs = Number.POSITIVE_INFINITY } = {}) => {
      checkRange("graceMs", graceMs, [0, Number.POSITIVE_INFINITY]);
      await pool.close(graceMs);
      // What waited to be sent again is told, and has ended as well.
      await Promise.allSettled(running);
    },
  };
}

/** Its origin. Texts are not repeated: they may hold a password. */
function placeOf(url: string | URL): string {
  if (!URL.canParse(String(url))) throw new GuardFault("bad-url", "connect: this is no URL: give https://host[:port]");
  const { origin, protocol, pathname, search, hash, username, password } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") {
    throw new GuardFault(
      "bad-url",
      `connect: the URL begins with ${protocol}//, and only https:// and http:// are spoken here`,
    );
  }
  if (pathname !== "/" || search !== "" || hash !== "") {
    throw new GuardFault(
      "bad-url",
      "connect: the URL has a path, a query or a fragment: give the path to each request",
    );
  }
  if (username !== "" || password !== "") {
    throw new GuardFault("bad-url", "connect: the URL has a name or a password: give a header to each request");
  }
  return origin;
}

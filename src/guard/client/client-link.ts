import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from "node:http2";
import type { Socket } from "node:net";
import { afterAwake } from "./awake-time.ts";
import type { ClientSettings } from "./client-options.ts";
import { LinkWatch } from "./link-watch.ts";

/** RFC 9113 §6.5.2 sets no limit before SETTINGS comes; Go assumes 100 as well. */
const ASSUMED_STREAMS = 100;

/**
 * Streams at most, whatever the server allows: many allow 2^32-1 (Node does unless told otherwise), and all requests of a burst would share one
 * connection, its memory and its loss. At 1000 it holds some 65 MB of bodies at most, and the next connection is opened.
 */
const MOST_STREAMS = 1000;

/** How a connection ended; the first reason stands. */
export type LinkEnd = "lost-ping" | "idle" | "client-closed" | "connect-failed" | "verify-failed" | "peer";

/** No SETTINGS in time. */
class ConnectTimeout extends Error {
  readonly code = "ETIMEDOUT";
}

/** One HTTP/2 connection of a client: its health, its room, what its server said of going away. */
export class ClientLink {
  readonly session: ClientHttp2Session;
  /** Resolves once requests can be sent; rejects if the connection ends before. */
  readonly opened: Promise<void>;
  /** Resolves when its socket is closed. */
  readonly closed: Promise<void>;
  goaway: { readonly code: number; readonly lastStreamId: number } | undefined;
  end: LinkEnd | undefined;
  error: Error | undefined;
  /** Open streams, and those promised to a waiting request. */
  streams = 0;
  /** A request was put on it; one was answered. */
  carried = false;
  answered = false;
  isOpen = false;
  isClosed = false;
  /** What the pool has counted of its end. */
  readonly counted: { end?: true; lost?: true } = {};
  verifying = false;
  /** It answered, and no request was put on it since. */
  verified = false;
  /** It did not answer in time. Streams are open on it, so that the health check decides. */
  #doubted = false;
  #leaving: "idle" | "client-closed" | undefined;
  readonly #settings: ClientSettings;
  readonly #onChange: () => void;
  readonly #socket: Socket;
  #watch: LinkWatch | undefined;
  #idleSinceMs: number;
  #callOffEnd: (() => void) | undefined;

  /** Throws what `http2.connect` and a `createConnection` of the caller throw. */
  constructor(authority: string, settings: ClientSettings, onChange: () => void) {
    const { clock } = settings;
    this.#settings = settings;
    this.#onChange = onChange;
    this.#idleSinceMs = clock.now();
    // Loaded with the first connection: a service that only drains need not pay for it at its start.
    this.session = process.getBuiltinModule("node:http2").connect(authority, settings.http2);
    // `destroy` of what the session shows is the session's own; an emitter's method gives the socket behind it, also before it is connected. What
    // `createConnection` gave and is no socket is within one.
    this.#socket = this.session.socket.once("close", () => {});
    this.session.on("error", (error: Error) => {
      this.error ??= error;
    });
    this.session.on("goaway", (code, lastStreamId) => {
      this.goaway = { code, lastStreamId };
      this.#endWhenDone();
      onChange();
    });
    this.closed = new Promise((resolve) => this.session.once("close", resolve));
    this.opened = new Promise((resolve, reject) => {
      const callOff = afterAwake(clock, settings.connectTimeoutMs, () =>
        this.finish("connect-failed", new ConnectTimeout(`no SETTINGS within ${settings.connectTimeoutMs} ms`)),
      );
      this.session.once("remoteSettings", () => {
        callOff();
        this.#open();
        resolve();
        // A later SETTINGS may give more room.
        this.session.on("remoteSettings", onChange);
      });
      this.session.once("close", () => {
        callOff();
        this.isClosed = true;
        this.end ??= this.isOpen ? "peer" : "connect-failed";
        this.#watch?.stop();
        this.#callOffEnd?.();
        reject(this.error ?? new Error("the connection closed before the server's SETTINGS came"));
        onChange();
      });
    });
    this.opened.catch(() => {});
  }

  /** Whether one more stream can be opened. */
  get hasRoom(): boolean {
    return this.usable && this.isOpen && this.streams < this.limit;
  }

  /** Whether it takes requests, now or once it is open. */
  get usable(): boolean {
    const { session } = this;
    const willing = this.end === undefined && this.#leaving === undefined && !this.#doubted;
    return willing && this.goaway === undefined && !session.closed && !session.destroyed;
  }

  /** It did not answer in time. */
  get isDoubted(): boolean {
    return this.#doubted || this.end === "lost-ping";
  }

  /** This side meant to end it. */
  get left(): boolean {
    return this.#leaving !== undefined;
  }

  get limit(): number {
    if (!this.isOpen) return ASSUMED_STREAMS;
    return Math.min(this.session.remoteSettings.maxConcurrentStreams ?? ASSUMED_STREAMS, MOST_STREAMS);
  }

  get silentMs(): number {
    return this.#watch?.silentMs ?? 0;
  }

  request(headers: OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream {
    return this.session.request(headers, { endStream });
  }

  /** A stream, promised or open, is done. */
  release(): void {
    this.streams -= 1;
    if (this.streams === 0) this.#idleSinceMs = this.#settings.clock.now();
    this.#endWhenDone();
    this.#onChange();
  }

  /** Asks the peer. Without an answer in time it takes no more requests, and ends unless streams are open. */
  verify(): void {
    this.verifying = true;
    const doubt = (): void => {
      this.verifying = false;
      this.#doubted = true;
      this.#endWhenDone();
      this.#onChange();
    };
    const callOff = afterAwake(this.#settings.clock, this.#settings.verifyTimeoutMs, doubt);
    this.#watch?.ping((yes) => {
      callOff();
      if (!yes) return doubt();
      this.verifying = false;
      this.#doubted = false;
      this.verified = true;
      this.#onChange();
    });
  }

  /** Takes no more requests, and ends once its streams are done. */
  leave(end: "idle" | "client-closed"): void {
    this.#leaving ??= end;
    if (this.isOpen) this.#endWhenDone();
    else this.finish(end);
  }

  /** Ends it now, with what is open on it. */
  finish(end: LinkEnd, error?: Error): void {
    this.end ??= end;
    this.error ??= error;
    this.#watch?.stop();
    this.session.destroy();
    // A session that is not connected yet leaves its socket to its SYNs or its TLS handshake (measured on 20.20, 22.23 and 24.21); one that had begun to
    // close waits for its peer's FIN. This peer may never answer either.
    this.#socket.destroy();
  }

  #open(): void {
    const { clock, idleTimeoutMs, tcpKeepaliveMs } = this.#settings;
    this.isOpen = true;
    if (tcpKeepaliveMs > 0) this.#socket.setKeepAlive(true, tcpKeepaliveMs);
    this.#watch = new LinkWatch(this.session, this.#socket, this.#settings, {
      lost: () => this.finish("lost-ping"),
      look: () => {
        if (this.streams === 0 && clock.now() - this.#idleSinceMs >= idleTimeoutMs) this.leave("idle");
      },
    });
    this.#onChange();
  }

  #endWhenDone(): void {
    if (this.streams > 0 || this.#callOffEnd !== undefined || this.isClosed) return;
    // What ended by itself was not ended for doubt, nor by leaving.
    const over = this.session.destroyed;
    if (this.#doubted && !over) return this.finish("verify-failed");
    if (this.#leaving === undefined && this.goaway === undefined) return;
    if (!over) this.end ??= this.#leaving;
    if (!over && !this.session.closed) this.session.close();
    // Node then waits for the peer's FIN. Nothing is open, so that nothing is lost with a peer that stays silent.
    this.#callOffEnd = this.#settings.clock.after(this.#settings.verifyTimeoutMs, () => this.finish("peer"));
  }
}

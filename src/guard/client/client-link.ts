import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from "node:http2";
import type { Socket } from "node:net";
import { type HealthCheck, type HealthInput, healthCheck, stepHealthCheck } from "../machines/health-check.ts";
import type { ClientSettings } from "./client-options.ts";

/** RFC 9113 §6.5.2 sets no limit before SETTINGS comes; Go assumes 100 as well. */
const ASSUMED_STREAMS = 100;

/** How a connection ended; the first reason stands. */
export type LinkEnd = "lost-ping" | "idle" | "client-closed" | "connect-failed" | "verify-failed" | "peer";

/** One HTTP/2 connection of a client: its health, its room, what its server said of going away. */
export class ClientLink {
  readonly session: ClientHttp2Session;
  /** Resolves once requests can be sent; rejects if the connection ends before. */
  readonly opened: Promise<void>;
  goaway: { readonly code: number; readonly lastStreamId: number } | undefined;
  end: LinkEnd | undefined;
  error: Error | undefined;
  /** Open streams, and those promised to a waiting request. */
  streams = 0;
  verifying: Promise<boolean> | undefined;
  /** It answered, and no request was put on it since. */
  verified = false;
  readonly #settings: ClientSettings;
  readonly #onChange: () => void;
  #socket: Socket | undefined;
  #isOpen = false;
  #health: HealthCheck;
  #bytesRead = 0;
  #lastReadMs: number;
  #idleSinceMs: number;
  #callOff: () => void = () => {};

  constructor(authority: string, settings: ClientSettings, onChange: () => void) {
    const { clock } = settings;
    this.#settings = settings;
    this.#onChange = onChange;
    this.#lastReadMs = clock.now();
    this.#idleSinceMs = clock.now();
    this.#health = healthCheck(clock.now());
    // Loaded with the first connection: a service that only drains need not pay for it at its start.
    this.session = process.getBuiltinModule("node:http2").connect(authority, settings.http2);
    this.session.once("connect", (_session, socket) => {
      this.#socket = socket as Socket;
    });
    this.opened = new Promise((resolve, reject) => {
      const callOff = clock.after(settings.connectTimeoutMs, () =>
        this.finish("connect-failed", new Error("connect timeout")),
      );
      this.session.once("remoteSettings", () => {
        callOff();
        this.#open();
        resolve();
      });
      this.session.once("close", () => {
        callOff();
        this.end ??= this.#isOpen ? "peer" : "connect-failed";
        this.#callOff();
        reject(this.error ?? new Error("the connection closed before the server's SETTINGS came"));
        onChange();
      });
    });
    this.opened.catch(() => {});
    this.session.on("error", (error: Error) => {
      this.error ??= error;
    });
    this.session.on("goaway", (code, lastStreamId) => {
      this.goaway = { code, lastStreamId };
      onChange();
    });
    this.session.on("remoteSettings", () => onChange());
  }

  /** Whether one more stream can be opened. */
  get hasRoom(): boolean {
    return this.usable && this.#isOpen && this.streams < this.limit;
  }

  /** Whether it takes requests, now or once it is open. */
  get usable(): boolean {
    return this.end === undefined && this.goaway === undefined && !this.session.closed && !this.session.destroyed;
  }

  get limit(): number {
    return this.#isOpen ? (this.session.remoteSettings.maxConcurrentStreams ?? ASSUMED_STREAMS) : ASSUMED_STREAMS;
  }

  get silentMs(): number {
    this.#sample();
    return this.#settings.clock.now() - this.#lastReadMs;
  }

  request(headers: OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream {
    return this.session.request(headers, { endStream });
  }

  /** A stream, promised or open, is done. */
  release(): void {
    this.streams -= 1;
    if (this.streams === 0) this.#idleSinceMs = this.#settings.clock.now();
    this.#onChange();
  }

  /** Asks the peer; ends the connection if the answer does not come in time. */
  verify(): Promise<boolean> {
    this.verifying ??= new Promise<boolean>((resolve) => {
      const callOff = this.#settings.clock.after(this.#settings.verifyTimeoutMs, () => {
        this.finish("verify-failed");
        resolve(false);
      });
      const answered = (error: Error | null): void => {
        callOff();
        this.verifying = undefined;
        if (error === null) this.#sample();
        this.verified = error === null && this.usable;
        resolve(this.verified);
        this.#onChange();
      };
      if (this.session.destroyed || !this.session.ping(answered)) answered(new Error("no PING can be sent"));
    });
    return this.verifying;
  }

  /** Ends it now, with what is open on it. */
  finish(end: LinkEnd, error?: Error): void {
    this.end ??= end;
    this.error ??= error;
    this.#callOff();
    this.session.destroy();
  }

  #open(): void {
    const { tcpKeepaliveMs } = this.#settings;
    this.#isOpen = true;
    if (tcpKeepaliveMs > 0) this.#socket?.setKeepAlive(true, tcpKeepaliveMs);
    this.#health = healthCheck(this.#settings.clock.now());
    this.#watch();
    this.#onChange();
  }

  /** Looks at it now, and again one resolution later. */
  #watch(): void {
    const { clock, idleTimeoutMs, resolutionMs, readIdleTimeoutMs } = this.#settings;
    this.#callOff();
    if (this.session.destroyed) return;
    this.#sample();
    this.#step("tick");
    if (this.end !== undefined) return;
    const idleMs = this.streams === 0 ? clock.now() - this.#idleSinceMs : 0;
    if (idleMs >= idleTimeoutMs) {
      this.end = "idle";
      this.session.close();
      return;
    }
    const nextMs = readIdleTimeoutMs === 0 ? Math.max(1, Math.min(idleTimeoutMs, 1000)) : resolutionMs;
    this.#callOff = clock.after(nextMs, () => this.#watch());
  }

  #sample(): void {
    const bytes = this.#socket?.bytesRead ?? this.#bytesRead;
    if (bytes === this.#bytesRead) return;
    this.#bytesRead = bytes;
    this.#lastReadMs = this.#settings.clock.now();
    this.#step("read");
  }

  #step(input: HealthInput): void {
    const { state, action } = stepHealthCheck(this.#health, input, this.#settings.clock.now(), this.#settings);
    this.#health = state;
    if (action === "lost") this.finish("lost-ping");
    if (action === "ping" && !this.session.destroyed) {
      this.session.ping((error) => error === null && this.#step("pong"));
    }
  }
}

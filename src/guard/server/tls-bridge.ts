import { EventEmitter } from "node:events";
import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";

/**
 * Stands between a TLS socket and its HTTP/2 session, so that a frame of ours can be written between two of the session's, on lines of
 * Node whose native code was not read (`injectTls`). Given something that has no native handle, the session writes through
 * JavaScript, one whole batch of frames at a time. That is the price: each response is copied into buffers
 * of JavaScript's, see docs/guard/cost.md. It has the methods of a Duplex that Node's `JSStreamSocket` calls, and no more, since
 * a real Duplex would buffer a second time.
 */
export class TlsBridge extends EventEmitter {
  readonly encrypted = true;
  readonly readable = true;
  readonly writable = true;
  readonly readableObjectMode = false;
  readonly alpnProtocol: string | false | null;
  readonly #socket: TLSSocket;
  #begun = false;
  #waits = false;
  #batch: Uint8Array[] = [];
  #written: (() => void)[] = [];

  constructor(socket: TLSSocket) {
    super();
    this.#socket = socket;
    this.alpnProtocol = socket.alpnProtocol;
    // The session would do it, could it see the socket: without it each small response waits for an ACK.
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.emit("data", chunk));
    socket.on("end", () => this.emit("end"));
    socket.on("close", () => this.emit("close"));
    socket.on("error", (error) => this.emit("error", error));
  }

  /**
   * A whole frame, behind all that the session has written; not before it has (SETTINGS come first, RFC 9113 §3.4), and not while it waits to
   * write more.
   */
  inject(frame: Buffer): boolean {
    if (!this.#begun || this.#waits || !this.#socket.writable) return false;
    this.#socket.write(frame);
    return true;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  cork(): void {}

  write(bytes: Uint8Array, written: () => void): boolean {
    this.#batch.push(bytes);
    this.#written.push(written);
    return true;
  }

  uncork(): void {
    const batch = this.#batch;
    const written = this.#written;
    const first = batch[0];
    if (first === undefined) return;
    this.#begun = true;
    this.#batch = [];
    this.#written = [];
    const done = () => {
      this.#waits = false;
      for (const each of written) each();
    };
    // One write is one TLS record where it fits.
    this.#waits = !this.#socket.write(batch.length === 1 ? first : Buffer.concat(batch));
    if (this.#waits) this.#socket.once("drain", done);
    else done();
  }

  end(ended?: () => void): void {
    this.#socket.end(ended);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  setTimeout(): void {}
}

/** What a request's `socket` shows of the connection, and Node's stand-in for a bridged socket does not know. */
const SHOWN = [
  "remoteAddress",
  "remotePort",
  "remoteFamily",
  "localAddress",
  "localPort",
  "localFamily",
  "bytesRead",
  "bytesWritten",
  "authorized",
  "authorizationError",
  "servername",
  "alpnProtocol",
] as const;
const CALLED = [
  "address",
  "getCertificate",
  "getCipher",
  "getEphemeralKeyInfo",
  "getPeerCertificate",
  "getPeerX509Certificate",
  "getProtocol",
  "getSession",
  "isSessionReused",
  "exportKeyingMaterial",
] as const;

/** Makes `session.socket` and `request.socket` answer for the TLS socket, as they do without a bridge. */
export function showSocket(session: ServerHttp2Session, socket: TLSSocket): void {
  const key = Object.getOwnPropertySymbols(session).find((symbol) => symbol.description === "socket");
  const standIn = key === undefined ? undefined : (session as unknown as Record<symbol, Socket | undefined>)[key];
  if (standIn === undefined) return;
  for (const name of SHOWN) Object.defineProperty(standIn, name, { configurable: true, get: () => socket[name] });
  Object.defineProperty(standIn, "encrypted", { configurable: true, value: true });
  for (const name of CALLED) {
    const method = socket[name] as (...args: unknown[]) => unknown;
    Object.defineProperty(standIn, name, { configurable: true, value: method.bind(socket) });
  }
}

export function asDuplex(bridge: TlsBridge): Duplex {
  return bridge as unknown as Duplex;
}

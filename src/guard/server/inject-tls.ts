import { EventEmitter } from "node:events";
import type { ServerHttp2Session } from "node:http2";
import { createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import { handleOf, type NativeHandle, type WriteRequest } from "./native-handle.ts";
import type { Inject } from "./watch-server.ts";

/** The lines of Node whose native code was read, and on which the tests ran. */
const KNOWN_LINES: readonly string[] = ["22", "24"];

/** The one part of TLSSocket that is used: it lays a TLS layer over a native handle. */
interface Layers {
  readonly _wrapHandle?: (
    this: unknown,
    socket: null,
    handle: NativeHandle,
    busy: boolean,
  ) => { destroySSL: () => void };
}

const layers: Layers = TLSSocket.prototype as unknown as Layers;

/** Whether frames can be written on TLS without anything in their way. */
export const canInjectTls: boolean =
  KNOWN_LINES.includes(process.versions.node.split(".")[0] ?? "") && typeof layers._wrapHandle === "function";

let context: SecureContext | undefined;

/**
 * Writes a frame between two of a session's over TLS, by taking one turn of the session's.
 *
 * The session writes to the TLS layer natively. That layer takes one write at a time (`CHECK(!current_write_)` in
 * `src/crypto/crypto_tls.cc`), and the session takes every completion for its own (`CHECK(is_write_in_progress())` in
 * `src/node_http2.cc`): a second writer ends the process. What makes it safe is to have exactly one write of ours for one completion
 * that the session did not see:
 *
 * 1. Nothing is being written. Reading stops, and a cover is laid on the TLS layer, which now hears of completions in the
 *    session's stead. The session is made to write: a PING.
 * 2. One turn of the event loop later it has (`bytesWritten` grew: nobody else writes), and all of it is in the kernel (`writeQueueSize`).
 *    The cover swallowed the completion. So the session waits and can write nothing, and the TLS layer is free.
 * 3. Our frame is written and the cover taken off. When this write is complete the session hears of it, takes it for its own, and
 *    goes on; it starts reading again by itself.
 *
 * If the session did not write, or its write has to wait for the client, the cover comes off and nothing was changed: `done(false)`.
 * There is no third writer: alerts and tickets are written without a request. A renegotiation could hold a write with an empty queue;
 * TLS 1.3 has none, and below it HTTP/2 forbids it (RFC 9113 §9.2.1), so it is turned off.
 */
export function injectTls(session: ServerHttp2Session, socket: TLSSocket): Inject {
  if (socket.getProtocol() !== "TLSv1.3") socket.disableRenegotiation();
  return (frame, done, ready = () => true) => {
    waiting.push((over) => {
      const end = (written: boolean): void => {
        over();
        done(written);
      };
      if (ready()) takeTurn(session, socket, frame, end);
      else end(false);
    });
    // Never while the session reads: it may be called from there, and the rest of what arrived would go to the cover.
    schedule();
  };
}

/**
 * A cover is a TLS layer with its buffers (25 KB, by experiment): a drain of ten thousand connections would need 250 MB at once, and the
 * event loop would stand still meanwhile.
 */
const AT_ONCE = 50;
const waiting: ((over: () => void) => void)[] = [];
let underWay = 0;
let scheduled = false;

function schedule(): void {
  if (!scheduled) setImmediate(begin);
  scheduled = true;
}

function begin(): void {
  scheduled = false;
  while (underWay < AT_ONCE) {
    const turn = waiting.shift();
    if (turn === undefined) return;
    underWay += 1;
    turn(() => {
      underWay -= 1;
      if (waiting.length > 0) schedule();
    });
  }
}

function takeTurn(
  session: ServerHttp2Session,
  socket: TLSSocket,
  frame: Buffer,
  done: (written: boolean) => void,
): void {
  const handle = handleOf(socket);
  if (handle === undefined || !socket.writable || session.destroyed || session.closed) return done(false);
  // SETTINGS come first (RFC 9113 §3.4).
  if (handle.bytesWritten === 0 || handle.writeQueueSize !== 0) return done(false);
  const before = handle.bytesWritten;
  const cover = lay(handle);
  if (cover === undefined) return done(false);
  const release = hold(socket);
  // Whatever fails: the cover comes off, and others have their turn.
  const end = (written: boolean): void => {
    try {
      cover.destroySSL();
      if (handle.bytesWritten === before && !socket.destroyed) handle.readStart();
    } finally {
      try {
        release();
      } finally {
        done(written);
      }
    }
  };
  try {
    handle.readStop();
    session.ping(() => {});
  } catch {
    // The application's own ping, perhaps. One phase is what is left.
    return end(false);
  }
  setImmediate(() => {
    const wrote = handle.bytesWritten > before;
    const clear = wrote && handle.writeQueueSize === 0 && !socket.destroyed;
    try {
      if (clear) write(socket, handle, frame);
    } finally {
      end(clear);
    }
  });
}

/**
 * Puts off what the application, or Node, does to the socket in this one turn: the completion that was swallowed has to be made up for
 * while the socket can still write, or a session that was destroyed meanwhile waits for it and never closes.
 */
function hold(socket: TLSSocket): () => void {
  const putOff: (() => void)[] = [];
  const restore = (["destroy", "end"] as const).map((name) => {
    const before = Object.getOwnPropertyDescriptor(socket, name);
    const value = (...args: never[]): TLSSocket => {
      putOff.push(() => (socket[name] as (...all: never[]) => unknown)(...args));
      return socket;
    };
    Object.defineProperty(socket, name, { configurable: true, writable: true, value });
    return () =>
      before === undefined ? Reflect.deleteProperty(socket, name) : Object.defineProperty(socket, name, before);
  });
  return () => {
    for (const each of restore) each();
    for (const each of putOff) each();
  };
}

function lay(handle: NativeHandle): { destroySSL: () => void } | undefined {
  // No certificates: it never speaks.
  context ??= createSecureContext({ ca: [] });
  const owner = Object.assign(new EventEmitter(), { _tlsOptions: { isServer: true, secureContext: context } });
  try {
    return layers._wrapHandle?.call(owner, null, handle, false);
  } catch {
    // No public interface. One phase is what is left.
    return undefined;
  }
}

/** Its completion goes to the session, so that the socket has to be told by hand, or it would never end. */
function write(socket: TLSSocket, handle: NativeHandle, frame: Buffer): void {
  const native = handle.writeBuffer;
  let pending: WriteRequest | undefined;
  handle.writeBuffer = (request, bytes) => {
    pending = request;
    return native.call(handle, request, bytes);
  };
  try {
    socket.write(frame);
  } finally {
    delete (handle as Partial<NativeHandle>).writeBuffer;
  }
  setImmediate(() => pending?.oncomplete?.(0));
}

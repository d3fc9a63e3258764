import type { Server as HttpServer, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server, ServerHttp2Session } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { Server as NetServer, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { GuardFault } from "../machines/guard-fault.ts";
import { onHttp1Response } from "./http1-responses.ts";
import { injectClear } from "./inject-clear.ts";
import { canInjectTls, injectTls } from "./inject-tls.ts";
import { asDuplex, showSocket, TlsBridge } from "./tls-bridge.ts";

/** Any server of Node's that speaks HTTP. */
export type AnyServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

/**
 * Writes a whole frame between two of the session's, or nothing; says which, at once or in the next turns of the event loop. What the session was
 * given until `ready` is asked goes before the frame, what it is given later may go behind; false calls it off.
 */
export type Inject = (frame: Buffer, done: (written: boolean) => void, ready?: () => boolean) => void;

/** An HTTP/2 connection. */
export interface Http2Link {
  readonly session: ServerHttp2Session;
  readonly socket: Socket;
  /** Absent where it can't be done. One at a time. */
  readonly inject?: Inject;
}

/** An HTTP/1 connection, with the responses that are not finished yet. */
export interface Http1Link {
  readonly socket: Socket;
  /** In the order of their requests: several if the client does not wait for one before it sends the next (pipelining). */
  readonly open: Set<ServerResponse>;
  /** How many bytes it had read when it last became idle; more than that is a request that is arriving. */
  readWhenIdle: number;
}

/** Knows the connections of a server. One for each server, shared by the filter and the drain. */
export interface ServerWatch {
  readonly http2: ReadonlyMap<ServerHttp2Session, Http2Link>;
  readonly http1: ReadonlySet<Http1Link>;
  /** Every TCP connection, also those whose TLS handshake is not done. */
  readonly accepted: ReadonlySet<Socket>;
  /** From now on: `bridge` where frames can't be written on TLS otherwise, so that they can; `none`: never on TLS. */
  setTls: (way: "bridge" | "none") => void;
  onHttp2: (then: (link: Http2Link) => void) => void;
  onHttp1: (then: (link: Http1Link) => void) => void;
  /** Called with each HTTP/1 request before the application sees it. */
  onHttp1Request: (then: (response: ServerResponse, link: Http1Link) => void) => void;
  /** Called after a connection was closed, with what is left. */
  onClosed: (then: () => void) => void;
}

const watches = new WeakMap<NetServer, ServerWatch>();

/** Throws a `GuardFault` if the server has connections already: nothing is known of these. */
export function watchServer(server: AnyServer): ServerWatch {
  const known = watches.get(server);
  if (known !== undefined) return known;
  const { _connections: connections = 0 } = server as { readonly _connections?: number };
  if (connections > 0) {
    throw new GuardFault(
      "too-late",
      `the server has connections already (${connections}), and these could be neither told to go nor waited for: call it before the server listens`,
    );
  }
  const watch = startWatch(server);
  watches.set(server, watch);
  return watch;
}

function startWatch(server: NetServer): ServerWatch {
  const http2 = new Map<ServerHttp2Session, Http2Link>();
  const http1 = new Set<Http1Link>();
  const accepted = new Set<Socket>();
  const closedListeners: (() => void)[] = [];
  const http2Listeners: ((link: Http2Link) => void)[] = [];
  const http1Listeners: ((link: Http1Link) => void)[] = [];
  const requestListeners: ((response: ServerResponse, link: Http1Link) => void)[] = [];
  const secure = "setSecureContext" in server;
  const opened = secure ? "secureConnection" : "connection";
  let tls: "native" | "bridge" | "none" = canInjectTls ? "native" : "none";
  // The connection that Node is making a session for: it announces the session before its listener returns.
  let current: { readonly socket: Socket; readonly bridge?: TlsBridge } | undefined;

  const listeners = server.rawListeners(opened) as ((socket: unknown) => void)[];
  // Node's own, by its name, in case somebody came before it.
  const nodes = listeners.find(({ name }) => name === "connectionListener") ?? listeners[0];
  if (nodes !== undefined) {
    server.removeListener(opened, nodes);
    server.prependListener(opened, (socket: Socket) => {
      const isHttp2Tls = secure && (socket as TLSSocket).alpnProtocol === "h2";
      const bridge = tls === "bridge" && isHttp2Tls ? new TlsBridge(socket as TLSSocket) : undefined;
      current = { socket, ...(bridge === undefined ? {} : { bridge }) };
      try {
        nodes.call(server, bridge === undefined ? socket : asDuplex(bridge));
      } finally {
        const stillOwn = current;
        current = undefined;
        if (stillOwn !== undefined && !isHttp2Tls) watchHttp1(socket);
      }
    });
  }

  server.prependListener("connection", (socket: Socket) => {
    accepted.add(socket);
    socket.once("close", () => {
      accepted.delete(socket);
      for (const then of closedListeners) then();
    });
  });

  server.on("session", (session: ServerHttp2Session) => {
    const link = linkOf(session);
    if (link === undefined) return;
    http2.set(session, link);
    link.socket.once("close", () => http2.delete(session));
    for (const then of http2Listeners) then(link);
  });

  function linkOf(session: ServerHttp2Session): Http2Link | undefined {
    const from = current;
    // Claimed: this connection speaks HTTP/2.
    current = undefined;
    // A session that the application made on a socket of its own.
    if (from === undefined) return undefined;
    const { socket, bridge } = from;
    if (bridge !== undefined) {
      showSocket(session, socket as TLSSocket);
      return { session, socket, inject: inTurn(session, (frame) => bridge.inject(frame)) };
    }
    const inject = secure ? injectNative(session, socket as TLSSocket) : injectInClear(session, socket);
    return { session, socket, ...(inject === undefined ? {} : { inject }) };
  }

  function injectInClear(session: ServerHttp2Session, socket: Socket): Inject | undefined {
    const write = injectClear(socket);
    return write === undefined ? undefined : inTurn(session, write);
  }

  function injectNative(session: ServerHttp2Session, socket: TLSSocket): Inject | undefined {
    return tls === "native" ? injectTls(session, socket) : undefined;
  }

  function watchHttp1(socket: Socket): void {
    const link: Http1Link = { socket, open: new Set(), readWhenIdle: 0 };
    http1.add(link);
    socket.once("close", () => http1.delete(link));
    onHttp1Response(socket, (response) => onResponse(link, response));
    for (const then of http1Listeners) then(link);
  }

  function onResponse(link: Http1Link, response: ServerResponse): void {
    link.open.add(response);
    response.once("close", () => {
      link.open.delete(response);
      link.readWhenIdle = link.socket.bytesRead;
    });
    for (const then of requestListeners) then(response, link);
  }

  return {
    http2,
    http1,
    accepted,
    setTls: (way) => {
      tls = way;
    },
    onHttp2: (then) => http2Listeners.push(then),
    onHttp1: (then) => http1Listeners.push(then),
    onHttp1Request: (then) => requestListeners.push(then),
    onClosed: (then) => closedListeners.push(then),
  };
}

/** What the session has to say already goes first: it writes in the next turn of the event loop. */
function inTurn(session: ServerHttp2Session, write: (frame: Buffer) => boolean): Inject {
  return (frame, done, ready = () => true) => {
    setImmediate(() => {
      if (!ready()) return done(false);
      // A session that was closed meanwhile has said the true last id, which no later GOAWAY may raise (RFC 9113 §6.8).
      setImmediate(() => done(!session.closed && !session.destroyed && write(frame)));
    });
  };
}

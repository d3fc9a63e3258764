import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server, ServerHttp2Session } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { Server as NetServer, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { asDuplex, showSocket, TlsBridge } from "./tls-bridge.ts";

/** Any server of Node's that speaks HTTP. */
export type AnyServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

/** An HTTP/2 connection. */
export interface Http2Link {
  readonly session: ServerHttp2Session;
  /** Writes a whole frame between two of the session's; absent where the session writes to TLS by itself. */
  readonly inject?: (frame: Buffer) => void;
}

/** An HTTP/1 connection, with the responses that are not finished yet. */
export interface Http1Link {
  readonly socket: Socket;
  readonly open: Set<ServerResponse>;
  /** How many bytes it had read when it last became idle; more than that is a request that is arriving. */
  readWhenIdle: number;
}

/** Knows the connections of a server. One for each server, shared by the filter and the drain. */
export interface ServerWatch {
  readonly http2: ReadonlyMap<ServerHttp2Session, Http2Link>;
  readonly http1: ReadonlySet<Http1Link>;
  /** From now on, TLS connections get a bridge, so that frames can be written on them. */
  bridgeTls: () => void;
  onHttp2: (then: (link: Http2Link) => void) => void;
  onHttp1: (then: (link: Http1Link) => void) => void;
  /** Called with each HTTP/1 request before the application sees it. */
  onHttp1Request: (then: (response: ServerResponse, link: Http1Link) => void) => void;
}

const watches = new WeakMap<NetServer, ServerWatch>();

export function watchServer(server: AnyServer): ServerWatch {
  const known = watches.get(server);
  if (known !== undefined) return known;
  const watch = startWatch(server);
  watches.set(server, watch);
  return watch;
}

function startWatch(server: NetServer): ServerWatch {
  const http2 = new Map<ServerHttp2Session, Http2Link>();
  const http1 = new Set<Http1Link>();
  const bySocket = new WeakMap<object, Http1Link>();
  const http2Listeners: ((link: Http2Link) => void)[] = [];
  const http1Listeners: ((link: Http1Link) => void)[] = [];
  const requestListeners: ((response: ServerResponse, link: Http1Link) => void)[] = [];
  const secure = "setSecureContext" in server;
  const opened = secure ? "secureConnection" : "connection";
  let bridging = false;
  // The connection that Node is making a session for: it announces the session before its listener returns.
  let current: { readonly socket: Socket; readonly bridge?: TlsBridge } | undefined;

  const listeners = server.rawListeners(opened) as ((socket: unknown) => void)[];
  // Node's own, by its name, in case somebody came before it.
  const nodes = listeners.find(({ name }) => name === "connectionListener") ?? listeners[0];
  if (nodes !== undefined) {
    server.removeListener(opened, nodes);
    server.prependListener(opened, (socket: Socket) => {
      const isHttp2Tls = secure && (socket as TLSSocket).alpnProtocol === "h2";
      const bridge = bridging && isHttp2Tls ? new TlsBridge(socket as TLSSocket) : undefined;
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

  server.on("session", (session: ServerHttp2Session) => {
    const link = linkOf(session);
    http2.set(session, link);
    session.once("close", () => http2.delete(session));
    for (const then of http2Listeners) then(link);
  });

  function linkOf(session: ServerHttp2Session): Http2Link {
    const from = current;
    // Claimed: this connection speaks HTTP/2.
    current = undefined;
    if (from?.bridge !== undefined) {
      const { bridge } = from;
      showSocket(session, from.socket as TLSSocket);
      return { session, inject: (frame) => bridge.inject(frame) };
    }
    if (from === undefined || secure) return { session };
    const { socket } = from;
    // In the clear, libuv queues writes of several writers, and the session's always end with a whole frame.
    return {
      session,
      inject: (frame) => {
        if (socket.writable) socket.write(frame);
      },
    };
  }

  let listening = false;
  function watchHttp1(socket: Socket): void {
    const link: Http1Link = { socket, open: new Set(), readWhenIdle: 0 };
    bySocket.set(socket, link);
    http1.add(link);
    socket.once("close", () => http1.delete(link));
    // Not before there is such a connection: on an HTTP/2 server it would switch the compatibility layer on.
    if (!listening) server.prependListener("request", onRequest);
    listening = true;
    for (const then of http1Listeners) then(link);
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (request.httpVersionMajor !== 1) return;
    const link = bySocket.get(request.socket);
    if (link === undefined) return;
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
    bridgeTls: () => {
      bridging = true;
    },
    onHttp2: (then) => http2Listeners.push(then),
    onHttp1: (then) => http1Listeners.push(then),
    onHttp1Request: (then) => requestListeners.push(then),
  };
}

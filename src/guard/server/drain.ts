import type { ServerResponse } from "node:http";
import { Server as NetServer, type Socket } from "node:net";
import { type Clock, systemClock } from "../clock.ts";
import { checkRange, GuardFault } from "../machines/guard-fault.ts";
import { LINGER_MS } from "../machines/leave-session.ts";
import { canInjectTls } from "./inject-tls.ts";
import { leave } from "./leave.ts";
import { onceSignal } from "./once-signal.ts";
import { type AnyServer, type Http1Link, type Http2Link, watchServer } from "./watch-server.ts";

export interface DrainOptions {
  /**
   * How long requests in flight may take once the listener is closed; what is open after it is cut. Default: 25000, below the
   * 30 s of Kubernetes' `terminationGracePeriodSeconds`. Sensible: the longest request, and `notReadyMs` + `graceMs` a few seconds
   * below the time after which you are killed. Prevents: `drain-cut-short`.
   * Go: the context of `http.Server.Shutdown`. gRPC: MAX_CONNECTION_AGE_GRACE; `server.drain(port, graceMs)`.
   */
  readonly graceMs?: number;
  /**
   * How long to go on as before once `ready` is false, so that balancers find out. Default: 0, for use after a preStop sleep. Sensible:
   * a readiness probe's period times its failure threshold, or 5000 to 15000. Prevents: `terminated-too-early`, connections refused
   * after SIGTERM. Kubernetes: preStop; `--shutdown-delay-duration` of kube-apiserver. Go and gRPC: none.
   */
  readonly notReadyMs?: number;
  /**
   * How long an idle HTTP/1 connection is kept, to answer one more request with `Connection: close`; HTTP/1 has no GOAWAY. Default:
   * 5000, or half of the grace if that is less. Sensible: 1000 to the grace. Prevents: `keep-alive-race` in a drain. Go: none, it closes them
   * at once. gRPC: none, no HTTP/1.
   */
  readonly idleMs?: number;
  /**
   * How long the answer to the PING behind the first GOAWAY is awaited. Default: 5000. Sensible: 1000 to 10000.
   * Prevents: a silent client that holds up the drain. Go: none, it sends one GOAWAY only. gRPC: 5 s, fixed.
   */
  readonly roundTripLimitMs?: number;
  /**
   * HTTP/2 over TLS. Default: `two-phase`: GOAWAY 2^31-1 first, which refuses nothing. On Node 22 and 24 it costs nothing until then; on
   * lines whose native code was not read it puts JavaScript between TLS and HTTP/2, with its price (docs/guard/cost.md).
   * `one-phase`: Node's own GOAWAY; requests on their way are ignored, and clients that follow RFC 9113 §8.7 send them
   * again. Sensible: the default. Prevents: requests refused while they were on their way. Go: always one-phase. gRPC: always two.
   */
  readonly tls?: "two-phase" | "one-phase";
  /**
   * Called once with each connection that is no longer HTTP/1 after an upgrade (WebSocket) or CONNECT: when draining begins or, if it
   * was upgraded since, `idleMs` later. Say goodbye there in the words of its protocol. Default: none; it may go on until the
   * grace is over. Sensible: `(socket) => bySocket.get(socket)?.close(1001)`. Prevents: a drain that takes the whole grace. Go:
   * `http.Server.RegisterOnShutdown`. gRPC: none, no upgrades.
   */
  readonly onUpgraded?: (socket: Socket) => void;
  /**
   * Signals that start it, each once: a second one does what it always does. Default: none. Sensible: `["SIGTERM"]`.
   * Go: `signal.NotifyContext`. gRPC: none.
   */
  readonly signals?: readonly NodeJS.Signals[];
  readonly clock?: Clock;
}

/** `ready`: serving. `not-ready`: serving, and the readiness probe says no. `draining`: nothing new. `drained`: no connection is left. */
export type DrainPhase = "ready" | "not-ready" | "draining" | "drained";

export interface DrainReport {
  /** Connections that were open when draining began, or came since. */
  readonly http1: number;
  readonly http2: number;
  /** Of `http1`: upgraded (WebSocket) or tunnels (CONNECT). */
  readonly upgraded: number;
  /** Connections that were ended with requests open, or upgraded, since the grace was over. */
  readonly cut: number;
  readonly tookMs: number;
}

export interface Drain {
  readonly phase: DrainPhase;
  /** For a readiness probe: 200 while true, 503 otherwise. */
  readonly ready: boolean;
  /** Begins, or tells of the drain that has begun. Resolves once no connection is left; the process ends then by itself, if nothing else holds it. */
  readonly start: () => Promise<DrainReport>;
}

/**
 * Lets a server stop without refusing a request. Call it once, before the server listens; `start` (or a signal) begins.
 * HTTP/2: GOAWAY with 2^31-1, the true last id a round trip later, closed when the streams are done. HTTP/1: `Connection: close`
 * on every response, then idle connections are ended. Throws a `GuardFault` if the options cannot work.
 */
export function drain(server: AnyServer, options: DrainOptions = {}): Drain {
  const { graceMs = 25_000, notReadyMs = 0, roundTripLimitMs = 5000, tls = "two-phase", clock = systemClock } = options;
  const idleMs = options.idleMs ?? Math.min(5000, graceMs / 2);
  checkRange("graceMs", graceMs, [0, 2 ** 31 - 1]);
  checkRange("notReadyMs", notReadyMs, [0, 2 ** 31 - 1]);
  checkRange("roundTripLimitMs", roundTripLimitMs, [1, 600_000]);
  checkRange("idleMs", idleMs, [0, 2 ** 31 - 1]);
  if (idleMs > graceMs) {
    throw new GuardFault(
      "idle-beyond-grace",
      `idleMs ${idleMs} is above graceMs ${graceMs}: nothing is kept after the grace`,
    );
  }
  const watch = watchServer(server);
  if (tls === "one-phase") watch.setTls("none");
  else if (!canInjectTls) watch.setTls("bridge");

  let phase: DrainPhase = "ready";
  let report: Promise<DrainReport> | undefined;
  let idleOver = false;
  let startedMs = 0;
  let cut = 0;
  const seen = { http1: 0, http2: 0, upgraded: 0 };
  const upgraded = new WeakSet<Http1Link>();
  let settle: () => void = () => {};

  const takeHttp2 = (link: Http2Link): void => {
    seen.http2 += 1;
    const leftMs = Math.max(0, startedMs + graceMs - clock.now());
    leave(link, { roundTripLimitMs, graceMs: leftMs, clock, onGone: (wasCut) => wasCut && countCut() });
  };
  const takeHttp1 = (link: Http1Link): void => {
    seen.http1 += 1;
    sayClose(link);
  };
  const takeUpgraded = (): void => {
    for (const link of watch.http1) {
      if (!isUpgraded(link) || upgraded.has(link)) continue;
      upgraded.add(link);
      seen.upgraded += 1;
      try {
        options.onUpgraded?.(link.socket);
      } catch (error) {
        // The others are to hear of it all the same, and the drain is to end.
        process.emitWarning(`onUpgraded threw: ${String(error)}`, "GuardWarning");
      }
    }
  };
  const countCut = (): void => {
    cut += 1;
  };
  const begun = (): boolean => phase === "draining" || phase === "drained";

  watch.onHttp2((link) => begun() && takeHttp2(link));
  watch.onHttp1((link) => begun() && takeHttp1(link));
  watch.onHttp1Request((response, link) => {
    if (!begun()) return;
    sayClose(link);
    // A response begun before said keep-alive; its connection is idle once it is done.
    response.once("close", () => idleOver && endIdle(link));
  });
  watch.onClosed(() => settle());
  // A signal that came while the process was starting: what listens only now is not to serve. After the application has heard of it.
  server.on("listening", () => setImmediate(() => begun() && NetServer.prototype.close.call(server)));

  const run = async (): Promise<DrainReport> => {
    phase = "not-ready";
    if (notReadyMs > 0) await new Promise<void>((resolve) => clock.after(notReadyMs, resolve));
    phase = "draining";
    startedMs = clock.now();
    const closed = new Promise<void>((resolve) => {
      // When all that hears of the same event has.
      settle = () => setImmediate(() => watch.accepted.size === 0 && resolve());
      settle();
    });
    // Not `server.close`: Node's would end idle connections and sessions at once, with one GOAWAY.
    NetServer.prototype.close.call(server);
    for (const link of watch.http2.values()) takeHttp2(link);
    for (const link of watch.http1) takeHttp1(link);
    takeUpgraded();
    const callOffIdle = clock.after(idleMs, () => {
      idleOver = true;
      takeUpgraded();
      for (const link of watch.http1) {
        for (const response of link.open) response.once("close", () => endIdle(link));
        endIdle(link);
      }
      // A TLS connection whose client has not said a word is idle too.
      if ("setSecureContext" in server)
        for (const socket of watch.accepted) if (socket.bytesRead === 0) socket.destroy();
    });
    const callOffGrace = clock.after(graceMs, () => {
      takeUpgraded();
      for (const link of watch.http1) {
        if (link.open.size > 0 || upgraded.has(link)) countCut();
        link.socket.destroy();
      }
    });
    // HTTP/2 had time to say so by now. What is left has no protocol yet: its TLS handshake is not done.
    const callOffRest = clock.after(graceMs + 2 * LINGER_MS, () => {
      for (const socket of watch.accepted) socket.destroy();
    });
    await closed;
    callOffIdle();
    callOffGrace();
    callOffRest();
    stopChecking(server);
    for (const callOff of callOffs) callOff();
    phase = "drained";
    return { ...seen, cut, tookMs: clock.now() - startedMs };
  };

  const start = (): Promise<DrainReport> => {
    report ??= run();
    return report;
  };
  const callOffs = (options.signals ?? []).map((signal) => onceSignal(signal, () => void start()));
  return {
    get phase() {
      return phase;
    },
    get ready() {
      return phase === "ready";
    },
    start,
  };
}

const told = new WeakSet<ServerResponse>();

/** Only the last of several may say so: Node ends the connection behind the one that does, and the rest would get no answer. */
function sayClose({ open }: Http1Link): void {
  const last = [...open].at(-1);
  for (const response of open) {
    if (response.headersSent) continue;
    if (response !== last) {
      if (told.delete(response)) response.removeHeader("Connection");
      continue;
    }
    response.setHeader("Connection", "close");
    told.add(response);
  }
}

/** Node takes its parser from a connection that is upgraded; every other HTTP/1 connection has one as long as it is open. */
function isUpgraded({ socket }: Http1Link): boolean {
  return !socket.destroyed && (socket as { parser?: unknown }).parser === null;
}

/** Ends the timer that looks for slow HTTP/1 senders, as `server.close` would; that a second time would also say "close" a second time. */
function stopChecking(server: AnyServer): void {
  const timers = server as unknown as Record<symbol, NodeJS.Timeout | undefined>;
  const key = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === "http.server.connectionsCheckingInterval",
  );
  if (key !== undefined) clearInterval(timers[key]);
}

/** Ends a connection on which nothing is going on. One that has begun to send a request is left to its response, or the grace. */
function endIdle({ open, socket, readWhenIdle }: Http1Link): void {
  if (open.size > 0 || socket.destroyed || socket.bytesRead > readWhenIdle) return;
  socket.end();
}

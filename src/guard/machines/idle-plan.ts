/**
 * Idle times that no neighbour undercuts. On every connection the side that sends requests has to give an idle connection
 * up before the side that accepts them does, with a margin: otherwise a request crosses the FIN and is lost. Through a box that
 * forgets silent connections, both ends speak (TCP keepalive) or close before it forgets.
 */
import { checkRange, GuardFault } from "./guard-fault.ts";

/** A neighbour on the path. The names are those of `path.yaml`; what is not known is left out. Times may be Infinity. */
export interface Hop {
  readonly id?: string;
  /** `box` (layer 4) forwards packets and forgets silent connections. The others end connections. Default: proxy. */
  readonly role?: "client" | "box" | "proxy" | "server";
  /** How long it keeps a silent connection that it accepted; for a box: that passes through it. */
  readonly idleTimeoutMs?: number;
  /** How long it keeps an idle connection that it opened, for its next request. */
  readonly poolIdleTimeoutMs?: number;
  /** Whether a TCP keepalive probe counts as life. Default: true. False for AWS application and classic balancers. */
  readonly countsTcpKeepalive?: boolean;
}

/** Where this service stands. A plain number is a neighbour that ends connections and keeps idle ones for so many milliseconds. */
export interface Place {
  /** From the client to this service, the nearest last. */
  readonly before?: readonly (number | Hop)[];
  /** From this service to those it calls, the nearest first. */
  readonly after?: readonly (number | Hop)[];
  /**
   * How much earlier the sender of requests gives up. Default: 2000. Sensible: 1000 to 10000, and above the largest one-way delay.
   * Prevents: equal limits, where each loss needs only one request in the wrong millisecond. Go and gRPC: no such setting.
   */
  readonly marginMs?: number;
  /** What you want in place of what would be derived; refused if it contradicts the path. */
  readonly wanted?: Partial<ServerIdle & ClientIdle & { readonly tcpKeepaliveMs: number }>;
}

export interface ServerIdle {
  /**
   * How long this server keeps an idle connection. Derived: the caller's pool time plus the margin. Node's default is 5000,
   * below nearly every proxy's. Prevents: `keep-alive-race`, 502 at the proxy. Go: `http.Server.IdleTimeout`. gRPC: MAX_CONNECTION_IDLE.
   */
  readonly keepAliveTimeoutMs: number;
  /**
   * Time for a request's header to arrive. Default: 60000, Node's. Sensible: 5000 to 60000. Prevents: connections held by senders
   * that never finish. Go: `http.Server.ReadHeaderTimeout`. gRPC: none.
   */
  readonly headersTimeoutMs: number;
  /**
   * Time for a whole request to arrive. Default: 300000, Node's. Sensible: above the slowest upload, and not below
   * `headersTimeoutMs`. Go: `http.Server.ReadTimeout`. gRPC: none.
   */
  readonly requestTimeoutMs: number;
}

export interface ClientIdle {
  /**
   * How long this client keeps an idle connection for its next request. Derived: the next server's limit less the margin, and
   * below every box's memory. Prevents: `keep-alive-race`, `silent-idle-drop`. Go: `http.Transport.IdleConnTimeout`. gRPC: client idle timeout.
   */
  readonly poolIdleTimeoutMs: number;
}

export interface IdlePlan {
  readonly server?: ServerIdle;
  readonly client?: ClientIdle;
  /**
   * Silence after which TCP probes the peer, needed where a box forgets: half of the shortest memory, at most 60000.
   * Prevents: `silent-idle-drop`. Go: `net.Dialer.KeepAlive`, `net.ListenConfig.KeepAlive`. gRPC: `grpc.keepalive_time_ms` does it with PING.
   */
  readonly tcpKeepaliveMs?: number;
  /** Why each number is what it is, a sentence each. */
  readonly because: readonly string[];
}

const LONGEST_PROBE = 60_000;
/** Node clamps timers at 2^31-1 ms. */
const LONGEST = 2 ** 31 - 1;

/** Throws a `GuardFault` with the reason where no numbers satisfy the path, or those wanted contradict it. */
export function idlePlan(place: Place): IdlePlan {
  const marginMs = place.marginMs ?? 2000;
  checkRange("marginMs", marginMs, [1, 600_000]);
  const before = (place.before ?? []).map(asHop);
  const after = (place.after ?? []).map(asHop);
  for (const hop of [...before, ...after]) checkHop(hop);
  const because: string[] = [];
  const boxes = [...boxesNextTo([...before].reverse()), ...boxesNextTo(after)];
  const tcpKeepaliveMs = probe(boxes, place.wanted?.tcpKeepaliveMs, because);
  const server = before.length === 0 ? undefined : serverIdle({ before, place, marginMs, tcpKeepaliveMs, because });
  const client = after.length === 0 ? undefined : clientIdle({ after, place, marginMs, because });
  return {
    ...(server === undefined ? {} : { server }),
    ...(client === undefined ? {} : { client }),
    ...(tcpKeepaliveMs === undefined ? {} : { tcpKeepaliveMs }),
    because,
  };
}

interface Side {
  readonly place: Place;
  readonly marginMs: number;
  readonly because: string[];
}

function serverIdle(
  side: Side & { readonly before: readonly Hop[]; readonly tcpKeepaliveMs: number | undefined },
): ServerIdle {
  const { before, place, marginMs, because } = side;
  const nearestFirst = [...before].reverse();
  const caller = nearestFirst.find((hop) => hop.role !== "box");
  const keptMs = caller?.poolIdleTimeoutMs;
  if (keptMs === Number.POSITIVE_INFINITY) {
    throw new GuardFault(
      "caller-never-closes",
      `${nameOf(caller)} keeps idle connections for ever: no limit of this server can be above that. Give it one`,
    );
  }
  const leastMs = keptMs === undefined ? 0 : keptMs + marginMs;
  const derivedMs = Math.max(leastMs, 5000);
  const keepAliveTimeoutMs = place.wanted?.keepAliveTimeoutMs ?? derivedMs;
  checkRange("keepAliveTimeoutMs", keepAliveTimeoutMs, [1, LONGEST]);
  if (keepAliveTimeoutMs < leastMs) {
    throw new GuardFault(
      "closes-before-its-caller",
      `keepAliveTimeoutMs ${keepAliveTimeoutMs} is too short: ${nameOf(caller)} keeps idle connections for ${keptMs} ms and may ` +
        `send a request on one that this server is closing. At least ${leastMs} (its time plus ${marginMs} ms)`,
    );
  }
  because.push(
    caller === undefined || keptMs === undefined
      ? `keepAliveTimeoutMs ${keepAliveTimeoutMs}: it is not said how long the caller keeps idle connections`
      : `keepAliveTimeoutMs ${keepAliveTimeoutMs}: above the ${keptMs} ms of ${nameOf(caller)}, so that it closes first`,
  );
  const idleMs = Math.min(keptMs ?? keepAliveTimeoutMs, keepAliveTimeoutMs);
  for (const box of boxesNextTo(nearestFirst)) checkBox(box, idleMs, side);
  const headersTimeoutMs = place.wanted?.headersTimeoutMs ?? 60_000;
  const requestTimeoutMs = place.wanted?.requestTimeoutMs ?? Math.max(300_000, headersTimeoutMs);
  checkRange("headersTimeoutMs", headersTimeoutMs, [1, LONGEST]);
  checkRange("requestTimeoutMs", requestTimeoutMs, [1, LONGEST]);
  if (requestTimeoutMs < headersTimeoutMs) {
    throw new GuardFault(
      "request-before-headers",
      `requestTimeoutMs ${requestTimeoutMs} is below headersTimeoutMs ${headersTimeoutMs}: a whole request takes at least as long as its header`,
    );
  }
  return { keepAliveTimeoutMs, headersTimeoutMs, requestTimeoutMs };
}

function clientIdle(side: Side & { readonly after: readonly Hop[] }): ClientIdle {
  const { after, place, marginMs, because } = side;
  const next = after.find((hop) => hop.role !== "box");
  const silent = boxesNextTo(after);
  const limits = [
    ...(next?.idleTimeoutMs === undefined ? [] : [{ hop: next, ms: next.idleTimeoutMs }]),
    ...silent.map((hop) => ({ hop, ms: hop.idleTimeoutMs ?? Number.POSITIVE_INFINITY })),
  ].sort((a, b) => a.ms - b.ms);
  const tightest = limits[0];
  const mostMs = tightest === undefined ? Number.POSITIVE_INFINITY : tightest.ms - marginMs;
  if (mostMs <= 0) {
    throw new GuardFault(
      "no-time-to-reuse",
      `${nameOf(tightest?.hop)} ends idle connections after ${tightest?.ms} ms, within the margin of ${marginMs} ms: no connection ` +
        "towards it can be kept for a second request. Send each on a connection of its own, or have its limit raised",
    );
  }
  const wantedMs = place.wanted?.poolIdleTimeoutMs;
  const poolIdleTimeoutMs = wantedMs ?? Math.min(mostMs, 60_000);
  checkRange("poolIdleTimeoutMs", poolIdleTimeoutMs, [1, LONGEST]);
  if (poolIdleTimeoutMs > mostMs) {
    throw new GuardFault(
      "outlives-the-server",
      `poolIdleTimeoutMs ${poolIdleTimeoutMs} is too long: ${nameOf(tightest?.hop)} ends idle connections after ${tightest?.ms} ms, ` +
        `and a request may cross its close. At most ${mostMs}`,
    );
  }
  because.push(
    tightest === undefined
      ? `poolIdleTimeoutMs ${poolIdleTimeoutMs}: it is not said how long the next hop keeps idle connections`
      : `poolIdleTimeoutMs ${poolIdleTimeoutMs}: ${nameOf(tightest.hop)} ends idle connections after ${tightest.ms} ms`,
  );
  return { poolIdleTimeoutMs };
}

/** A box on the way from the caller must hear something before it forgets. */
function checkBox(box: Hop, idleMs: number, side: Side & { readonly tcpKeepaliveMs: number | undefined }): void {
  const forgetsMs = box.idleTimeoutMs ?? Number.POSITIVE_INFINITY;
  if (idleMs + side.marginMs <= forgetsMs) return;
  if (box.countsTcpKeepalive !== false && side.tcpKeepaliveMs !== undefined && side.tcpKeepaliveMs < forgetsMs) return;
  throw new GuardFault(
    "box-forgets-first",
    `${nameOf(box)} forgets a connection after ${forgetsMs} ms of silence, the two ends keep it for ${idleMs} ms, and TCP keepalive does ` +
      "not count there: shorten the caller's time, or have the box's raised",
  );
}

function probe(boxes: readonly Hop[], wantedMs: number | undefined, because: string[]): number | undefined {
  const counting = boxes.filter((box) => box.countsTcpKeepalive !== false && Number.isFinite(box.idleTimeoutMs ?? NaN));
  const shortest = counting.toSorted((a, b) => (a.idleTimeoutMs ?? 0) - (b.idleTimeoutMs ?? 0))[0];
  if (wantedMs !== undefined) {
    checkRange("tcpKeepaliveMs", wantedMs, [1000, LONGEST]);
    if (shortest?.idleTimeoutMs !== undefined && wantedMs >= shortest.idleTimeoutMs) {
      throw new GuardFault(
        "probes-too-late",
        `tcpKeepaliveMs ${wantedMs} is too long: ${nameOf(shortest)} forgets a connection after ${shortest.idleTimeoutMs} ms of silence`,
      );
    }
    return wantedMs;
  }
  if (shortest?.idleTimeoutMs === undefined) return undefined;
  // The kernel counts in whole seconds, and Node rounds down to them.
  const ms = Math.max(1000, Math.floor(Math.min(shortest.idleTimeoutMs / 2, LONGEST_PROBE) / 1000) * 1000);
  because.push(`tcpKeepaliveMs ${ms}: ${nameOf(shortest)} forgets after ${shortest.idleTimeoutMs} ms of silence`);
  return ms;
}

/** The boxes up to the first hop that ends the connection. */
function boxesNextTo(hops: readonly Hop[]): readonly Hop[] {
  const end = hops.findIndex((hop) => hop.role !== "box");
  return end === -1 ? hops : hops.slice(0, end);
}

function asHop(hop: number | Hop): Hop {
  return typeof hop === "number" ? { role: "proxy", idleTimeoutMs: hop, poolIdleTimeoutMs: hop } : hop;
}

function checkHop(hop: Hop): void {
  for (const [name, ms] of [
    ["idleTimeoutMs", hop.idleTimeoutMs],
    ["poolIdleTimeoutMs", hop.poolIdleTimeoutMs],
  ] as const) {
    if (ms !== undefined && !(ms > 0))
      throw new GuardFault("bad-hop", `${nameOf(hop)}: ${name} must be above 0, not ${ms}`);
  }
}

function nameOf(hop: Hop | undefined): string {
  return hop?.id ?? (hop?.role === "box" ? "a box on the path" : "the neighbour");
}

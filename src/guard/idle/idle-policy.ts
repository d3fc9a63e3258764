import type { AgentOptions, Server } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { GuardFault } from "../machines/guard-fault.ts";
import { type Hop, type IdlePlan, idlePlan, type Place } from "../machines/idle-plan.ts";

/** The data of a `path.yaml`, as far as it is looked at: hops from client to server. */
export interface PathData {
  readonly hops: readonly PathHop[];
}

/** A hop as `path.yaml` has it: its settings beside its id, or under `settings`. */
export type PathHop = Hop & {
  readonly settings?: Pick<Hop, "idleTimeoutMs" | "poolIdleTimeoutMs" | "countsTcpKeepalive">;
};

/** What undici's `Agent` and `Pool` take; see its documentation of `Client`. */
export interface UndiciOptions {
  readonly keepAliveTimeout: number;
  readonly keepAliveMaxTimeout: number;
  readonly keepAliveTimeoutThreshold: number;
  readonly connect: { readonly keepAlive: boolean; readonly keepAliveInitialDelay?: number };
}

export interface IdlePolicy {
  /** The numbers, and why. */
  readonly plan: IdlePlan;
  /** Sets keepAliveTimeout, headersTimeout, requestTimeout and TCP keepalive of a server. */
  readonly applyToServer: <S extends Server | HttpsServer>(server: S) => S;
  /** For `new http.Agent(…)` and `new https.Agent(…)`. */
  readonly agentOptions: () => AgentOptions;
  /** For `new Agent(…)` and `new Pool(…)` of undici. */
  readonly undiciOptions: () => UndiciOptions;
  /** For `connect` of this library. */
  readonly clientOptions: () => { readonly idleTimeoutMs: number; readonly tcpKeepaliveMs?: number };
}

/**
 * Idle times for this service such that no neighbour closes first. Give the neighbours on either side, or the data of a `path.yaml`
 * and the id of the hop that this service is. Throws a `GuardFault` with the reason where no numbers can work.
 */
export function idlePolicy(
  place: Place | (PathData & { readonly me: string; readonly marginMs?: number }),
): IdlePolicy {
  const plan = idlePlan("hops" in place ? placeIn(place) : place);
  return {
    plan,
    applyToServer: (server) => {
      const { server: idle, tcpKeepaliveMs } = plan;
      if (idle === undefined)
        throw new GuardFault("no-side", "nothing is known of the hops before this service: give `before`");
      server.keepAliveTimeout = idle.keepAliveTimeoutMs;
      server.headersTimeout = idle.headersTimeoutMs;
      server.requestTimeout = idle.requestTimeoutMs;
      if (tcpKeepaliveMs !== undefined) server.on("connection", (socket) => socket.setKeepAlive(true, tcpKeepaliveMs));
      return server;
    },
    agentOptions: () => ({
      keepAlive: true,
      // Of an idle connection. Node obeys a shorter Keep-Alive header of the server by itself.
      timeout: clientSide(plan).poolIdleTimeoutMs,
      // Node's own default probes every second.
      keepAliveMsecs: plan.tcpKeepaliveMs ?? 30_000,
    }),
    undiciOptions: () => ({
      keepAliveTimeout: clientSide(plan).poolIdleTimeoutMs,
      // A longer Keep-Alive header of the server does not lift it above the plan.
      keepAliveMaxTimeout: clientSide(plan).poolIdleTimeoutMs,
      keepAliveTimeoutThreshold: 2000,
      connect: { keepAlive: true, keepAliveInitialDelay: plan.tcpKeepaliveMs ?? 30_000 },
    }),
    clientOptions: () => ({
      idleTimeoutMs: clientSide(plan).poolIdleTimeoutMs,
      ...(plan.tcpKeepaliveMs === undefined ? {} : { tcpKeepaliveMs: plan.tcpKeepaliveMs }),
    }),
  };
}

function clientSide(plan: IdlePlan): { readonly poolIdleTimeoutMs: number } {
  if (plan.client === undefined)
    throw new GuardFault("no-side", "nothing is known of the hops after this service: give `after`");
  return plan.client;
}

function placeIn({ hops, me, marginMs }: PathData & { readonly me: string; readonly marginMs?: number }): Place {
  const flat = hops.map((hop): Hop => ({ ...hop, ...hop.settings }));
  const at = flat.findIndex((hop) => hop.id === me);
  if (at < 0) throw new GuardFault("no-such-hop", `no hop of the path has the id ${JSON.stringify(me)}`);
  return { before: flat.slice(0, at), after: flat.slice(at + 1), ...(marginMs === undefined ? {} : { marginMs }) };
}

import type { Http2Server } from "node:http2";
import { type Drain, type DrainOptions, drain } from "../server/drain.ts";
import { type GoawayFilter, type GoawayOptions, goaway } from "../server/goaway.ts";
import type { AnyServer } from "../server/watch-server.ts";

export interface GuardOptions {
  /** Default: no filter. It acts on HTTP/2 requests only. */
  readonly goaway?: GoawayOptions;
  readonly drain?: DrainOptions;
  /** Where the readiness probe asks. Default: `/readyz`, as in Kubernetes. */
  readonly readyPath?: string;
}

export interface Guarded {
  readonly drain: Drain;
  readonly filter: GoawayFilter | undefined;
  readonly readyPath: string;
}

/** What every plugin does: filter and drain on the framework's own server, before it has connections. */
export function guardServer(server: AnyServer, options: GuardOptions): Guarded {
  const filter = options.goaway === undefined ? undefined : goaway(options.goaway);
  filter?.attach(server as Http2Server);
  return { drain: drain(server, options.drain), filter, readyPath: options.readyPath ?? "/readyz" };
}

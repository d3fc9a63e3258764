import type { AnyServer } from "../server/watch-server.ts";
import { type Guarded, type GuardOptions, guardServer } from "./guard-server.ts";

/** The part of Hono's context that is needed. */
export interface HonoContext {
  text: (text: string, status: 200 | 503) => globalThis.Response;
}

/**
 * Hono on Node: guards what `serve` of `@hono/node-server` returned, and gives a handler for the readiness route:
 * `app.get("/readyz", (c) => guard.ready(c))`.
 */
export function honoGuard(
  server: unknown,
  options: GuardOptions = {},
): Guarded & { readonly ready: (context: HonoContext) => globalThis.Response } {
  const guarded = guardServer(server as AnyServer, options);
  const ready = (context: HonoContext): globalThis.Response =>
    guarded.drain.ready ? context.text("ok\n", 200) : context.text("draining\n", 503);
  return { ...guarded, ready };
}

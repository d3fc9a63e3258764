import type { AnyServer } from "../server/watch-server.ts";
import { type Guarded, type GuardOptions, guardServer } from "./guard-server.ts";

/** The part of Connect's and Express's handler that is needed. */
export type ConnectHandler = (
  request: { readonly url?: string | undefined },
  response: { statusCode: number; end: (text: string) => unknown },
  next: () => void,
) => void;

/**
 * Express and Connect: guards the server that the application runs on, and gives a handler for `app.use` that answers the readiness
 * probe: 200 while serving, 503 as soon as the drain has begun.
 */
export function connectGuard(
  server: AnyServer,
  options: GuardOptions = {},
): Guarded & { readonly handler: ConnectHandler } {
  const guarded = guardServer(server, options);
  const handler: ConnectHandler = (request, response, next) => {
    if (request.url?.split("?", 1)[0] !== guarded.readyPath) return next();
    response.statusCode = guarded.drain.ready ? 200 : 503;
    response.end(guarded.drain.ready ? "ok\n" : "draining\n");
  };
  return { ...guarded, handler };
}

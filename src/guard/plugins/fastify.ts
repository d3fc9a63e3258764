import type { AnyServer } from "../server/watch-server.ts";
import { type Guarded, type GuardOptions, guardServer } from "./guard-server.ts";

/** The part of a Fastify instance that is needed. */
export interface FastifyLike {
  readonly server: unknown;
  get: (
    path: string,
    handler: (request: unknown, reply: { code: (status: number) => { send: (text: string) => unknown } }) => unknown,
  ) => unknown;
  decorate: (name: string, value: unknown) => unknown;
  close: () => PromiseLike<unknown>;
}

/**
 * Fastify: `app.register(fastifyGuard, options)` guards its server, adds the readiness route, and decorates the instance with `guard`:
 * `app.guard.stop()` drains and then closes the application. Fastify's own `close` answers late requests with 503; drain first.
 */
export async function fastifyGuard(app: FastifyLike, options: GuardOptions = {}): Promise<void> {
  const guarded = guardServer(app.server as AnyServer, options);
  app.get(guarded.readyPath, (_request, reply) =>
    guarded.drain.ready ? reply.code(200).send("ok\n") : reply.code(503).send("draining\n"),
  );
  const stop: FastifyGuarded["stop"] = async () => {
    const report = await guarded.drain.start();
    await app.close();
    return report;
  };
  app.decorate("guard", { ...guarded, stop } satisfies FastifyGuarded);
}

// Not encapsulated: the decoration is meant for the instance it is registered on.
Object.defineProperty(fastifyGuard, Symbol.for("skip-override"), { value: true });

/** What `app.guard` is. */
export interface FastifyGuarded extends Guarded {
  readonly stop: () => ReturnType<Guarded["drain"]["start"]>;
}

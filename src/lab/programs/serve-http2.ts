import { appendFileSync, readFileSync } from "node:fs";
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import { drain, goaway } from "../../guard/index.ts";
import type { Message } from "../../netns/lab-plan.ts";
import type { ServerConfig } from "../../netns/program-configs.ts";
import { answerKubernetes } from "./kubernetes-api.ts";
import { wait } from "./pace.ts";
import { say } from "./say.ts";
import { ServiceTime } from "./service-time.ts";
import { StoreClient } from "./store-client.ts";

/**
 * An API server: HTTP/2 over TLS, the goaway filter and the drain of `halfopen/guard`, and the Kubernetes API where there is a store.
 * What is no part of that API is answered after the service time; `/watch` is a stream without end.
 */
export async function serveHttp2(config: ServerConfig, dice: () => number): Promise<(message: Message) => void> {
  const { servers, name } = config;
  const store = config.store === undefined ? undefined : await StoreClient.open(config.store);
  const service = new ServiceTime(servers, dice);
  const server = createSecureServer({
    key: readFileSync(config.keyFile),
    cert: readFileSync(config.certFile),
    allowHTTP1: true,
  });
  // The filter's chance is fixed once it is made; loaded dice make it any other.
  let chance = servers.goaway.chance;
  const filter = goaway({
    chance: FILTER_CHANCE,
    maxChance: 1,
    exempt: servers.goaway.exempt.map((userAgent) => ({ userAgent })),
    dice: () => (chance === 0 ? 1 : Math.min(1, (dice() * FILTER_CHANCE) / chance)),
  });
  filter.attach(server);
  const leaving =
    servers.drain === "two-phase"
      ? drain(server, {
          graceMs: servers.drainGraceMs,
          idleMs: Math.min(5000, servers.drainGraceMs / 2),
          tls: servers.drain,
        })
      : undefined;
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<TLSSocket>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => {});
    if (servers.idleTimeoutMs > 0) session.setTimeout(servers.idleTimeoutMs, () => session.close());
  });
  server.on("secureConnection", (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    if (servers.keepalive !== undefined) socket.setKeepAlive(true, servers.keepalive.idleMs);
  });
  const { keyLog } = config;
  if (keyLog !== undefined) server.on("keylog", (line) => appendFileSync(keyLog, line));
  server.on("request", (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => {});
    response.on("error", () => {});
    request.on(
      "end",
      () =>
        void answer(request, response, Buffer.concat(chunks).toString()).catch((error) =>
          say("ERROR", `${name} ${request.url}: ${error}`),
        ),
    );
  });
  const answer = async (request: Http2ServerRequest, response: Http2ServerResponse, body: string): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url, "https://x");
    if (/^\/(?:readyz|livez|healthz)$/.test(pathname)) return void response.end("ok");
    if (pathname === "/watch") return stream(response, Number(searchParams.get("timeoutSeconds") ?? 0) * 1000);
    const deadline =
      servers.requestDeadlineMs > 0
        ? setTimeout(() => request.stream.session?.destroy(), servers.requestDeadlineMs)
        : undefined;
    await service.serve();
    clearTimeout(deadline);
    if (response.stream?.destroyed) return;
    if (
      store !== undefined &&
      (await answerKubernetes(request, response, { store, body, bookmarkMs: config.bookmarkMs }))
    )
      return;
    response.writeHead(pathname === "/work" ? 200 : 404, { "x-target": name });
    response.end("x".repeat(Math.min(1_000_000, Number(searchParams.get("bytes") ?? 20))));
  };
  await new Promise<void>((resolve) => server.listen(servers.port, config.address, resolve));
  say("INFO", `${name} listening on ${config.address}:${servers.port}`);
  process.on("SIGTERM", () => {
    say("INFO", `${name} draining`);
    const done =
      leaving?.start() ?? leave({ server, sessions, sockets }, servers.drain === "cut" ? 0 : servers.drainGraceMs);
    void done.then(() => {
      say("INFO", `${name} drained`);
      process.exit(0);
    });
  });
  setInterval(
    () =>
      say(
        "INFO",
        `${name} holds ${sessions.size} told ${filter.counters.sent} spared ${filter.counters.exempted} requests ${filter.counters.requests}`,
      ),
    1000,
  ).unref();
  return (message) => {
    if (message.do === "goaway-chance") chance = message.chance;
  };
}

const FILTER_CHANCE = 0.5;

/** A stream without end but its time limit: nothing is said on it after the headers. */
function stream(response: Http2ServerResponse, limitMs: number): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.write("\n");
  const over = limitMs > 0 ? setTimeout(() => response.end(), limitMs) : undefined;
  response.on("close", () => clearTimeout(over));
}

/**
 * GOAWAY NO_ERROR with the last stream taken, then the end of every connection that is not done within the grace, in mid-stream and without another word, as
 * nginx (worker_shutdown_timeout) and others do. guard's own drain would say GOAWAY CANCEL there.
 */
async function leave(
  open: {
    readonly server: { close(): unknown };
    readonly sessions: ReadonlySet<ServerHttp2Session>;
    readonly sockets: ReadonlySet<TLSSocket>;
  },
  graceMs: number,
): Promise<void> {
  open.server.close();
  const done = [...open.sessions].map((session) => new Promise<void>((resolve) => session.once("close", resolve)));
  // Sends GOAWAY, waits for the streams and closes.
  for (const session of open.sessions) session.close();
  await Promise.race([Promise.all(done), wait(graceMs)]);
  const closed = [...open.sockets].map(
    (socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())),
  );
  for (const socket of open.sockets) socket.destroy();
  await Promise.all(closed);
}

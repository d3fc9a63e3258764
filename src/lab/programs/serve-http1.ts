import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from "node:http";
import type { Message } from "../../netns/lab-plan.ts";
import type { ServerConfig } from "../../netns/program-configs.ts";
import { say } from "./say.ts";
import { ServiceTime } from "./service-time.ts";

/** A service over HTTP/1.1: answers, closes connections that were idle for too long, abandons what takes too long. */
export function serveHttp1(config: ServerConfig, dice: () => number): (message: Message) => void {
  const { servers, name } = config;
  const service = new ServiceTime(servers, dice);
  const options: ServerOptions & { readonly keepAliveTimeoutBuffer: number } = {
    // 0 is for ever. Node 24 adds a second to what it was told unless this says otherwise; Node 22 ignores it.
    keepAliveTimeout: Math.round(servers.idleTimeoutMs),
    keepAliveTimeoutBuffer: 0,
    requestTimeout: 0,
  };
  const server = createServer(options, (request, response) => {
    request.resume();
    request.on("end", () => void answer(request, response));
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const from = `${request.socket.remoteAddress}:${request.socket.remotePort}`;
    const deadline =
      servers.requestDeadlineMs > 0
        ? setTimeout(() => {
            say(
              "ERROR",
              `${name} ${request.method} ${request.url} from ${from} abandoned after ${servers.requestDeadlineMs} ms`,
            );
            request.socket.resetAndDestroy();
          }, servers.requestDeadlineMs)
        : undefined;
    await service.serve();
    clearTimeout(deadline);
    if (response.destroyed) return;
    const bytes = Number(new URL(request.url ?? "/", "http://x").searchParams.get("bytes") ?? 20);
    response.writeHead(request.method === "POST" ? 201 : 200, {
      "content-type": "text/plain",
      "content-length": bytes,
      "x-target": name,
    });
    response.end("x".repeat(bytes));
    say("INFO", `${name} ${request.method} ${request.url} ${response.statusCode} ${from}`);
  };
  if (servers.keepalive !== undefined) {
    const { idleMs } = servers.keepalive;
    server.on("connection", (socket) => socket.setKeepAlive(true, idleMs));
  }
  server.listen(servers.port, config.address, () =>
    say("INFO", `${name} listening on ${config.address}:${servers.port}`),
  );
  process.on("SIGTERM", () => {
    say("INFO", `${name} draining`);
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), servers.drain === "cut" ? 0 : servers.drainGraceMs);
  });
  return () => {};
}

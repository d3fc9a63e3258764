import { Agent, type ClientRequest, request } from "node:http";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import type { ClientsConfig } from "../../netns/program-configs.ts";
import type { Names } from "./caller.ts";
import { keepPace, type Pace } from "./pace.ts";
import { say } from "./say.ts";

/** A plain client over HTTP/1.1 with a pool of kept connections. */
export function runHttp1Client(
  name: string,
  config: ClientsConfig,
  names: Names,
  options: { readonly paces: readonly Pace[]; readonly dice: () => number },
): void {
  const { requests, retries } = config.clients;
  const agent = agentOf(config);
  for (const pace of options.paces) {
    void keepPace(pace, async () => {
      const host = names.addresses[Math.floor(options.dice() * names.addresses.length)] ?? "";
      const where = `${requests.method} http://${host.includes(":") ? `[${host}]` : host}:${config.port}/work`;
      for (let attempt = 1; ; attempt += 1) {
        const began = performance.now();
        const { status, error, reused, local } = await ask(agent, host, config);
        const took = `${Math.round(performance.now() - began)} ms`;
        if (error === undefined) return say(status >= 500 ? "ERROR" : "INFO", `${name} ${where} ${status} ${took}`);
        say("ERROR", `${name} ${where} from ${local} failed after ${took}: ${error}`);
        const again = retries === "idempotent" && requests.method !== "POST" && reused;
        if (!again || attempt > 1) return;
      }
    });
  }
}

function agentOf(config: ClientsConfig): Agent {
  const { connections, poolIdleTimeoutMs, keepalive } = config.clients;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: connections,
    maxFreeSockets: connections,
    scheduling: "fifo",
  });
  // Node's own would begin TCP keepalive probes after a second of idleness whatever it was told, at connecting and again when a socket is free.
  agent.createConnection = (options) =>
    connect({
      ...(options as NetConnectOpts),
      keepAlive: keepalive !== undefined,
      keepAliveInitialDelay: keepalive?.idleMs ?? 0,
    });
  agent.keepSocketAlive = (stream): boolean => {
    const socket = stream as Socket;
    socket.setTimeout(poolIdleTimeoutMs);
    socket.unref();
    return true;
  };
  return agent;
}

interface Answer {
  readonly status: number;
  readonly error?: string;
  readonly reused: boolean;
  readonly local: string;
}

function ask(agent: Agent, host: string, config: ClientsConfig): Promise<Answer> {
  const { requests, requestTimeoutMs, connectTimeoutMs } = config.clients;
  return new Promise((resolve) => {
    const body = requests.method === "GET" ? undefined : Buffer.alloc(requests.requestBytes, "x");
    const outgoing: ClientRequest = request({
      agent,
      host,
      port: config.port,
      method: requests.method,
      path: `/work?bytes=${requests.responseBytes}`,
      headers: { "user-agent": config.group, ...(body === undefined ? {} : { "content-length": body.length }) },
    });
    let local = "an unknown port";
    const done = (answer: Omit<Answer, "reused" | "local">): void => {
      clearTimeout(patience);
      resolve({ ...answer, reused: outgoing.reusedSocket, local });
    };
    let patience = setTimeout(() => outgoing.destroy(new Error("connect timed out")), Math.max(1000, connectTimeoutMs));
    const connected = (socket: Socket): void => {
      local = `${socket.localAddress}:${socket.localPort}`;
      clearTimeout(patience);
      if (requestTimeoutMs > 0)
        patience = setTimeout(() => outgoing.destroy(new Error("request timed out")), requestTimeoutMs);
    };
    outgoing.on("socket", (socket) => {
      if (socket.connecting) socket.once("connect", () => connected(socket));
      else connected(socket);
    });
    outgoing.on("response", (response) => {
      response.resume();
      response.on("end", () => done({ status: response.statusCode ?? 0 }));
      response.on("error", (error) => done({ status: 0, error: error.message }));
    });
    outgoing.on("error", (error) => done({ status: 0, error: error.message }));
    outgoing.end(body);
  });
}

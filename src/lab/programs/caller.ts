import { appendFileSync } from "node:fs";
import { connect as connectTls } from "node:tls";
import { type Client, connect } from "../../guard/index.ts";
import type { ClientsConfig } from "../../netns/program-configs.ts";

/** A transport over HTTP/2: one connection at a time, a new one where the name leads next after GOAWAY or loss. */
export interface Caller {
  readonly client: Client;
  readonly headers: Readonly<Record<string, string>>;
}

/** The addresses behind the service's name, as they are now. */
export interface Names {
  addresses: readonly string[];
}

/** `names` is read at every dial, as a resolver that keeps nothing would be. */
export function callerOf(config: ClientsConfig, names: Names, dice: () => number, userAgent: string): Caller {
  const { healthCheck, keepalive, clients } = { ...config.clients, clients: config.clients };
  const client = connect(`https://api.internal:${config.port}`, {
    readIdleTimeoutMs: healthCheck?.readIdleTimeoutMs ?? 0,
    ...(healthCheck === undefined ? {} : { pingTimeoutMs: healthCheck.pingTimeoutMs }),
    // As Go's transport: nobody is asked before a request.
    verifyAfterMs: Number.POSITIVE_INFINITY,
    idleTimeoutMs: clients.poolIdleTimeoutMs === 0 ? 2 ** 31 - 1 : clients.poolIdleTimeoutMs,
    connectTimeoutMs: Math.max(1000, clients.connectTimeoutMs),
    tcpKeepaliveMs: keepalive === undefined ? 0 : Math.max(1000, keepalive.idleMs),
    maxSessions: 1,
    maxAttempts: clients.retries === "none" ? 1 : 4,
    retryIdempotent: clients.retries === "idempotent",
    maxBackOffMs: 2000,
    dice,
    http2: {
      rejectUnauthorized: false,
      createConnection: () => {
        const host = names.addresses[Math.floor(dice() * names.addresses.length)] ?? "";
        const socket = connectTls({
          host,
          port: config.port,
          ALPNProtocols: ["h2"],
          rejectUnauthorized: false,
          servername: "api.internal",
        });
        const { keyLog } = config;
        if (keyLog !== undefined) socket.on("keylog", (line) => appendFileSync(keyLog, line));
        return socket;
      },
    },
  });
  return { client, headers: { "user-agent": userAgent } };
}

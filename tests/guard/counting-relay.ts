import { once } from "node:events";
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import type { Certificate } from "./peers.ts";

/** Bytes of the client preface and of a frame's header (RFC 9113 §3.4, §4.1). */
const PREFACE = 24;
const HEADER = 9;
const HEADERS = 0x1;

/**
 * Stands between clients and a server that speak HTTP/2, and counts the requests that were really sent: HEADERS frames. With a certificate, both
 * sides speak TLS, each with the relay.
 */
export async function countingRelay(
  port: number,
  certificate?: Certificate,
): Promise<{ readonly port: number; readonly requests: () => number; readonly close: () => void }> {
  let requests = 0;
  const tls = { servername: "localhost", ALPNProtocols: ["h2"] };
  const pass = (client: Socket): void => {
    const upstream =
      certificate === undefined
        ? connectTcp(port, "127.0.0.1")
        : connectTls({ ...tls, port, host: "127.0.0.1", ca: certificate.cert });
    let passed = PREFACE;
    let waiting = Buffer.alloc(0);
    client.on("data", (bytes) => {
      waiting = Buffer.concat([waiting, bytes]);
      for (;;) {
        const skipped = Math.min(passed, waiting.length);
        passed -= skipped;
        waiting = waiting.subarray(skipped);
        if (passed > 0 || waiting.length < HEADER) return;
        if (waiting[3] === HEADERS) requests++;
        passed = HEADER + waiting.readUIntBE(0, 3);
      }
    });
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on("error", () => [client, upstream].map((each) => each.destroy()));
  };
  const server: Server =
    certificate === undefined ? createTcpServer(pass) : createTlsServer({ ...certificate, ...tls }, pass);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, requests: () => requests, close: () => server.close() };
}

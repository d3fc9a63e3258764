import { type Reading, shown } from "../reading.ts";
import { flag, nginxTime } from "../units.ts";
import type { Directive } from "./directive.ts";
import { Scope } from "./scope.ts";

/** Servers of the `stream` block: connections handed on as they are, ended after `proxy_timeout` of silence on both sides. */
export function readStream(reading: Reading, stream: Directive): void {
  const outer = new Scope(stream.block ?? []);
  for (const server of outer.own.filter(({ name, block }) => name === "server" && block !== undefined)) {
    const scope = new Scope(server.block ?? [], outer);
    const pass = scope.find("proxy_pass");
    const listen = scope.find("listen");
    if (pass === undefined || listen?.args.includes("udp") === true) continue;
    const hop = reading.hop({
      name: `stream ${shown(listen?.args[0] ?? "server", 60)} -> ${shown(pass.args[0] ?? "", 80)}`,
      role: "proxy",
      layer: 4,
      product: "nginx",
      protocol: "tcp",
      line: server.line,
      key: "server",
      file: server.file,
    });
    hop.take("idleTimeoutMs", scope.written("proxy_timeout"), nginxTime);
    hop.take("connectTimeoutMs", scope.written("proxy_connect_timeout"), nginxTime);
    hop.take("tcpKeepalive", scope.written("proxy_socket_keepalive"), flag);
  }
}

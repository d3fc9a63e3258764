import type { Format } from "../file-reader.ts";
import { type Reading, shown } from "../reading.ts";
import type { Directive } from "./directive.ts";
import { Includer } from "./include.ts";
import { type HttpBlock, readServer, readUpstream } from "./routes.ts";
import { Scope } from "./scope.ts";
import { readStream } from "./stream.ts";

export const nginx: Format = {
  id: "nginx",
  title: "nginx.conf: servers, locations, upstreams, stream, includes",
  recognise,
  read: (reading, text, options) => readMain(reading, new Includer(reading, options).load(reading.file, text)),
};

function recognise(name: string, head: string): number {
  const blocks = /^\s*(?:http|events|server|upstream\s+\S+|stream|location\s[^{};\n]*)\s*\{/m.test(head);
  const directives =
    /^\s*(?:keepalive_timeout|proxy_pass|proxy_read_timeout|worker_processes|proxy_set_header|listen)\s[^;{}\n]*;/m.test(
      head,
    );
  if (blocks && directives) return 0.9;
  if (blocks) return /\.conf$/.test(name) ? 0.7 : 0.4;
  if (directives) return /nginx|\.conf$/.test(name) ? 0.6 : 0.3;
  return name === "nginx.conf" ? 0.5 : 0;
}

/** A whole configuration, or a part of one as it stands in `conf.d` or `sites-enabled`. */
function readMain(reading: Reading, directives: readonly Directive[]): void {
  const main = new Scope(directives);
  const blocks = directives.filter(({ name, block }) => name === "http" && block !== undefined);
  const shutdown = main.written("worker_shutdown_timeout");
  for (const http of blocks) readHttp(reading, http.block ?? [], main, shutdown);
  for (const stream of directives.filter(({ name, block }) => name === "stream" && block !== undefined))
    readStream(reading, stream);
  if (blocks.length > 0) return;
  const part = directives.filter(({ name }) => name !== "stream" && name !== "events" && name !== "mail");
  if (part.some(({ name }) => name === "server" || name === "upstream")) {
    reading.assume(1, "no http block: read as a part of one, whose own settings are not known");
    readHttp(reading, part, undefined, shutdown);
  } else if (part.some(({ name }) => /^(?:keepalive_|proxy_|client_|location$)/.test(name))) {
    reading.assume(1, "neither http nor server block: read as the inside of a server");
    readHttp(reading, [{ name: "server", args: [], file: reading.file, line: 1, block: part }], undefined, shutdown);
  }
}

function readHttp(
  reading: Reading,
  block: readonly Directive[],
  main: Scope | undefined,
  shutdown: HttpBlock["shutdown"],
): void {
  const upstreams = new Map<string, Directive>();
  for (const directive of block)
    if (directive.name === "upstream") upstreams.set(shown(directive.args[0] ?? "", 100), directive);
  const maps = block.filter(({ name }) => name === "map");
  const http: HttpBlock = { reading, upstreams, maps, used: new Set(), shutdown };
  const scope = new Scope(block, main);
  for (const directive of block) {
    if (directive.name === "server" && directive.block !== undefined) readServer(http, directive, scope);
  }
  for (const [name, { line, file, block: own = [] }] of upstreams) {
    if (http.used.has(name)) continue;
    const hop = reading.hop({
      name: `upstream ${name}`,
      role: "proxy",
      layer: 7,
      product: "nginx",
      line,
      key: "upstream",
      file,
    });
    readUpstream(hop, new Scope(own));
  }
}

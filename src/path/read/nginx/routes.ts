import { printable } from "../../../net/printable.ts";
import type { Protocol } from "../../hop.ts";
import { type HopNotes, type Reading, shown, type Written } from "../reading.ts";
import { count, flag, nginxTime } from "../units.ts";
import type { Directive } from "./directive.ts";
import { type Pass, readReuse } from "./reuse.ts";
import { Scope, writtenOf } from "./scope.ts";

export interface HttpBlock {
  readonly reading: Reading;
  readonly upstreams: ReadonlyMap<string, Directive>;
  readonly maps: readonly Directive[];
  /** Upstreams that some server uses. */
  readonly used: Set<string>;
  /** `worker_shutdown_timeout` of the main block. */
  readonly shutdown: Written | undefined;
}

const PASSES: readonly Pass[] = ["proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass"];

interface Route {
  readonly pass: Pass;
  readonly target: string;
  readonly location: string;
  readonly directive: Directive;
  readonly scope: Scope;
}

/** The hops of one `server` block: one for each upstream that it passes requests to, or itself where it passes none. */
export function readServer(http: HttpBlock, server: Directive, outer: Scope): void {
  const scope = new Scope(server.block ?? [], outer);
  const name = `server ${serverName(server)}`;
  const routes = routesOf(scope, "");
  const about = {
    layer: 7,
    product: "nginx",
    protocol: protocolOf(http.reading, scope),
    line: server.line,
    key: "server",
    file: server.file,
  } as const;
  if (routes.length === 0) {
    if (isRedirect(scope)) return;
    readClientSide(http, http.reading.hop({ ...about, name, role: "server" }), scope);
    return;
  }
  const known = new Map<string, string>();
  for (const route of routes) {
    const print = printOf(route);
    const seen = known.get(route.target);
    if (seen === print) continue;
    const where = seen === undefined ? "" : ` (location ${route.location})`;
    known.set(route.target, seen ?? print);
    if (http.reading.isFull()) continue;
    const hop = http.reading.hop({ ...about, name: `${name} -> ${route.target}${where}`, role: "proxy" });
    readClientSide(http, hop, route.scope);
    readServerSide(http, hop, route);
  }
}

/** Whether a server only answers with a redirect or a fixed answer. */
const isRedirect = (scope: Scope): boolean => scope.mine("return").length > 0;

function serverName({ block = [] }: Directive): string {
  const names = block.find(({ name }) => name === "server_name")?.args.filter((arg) => arg !== "_" && arg !== "") ?? [];
  const listen = block.find(({ name }) => name === "listen")?.args[0];
  return shown(names[0] ?? (listen === undefined ? "default" : `listen ${listen}`), 80);
}

/** With HTTP/2 switched on a server takes both, and which one its client speaks is not its to say. */
function protocolOf(reading: Reading, scope: Scope): Protocol | undefined {
  const listen = scope.mine("listen").find(({ args }) => args.includes("http2"));
  const on = scope.find("http2")?.args[0] === "on" ? scope.find("http2") : undefined;
  const both = listen ?? on;
  if (both === undefined) return "http1";
  reading.assume(both.line, "takes HTTP/2 and HTTP/1.1: which one its client speaks is not known here", both.file);
  return undefined;
}

/** Every place below a block that passes requests on. */
function routesOf(scope: Scope, location: string, depth = 0): readonly Route[] {
  const routes: Route[] = [];
  for (const directive of scope.own) {
    const pass = PASSES.find((name) => name === directive.name);
    if (pass !== undefined && directive.block === undefined) {
      routes.push({ pass, target: targetOf(directive.args[0] ?? ""), location, directive, scope });
    }
    if (directive.block === undefined || depth > 20) continue;
    if (directive.name === "location" || directive.name === "if" || directive.name === "limit_except") {
      const inner = directive.name === "location" ? shown(directive.args.join(" "), 60) : location;
      routes.push(...routesOf(new Scope(directive.block, scope), inner, depth + 1));
    }
  }
  return routes;
}

/** Host and port of a target, or the name of an upstream; no user, no path. */
function targetOf(url: string): string {
  const host = url.replace(/^[a-z]+:\/\//i, "").replace(/^[^/@]*@/, "");
  return printable((host.startsWith("unix:") ? "unix socket" : (host.split("/")[0] ?? "")).slice(0, 100));
}

/** What a route's settings depend on, to tell locations apart that differ. */
function printOf({ pass, scope }: Route): string {
  const named = [...CLIENT_SIDE, ...SERVER_SIDE, "proxy_http_version", "fastcgi_keep_conn"].map((name) =>
    scope.find(name)?.args.join(" "),
  );
  return [pass, ...named, scope.header("proxy_set_header", "Connection")?.args[1]].join("\n");
}

const CLIENT_SIDE = ["keepalive_timeout", "keepalive_requests", "keepalive_time", "client_header_timeout"];
const SERVER_SIDE = [
  "proxy_read_timeout",
  "proxy_connect_timeout",
  "proxy_socket_keepalive",
  "grpc_read_timeout",
  "fastcgi_read_timeout",
];

/** Settings of connections that nginx accepts. */
function readClientSide(http: HttpBlock, hop: HopNotes, scope: Scope): void {
  hop.take("idleTimeoutMs", scope.written("keepalive_timeout"), nginxTime);
  const keepalive = scope.find("keepalive_timeout");
  if (keepalive !== undefined && nginxTime(keepalive.args[0] ?? "") === 0)
    hop.set("maxRequests", 1, writtenOf(keepalive));
  else hop.take("maxRequests", scope.written("keepalive_requests"), count);
  if (keepalive !== undefined) readHeaderTimeout(http.reading, hop, keepalive);
  hop.take("maxAgeMs", scope.written("keepalive_time"), nginxTime);
  hop.take("headersTimeoutMs", scope.written("client_header_timeout"), nginxTime);
  hop.take("drainMs", http.shutdown, nginxTime);
  for (const listen of scope.mine("listen")) readProbes(http.reading, hop, listen);
  for (const name of ["http2_idle_timeout", "http2_recv_timeout", "http2_max_requests"]) {
    const old = scope.find(name);
    if (old !== undefined)
      http.reading.ignore(old.line, `${name} is obsolete since nginx 1.19.7 and not used`, old.file);
  }
}

/** `keepalive_timeout timeout [header_timeout]`: the second is told to clients in `Keep-Alive: timeout=`. */
function readHeaderTimeout(reading: Reading, hop: HopNotes, keepalive: Directive): void {
  const { args, line, file } = keepalive;
  if (args.length > 2) {
    const says = "keepalive_timeout takes two values at most: is a semicolon missing after it?";
    reading.problem("malformed", line, says, { file });
    return;
  }
  const [timeout = "", header] = args;
  if (header === undefined) return;
  const shownMs = nginxTime(header);
  const text = nginxTime(timeout) === undefined ? header : `${timeout} ${header}`;
  if (shownMs === undefined) hop.take("advertisesIdleTimeout", { ...writtenOf(keepalive), text: header }, nginxTime);
  else hop.set("advertisesIdleTimeout", shownMs === 0 ? 0 : 1, { ...writtenOf(keepalive), text });
}

/** `listen … so_keepalive=on|off|[idle]:[interval]:[count]`. */
function readProbes(reading: Reading, hop: HopNotes, { args, line, file }: Directive): void {
  const text = args.find((arg) => arg.startsWith("so_keepalive="))?.slice("so_keepalive=".length);
  if (text === undefined || text === "off") return;
  const idle = text.split(":")[0] ?? "";
  if (text === "on" || idle === "")
    reading.ignore(line, "listen so_keepalive: the host's keepalive times hold and were not looked up", file);
  else hop.take("serverTcpKeepaliveMs", { line, file, key: "listen so_keepalive", text: idle }, nginxTime);
}

/** Settings of connections that nginx opens. */
function readServerSide(http: HttpBlock, hop: HopNotes, { pass, target, scope, directive }: Route): void {
  const block = http.upstreams.get(target);
  if (block !== undefined) http.used.add(target);
  const upstream = block === undefined ? undefined : new Scope(block.block ?? []);
  if (upstream !== undefined) readUpstream(hop, upstream);
  if (target.startsWith("$"))
    http.reading.ignore(
      directive.line,
      `${pass} goes where a variable says; no upstream block was looked up`,
      directive.file,
    );
  readReuse(hop, pass, scope, upstream, http.maps);
  if (pass === "grpc_pass") hop.speaks("http2");
  const kind = pass.slice(0, -"_pass".length);
  hop.take("connectTimeoutMs", scope.written(`${kind}_connect_timeout`), nginxTime);
  hop.take(["responseTimeoutMs", "streamIdleTimeoutMs"], scope.written(`${kind}_read_timeout`), nginxTime);
  hop.take("tcpKeepalive", scope.written(`${kind}_socket_keepalive`), flag);
}

/** Settings of an `upstream` block. */
export function readUpstream(hop: HopNotes, upstream: Scope): void {
  hop.take("poolIdleTimeoutMs", upstream.written("keepalive_timeout"), nginxTime);
  hop.take("poolMaxRequests", upstream.written("keepalive_requests"), count);
  hop.take("poolMaxAgeMs", upstream.written("keepalive_time"), nginxTime);
}

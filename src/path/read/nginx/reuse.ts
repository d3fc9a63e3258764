import type { HopNotes } from "../reading.ts";
import { count } from "../units.ts";
import type { Directive } from "./directive.ts";
import { type Scope, writtenOf } from "./scope.ts";

/** How a location hands requests on. */
export type Pass = "proxy_pass" | "grpc_pass" | "fastcgi_pass" | "uwsgi_pass" | "scgi_pass";

/**
 * Whether connections to the server are kept for further requests. Before nginx 1.29.7 that takes three things: `keepalive`
 * in the upstream, HTTP/1.1 or 2, and a Connection header that is not the default "close"; from 1.29.7 on all three are defaults
 * (nginx CHANGES, 2026-03-24). Where only the version decides, nothing is said and the catalogue does.
 */
export function readReuse(
  hop: HopNotes,
  pass: Pass,
  scope: Scope,
  upstream: Scope | undefined,
  maps: readonly Directive[],
): void {
  const kept = upstream?.find("keepalive");
  const off = kept !== undefined && kept.args[0] === "0";
  // Not a number: what nginx would not start with either.
  if (kept !== undefined && count(kept.args[0] ?? "") === undefined)
    return void hop.take("reusesConnections", writtenOf(kept), count);
  if (off) return hop.set("reusesConnections", 0, writtenOf(kept));
  if (pass === "grpc_pass") return kept === undefined ? undefined : hop.set("reusesConnections", 1, writtenOf(kept));
  if (pass === "fastcgi_pass") return readFastCgi(hop, scope, kept);
  if (pass !== "proxy_pass") return undefined;
  const version = scope.find("proxy_http_version");
  const header = scope.header("proxy_set_header", "Connection");
  const sent = header === undefined ? undefined : connectionWord(header.args[1] ?? "", maps);
  if (header !== undefined && sent === "close")
    return hop.set("reusesConnections", 0, { ...writtenOf(header), key: "proxy_set_header Connection", text: "close" });
  if (version?.args[0] === "1.0" && sent !== "keep-alive") return hop.set("reusesConnections", 0, writtenOf(version));
  const modern = version !== undefined && (version.args[0] === "1.1" || version.args[0] === "2");
  if (kept !== undefined && modern && (sent === "other" || sent === "keep-alive" || version.args[0] === "2"))
    hop.set("reusesConnections", 1, writtenOf(kept));
}

/** `fastcgi_keep_conn` is off unless set: the FastCGI server is told to close each connection (ngx_http_fastcgi_module.c:3294). */
function readFastCgi(hop: HopNotes, scope: Scope, kept: Directive | undefined): void {
  if (kept === undefined) return;
  const keep = scope.find("fastcgi_keep_conn");
  if (keep?.args[0] === "on") hop.set("reusesConnections", 1, writtenOf(kept));
  else hop.set("reusesConnections", 0, writtenOf(keep ?? kept), keep === undefined ? "derived" : "configured");
}

/** What the Connection header says on a request that is no upgrade; variables of a `map` are followed. */
function connectionWord(value: string, maps: readonly Directive[]): "close" | "keep-alive" | "other" | undefined {
  const word = value.trim().toLowerCase();
  if (!word.startsWith("$")) return word === "close" ? "close" : word === "keep-alive" ? "keep-alive" : "other";
  const map = maps.find(({ args }) => args[1]?.toLowerCase() === word);
  if (map === undefined) return undefined;
  const lines = map.block ?? [];
  const of = (name: string): string | undefined => lines.find((line) => line.name === name)?.args[0];
  const plain = of("") ?? of("default") ?? "";
  return plain.startsWith("$") ? undefined : connectionWord(plain, []);
}

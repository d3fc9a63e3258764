import type { SettingKey } from "../../setting.ts";
import type { HopNotes, Reading, Written } from "../reading.ts";
import { count, type Parse, springDuration } from "../units.ts";
import type { SpringKeys } from "./keys.ts";

type Row = readonly [key: SettingKey, parse: Parse, ...names: readonly string[]];

const never: Parse = (text) => (/^\s*-\d{1,9}\s*$/.test(text) ? Number.POSITIVE_INFINITY : count(text));

/** Settings of Spring Boot's servers (TomcatServerProperties and its like in spring-projects/spring-boot@c329ffa2). */
const SERVERS: Readonly<Record<string, readonly Row[]>> = {
  tomcat: [
    ["idleTimeoutMs", springDuration, "server.tomcat.keep-alive-timeout"],
    ["headersTimeoutMs", springDuration, "server.tomcat.connection-timeout"],
    ["maxRequests", never, "server.tomcat.max-keep-alive-requests"],
  ],
  jetty: [["idleTimeoutMs", springDuration, "server.jetty.connection-idle-timeout"]],
  undertow: [["idleTimeoutMs", springDuration, "server.undertow.no-request-timeout"]],
  "reactor-netty-server": [
    ["idleTimeoutMs", springDuration, "server.netty.idle-timeout"],
    ["maxRequests", never, "server.netty.max-keep-alive-requests"],
  ],
};

/** The client of Spring Cloud Gateway, under its old and its new name; connect-timeout is in milliseconds (reference, "Http timeouts configuration", read 2026-11-21). */
const GATEWAY: readonly Row[] = [
  "spring.cloud.gateway.server.webflux.httpclient",
  "spring.cloud.gateway.httpclient",
].flatMap((prefix): Row[] => [
  ["poolIdleTimeoutMs", springDuration, `${prefix}.pool.max-idle-time`],
  ["poolMaxAgeMs", springDuration, `${prefix}.pool.max-life-time`],
  ["connectTimeoutMs", springDuration, `${prefix}.connect-timeout`],
  ["responseTimeoutMs", springDuration, `${prefix}.response-timeout`],
]);

/** Reads what Spring Boot sets of its server and of its gateway's client; what is not set gives no hop. */
export function readSpring(reading: Reading, name: string, keys: SpringKeys): void {
  const suffix = name === "" ? "" : ` (${name})`;
  const stop = keys.find("spring.lifecycle.timeout-per-shutdown-phase");
  const http2 = keys.find("server.http2.enabled")?.text === "true";
  for (const [product, rows] of Object.entries(SERVERS)) {
    const first = firstOf(keys, rows);
    if (first === undefined) continue;
    const hop = reading.hop({
      name: `${product}${suffix}`,
      role: "server",
      layer: 7,
      product,
      protocol: http2 ? undefined : "http1",
      line: first.line,
      key: first.key,
    });
    takeAll(reading, hop, keys, rows);
    if (product === "tomcat") fallBack(hop, keys);
    // Graceful is the default since Spring Boot 3.4 and was not before: only what is written counts.
    if (keys.find("server.shutdown")?.text === "graceful") takeOne(reading, hop, "drainMs", stop, springDuration);
  }
  const first = firstOf(keys, GATEWAY);
  if (first !== undefined) {
    const hop = reading.hop({
      name: `gateway client${suffix}`,
      role: "client",
      layer: 7,
      product: "reactor-netty-client",
      line: first.line,
      key: first.key,
    });
    takeAll(reading, hop, keys, GATEWAY);
  }
  const old = keys.find("server.connection-timeout");
  if (old !== undefined)
    reading.ignore(old.line, "server.connection-timeout was removed from Spring Boot 2.3 and is not used");
}

const firstOf = (keys: SpringKeys, rows: readonly Row[]): Written | undefined => {
  for (const [, , ...names] of rows) {
    const found = keys.find(...names);
    if (found !== undefined) return found;
  }
  return undefined;
};

function takeAll(reading: Reading, hop: HopNotes, keys: SpringKeys, rows: readonly Row[]): void {
  for (const [key, parse, ...names] of rows) {
    if (!hop.has(key)) takeOne(reading, hop, key, keys.find(...names), parse);
  }
}

/** `${NAME:60s}` is 60 s unless the environment says otherwise. */
function takeOne(reading: Reading, hop: HopNotes, key: SettingKey, at: Written | undefined, parse: Parse): void {
  const fallback = /^\$\{[\w.-]{1,100}:([^${}]{1,40})\}$/.exec(at?.text.trim() ?? "")?.[1];
  if (at !== undefined && fallback !== undefined)
    reading.assume(at.line, `${at.key}: the default stands, the environment may say otherwise`);
  hop.take(key, at === undefined || fallback === undefined ? at : { ...at, text: fallback }, parse);
}

/** Tomcat: without a keep-alive timeout of its own, connections wait as long as for a first request (AbstractEndpoint.getKeepAliveTimeout). */
function fallBack(hop: HopNotes, keys: SpringKeys): void {
  const at = keys.find("server.tomcat.connection-timeout");
  const waits = hop.get("headersTimeoutMs");
  if (at !== undefined && waits !== undefined) hop.derive("idleTimeoutMs", waits.value, at);
}

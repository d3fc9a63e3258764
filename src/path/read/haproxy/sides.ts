import { NEVER } from "../../setting.ts";
import type { HopNotes, Reading, Written } from "../reading.ts";
import { count, haproxyTime, zeroIsNever } from "../units.ts";
import { type Line, lineOf, type Section } from "./sections.ts";

const written = (line: Line | undefined, words: number): Written | undefined =>
  line === undefined
    ? undefined
    : { line: line.line, key: line.words.slice(0, words).join(" "), text: line.words[words] ?? "" };

export const timeoutOf = (section: Section, name: string): Written | undefined =>
  written(lineOf(section, "timeout", name), 2);

/** Whether an option is on; undefined where no line says so. */
const option = (section: Section, name: string): { on: boolean; at: Written } | undefined => {
  const line = lineOf(section, "option", name);
  if (line === undefined) return undefined;
  const on = line.words[0] !== "no";
  return { on, at: { line: line.line, key: `option ${name}`, text: on ? "on" : "no" } };
};

/** The option that says how connections are kept, the later of those that exclude each other. */
function modeOf(section: Section): { name: string; at: Written } | undefined {
  let best: { name: string; at: Written } | undefined;
  for (const name of ["http-keep-alive", "http-server-close", "httpclose", "forceclose"]) {
    const found = option(section, name);
    if (found?.on === true && (best === undefined || found.at.line > best.at.line)) best = { name, at: found.at };
  }
  return best;
}

/** Connections that a frontend accepts in HTTP mode. */
export function readHttpFrontend(reading: Reading, hop: HopNotes, front: Section, back?: Section): void {
  const never = zeroIsNever(haproxyTime);
  const idle = timeoutOf(front, "http-keep-alive");
  // 0 is a timeout that is not set (TICK_ETERNITY in include/haproxy/ticks.h of haproxy/haproxy@50872daa).
  if (idle !== undefined && haproxyTime(idle.text) !== 0) hop.take("idleTimeoutMs", idle, haproxyTime);
  hop.take("headersTimeoutMs", timeoutOf(front, "http-request"), never);
  hop.take("streamIdleTimeoutMs", timeoutOf(front, "client"), never);
  // configuration.txt, `timeout http-keep-alive`: unset, `timeout http-request` holds, and then `timeout client`.
  for (const name of ["http-request", "client"]) {
    const at = timeoutOf(front, name);
    const value = at === undefined ? undefined : haproxyTime(at.text);
    if (at !== undefined && value !== undefined && value > 0) hop.derive("idleTimeoutMs", value, at);
  }
  const client = timeoutOf(front, "client");
  if (
    idle !== undefined &&
    client !== undefined &&
    (haproxyTime(idle.text) ?? 0) > (haproxyTime(client.text) || NEVER)
  ) {
    reading.assume(
      idle.line,
      "timeout http-keep-alive is longer than timeout client: versions without the fix of haproxy/haproxy#2334 (2023) close after timeout client",
    );
  }
  const tunnel = timeoutOf(front, "tunnel") ?? (back === undefined ? undefined : timeoutOf(back, "tunnel"));
  if (tunnel !== undefined) {
    reading.assume(
      tunnel.line,
      "timeout tunnel holds once a connection was upgraded (WebSocket, CONNECT) and was not used; what is judged is other streams, which timeout client ends",
    );
  }
  const mode = modeOf(front);
  if (mode !== undefined && (mode.name === "httpclose" || mode.name === "forceclose"))
    hop.set("maxRequests", 1, mode.at);
  readClientProbes(hop, front);
}

export function readClientProbes(hop: HopNotes, front: Section): void {
  hop.take("serverTcpKeepaliveMs", written(lineOf(front, "clitcpka-idle"), 1), haproxyTime);
  for (const { words, line } of front.lines.filter(({ words }) => words[0] === "bind")) {
    const at = words.indexOf("idle-ping");
    if (at > 0)
      hop.take("serverPingIntervalMs", { line, key: "bind idle-ping", text: words[at + 1] ?? "" }, haproxyTime);
  }
}

/** Connections that a backend opens. */
export function readBackend(reading: Reading, hop: HopNotes, back: Section, http: boolean): void {
  const never = zeroIsNever(haproxyTime);
  hop.take("connectTimeoutMs", timeoutOf(back, "connect"), never);
  const probes = option(back, "srvtcpka") ?? option(back, "tcpka");
  if (probes !== undefined) hop.set("tcpKeepalive", probes.on ? 1 : 0, probes.at);
  if (probes?.on === true) {
    hop.take("tcpKeepaliveMs", written(lineOf(back, "srvtcpka-idle"), 1), haproxyTime);
    hop.take("tcpKeepaliveIntervalMs", written(lineOf(back, "srvtcpka-intvl"), 1), haproxyTime);
    hop.take("tcpKeepaliveProbes", written(lineOf(back, "srvtcpka-cnt"), 1), count);
  }
  readServerLines(hop, back);
  if (!http) return;
  hop.take("responseTimeoutMs", timeoutOf(back, "server"), never);
  readReuse(reading, hop, back);
}

function readReuse(reading: Reading, hop: HopNotes, back: Section): void {
  const mode = modeOf(back);
  const reuse = lineOf(back, "http-reuse");
  if (mode !== undefined && mode.name !== "http-keep-alive") hop.set("reusesConnections", 0, mode.at);
  else if (reuse !== undefined)
    hop.set(
      "reusesConnections",
      reuse.words[1] === "never" ? 0 : 1,
      written(reuse, 1) ?? { line: reuse.line, key: "http-reuse", text: "" },
    );
  if (reuse?.words[1] === "never")
    reading.assume(
      reuse.line,
      "http-reuse never: a server connection is kept for requests of its own client only, which is taken for no reuse",
    );
}

/** Checks and pools on `server` and `default-server` lines; of several servers the first that says so. */
function readServerLines(hop: HopNotes, back: Section): void {
  const lines = [back, back.defaults].flatMap((section) => section?.lines ?? []);
  const servers = lines.filter(({ words }) => words[0] === "server" || words[0] === "default-server");
  const find = (word: string): Written | undefined => {
    const found = servers.find(({ words }) => words.indexOf(word) > 0);
    if (found === undefined) return undefined;
    const { words, line } = found;
    return { line, key: `${words[0]} ${word}`, text: words[words.indexOf(word) + 1] ?? "" };
  };
  if (servers.some(({ words }) => words.includes("check"))) {
    hop.take("healthCheckIntervalMs", find("inter"), haproxyTime);
    hop.take("unhealthyThreshold", find("fall"), count);
    hop.take("healthyThreshold", find("rise"), count);
  }
  hop.take("readIdleTimeoutMs", find("idle-ping"), haproxyTime);
  const purge = find("pool-purge-delay");
  // 0 keeps no idle connection (configuration.txt §5.2, pool-purge-delay; pool-max-conn likewise).
  if (purge !== undefined && haproxyTime(purge.text) === 0) hop.set("reusesConnections", 0, purge, "derived");
  else hop.take("poolPurgeIntervalMs", purge, haproxyTime);
  const pool = find("pool-max-conn");
  if (pool?.text === "0") hop.set("reusesConnections", 0, pool, "derived");
  const most = find("max-reuse");
  if (most !== undefined) {
    // `max-reuse 1` lets a connection be used a second time (configuration.txt §5.2).
    if (most.text === "0") hop.set("reusesConnections", 0, most);
    hop.take("poolMaxRequests", most, (text) => (text === "-1" ? NEVER : plusOne(count(text))));
  }
}

const plusOne = (value: number | undefined): number | undefined => (value === undefined ? undefined : value + 1);

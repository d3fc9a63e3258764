import type { Protocol } from "../../hop.ts";
import { NEVER } from "../../setting.ts";
import type { Format } from "../file-reader.ts";
import { type HopNotes, type Reading, shown } from "../reading.ts";
import { haproxyTime } from "../units.ts";
import { lineOf, type Section, sectionsOf } from "./sections.ts";
import { readBackend, readClientProbes, readHttpFrontend, timeoutOf } from "./sides.ts";

export const haproxy: Format = {
  id: "haproxy",
  title: "haproxy.cfg: defaults, frontends, backends, listen sections",
  recognise,
  read: (reading, text) => readConfig(reading, text),
};

function recognise(name: string, head: string): number {
  const sections =
    head.match(/^(?:global|defaults|frontend|backend|listen)(?:[ \t]+[\w.:-]+)*[ \t\r]*(?:#.*)?$/gm)?.length ?? 0;
  const inside =
    /^[ \t]+(?:timeout[ \t]+(?:client|server|connect|http-|tunnel|queue)|mode[ \t]+(?:http|tcp)|default_backend|bind[ \t]|server[ \t]+\S+[ \t])/m.test(
      head,
    );
  if (sections > 0 && inside) return 0.95;
  return sections > 0 && /haproxy|\.cfg$/.test(name) ? 0.5 : 0;
}

function readConfig(reading: Reading, text: string): void {
  const { sections, stray } = sectionsOf(text);
  for (const line of stray) reading.problem("malformed", line, "a line before the first section");
  const global = sections.find(({ kind }) => kind === "global");
  const backs = new Map<string, Section>();
  for (const section of sections) if (section.kind === "backend") backs.set(section.name, section);
  const used = new Set<Section>();
  for (const section of sections) {
    if (answersItself(section)) continue;
    if (section.kind === "listen") readRoute(reading, global, section, section);
    if (section.kind !== "frontend") continue;
    const targets = targetsOf(reading, section, backs);
    for (const back of targets) {
      used.add(back);
      readRoute(reading, global, section, back);
    }
    if (targets.length === 0) readRoute(reading, global, section, undefined);
  }
  for (const back of backs.values()) {
    if (used.has(back) || reading.isFull()) continue;
    const http = modeOf(back) === "http";
    const hop = reading.hop({ ...about(back), name: `backend ${shown(back.name)}`, layer: http ? 7 : 4 });
    readBackend(reading, hop, back, http);
  }
}

const ONWARD = new Set(["server", "server-template", "dispatch", "use_backend", "default_backend", "use-server"]);

/** Statistics and metrics pages: HAProxy answers them, nothing is behind them. */
function answersItself({ kind, lines }: Section): boolean {
  if (kind !== "listen" && kind !== "frontend") return false;
  const page = lines.some(({ words }) => words[0] === "stats" || words[1] === "use-service");
  return page && !lines.some(({ words }) => ONWARD.has(words[0] ?? ""));
}

const about = ({ line, kind }: Section) => ({ role: "proxy", product: "haproxy", line, key: kind }) as const;

/** `mode` is tcp unless a section or its defaults say http. */
const modeOf = (section: Section): string => lineOf(section, "mode")?.words[1] ?? "tcp";

/** The backends that a frontend names. */
function targetsOf(reading: Reading, front: Section, backs: ReadonlyMap<string, Section>): readonly Section[] {
  const targets = new Set<Section>();
  const lines = front.lines.filter(({ words }) => words[0] === "use_backend" || words[0] === "default_backend");
  const inherited = lineOf(front, "default_backend");
  for (const { words, line } of inherited === undefined || inherited === lines.at(-1) || lines.includes(inherited)
    ? lines
    : [...lines, inherited]) {
    const back = backs.get(words[1] ?? "");
    if (back !== undefined) targets.add(back);
    else reading.ignore(line, `${words[0] ?? ""}: no backend of that name stands in this file`);
  }
  return [...targets];
}

function readRoute(reading: Reading, global: Section | undefined, front: Section, back: Section | undefined): void {
  if (reading.isFull()) return;
  const http = modeOf(front) === "http";
  const own = `${front.kind} ${shown(front.name)}`;
  const name = back === undefined || back === front ? own : `${own} -> backend ${shown(back.name)}`;
  const hop = reading.hop({ ...about(front), name, layer: http ? 7 : 4, protocol: http ? protocolOf(front) : "tcp" });
  if (http) readHttpFrontend(reading, hop, front, back);
  else readTcp(reading, hop, front, back ?? front);
  if (back !== undefined) readBackend(reading, hop, back, http);
  if (global === undefined) return;
  const stop = lineOf(global, "hard-stop-after");
  if (stop !== undefined)
    hop.take("drainMs", { line: stop.line, key: "hard-stop-after", text: stop.words[1] ?? "" }, haproxyTime);
}

/**
 * What a frontend's clients speak, where its binds leave no choice. TLS without `alpn` offers h2 and http/1.1 in newer versions, http/1.1
 * alone in older ones (`alpn` in doc/configuration.txt of haproxy/haproxy@50872daa).
 */
function protocolOf(front: Section): Protocol | undefined {
  const binds = front.lines.filter(({ words }) => words[0] === "bind").map(({ words }) => bindProtocol(words));
  const [first] = binds;
  return binds.every((protocol) => protocol === first) ? first : undefined;
}

function bindProtocol(words: readonly string[]): Protocol | undefined {
  const after = (word: string): string | undefined =>
    words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
  if (after("proto") === "h2" || after("alpn") === "h2") return "http2";
  if (!words.includes("ssl") || words.includes("no-alpn")) return "http1";
  return after("alpn")?.includes("h2") === false ? "http1" : undefined;
}

/** TCP mode: `timeout tunnel` where it is set, else the shorter of client's and server's (configuration.txt, `timeout tunnel`). */
function readTcp(reading: Reading, hop: HopNotes, front: Section, back: Section): void {
  const never = (text: string): number | undefined => (haproxyTime(text) === 0 ? NEVER : haproxyTime(text));
  const tunnel = timeoutOf(back, "tunnel") ?? timeoutOf(front, "tunnel");
  const sides = [timeoutOf(front, "client"), timeoutOf(back, "server")].flatMap((at) => (at === undefined ? [] : [at]));
  sides.sort((a, b) => (never(b.text) ?? 0) - (never(a.text) ?? 0));
  for (const at of [...sides, tunnel]) hop.take("idleTimeoutMs", at, never);
  readClientProbes(hop, front);
  if (lineOf(front, "option", "clitcpka") ?? lineOf(front, "option", "tcpka")) {
    if (!hop.has("serverTcpKeepaliveMs"))
      reading.ignore(front.line, "option clitcpka: the host's keepalive times hold and were not looked up");
  }
}

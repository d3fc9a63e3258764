import { printMs } from "../../net/duration.ts";
import type { CheckedPath } from "../../path/check.ts";
import type { Hop } from "../../path/hop.ts";
import type { PathFinding } from "../../path/judge.ts";
import type { SettingKey } from "../../path/setting.ts";
import { columns, padEnd } from "../lines.ts";
import type { Palette } from "../palette.ts";
import { type Scale, scaleOf } from "./scale.ts";

/** What a bar says of its hop, in the words of the report. Only times that are compared with others are drawn. */
const WORDS: Partial<Record<SettingKey, string>> = {
  poolIdleTimeoutMs: "keeps idle for reuse",
  idleTimeoutMs: "closes idle",
  poolPurgeIntervalMs: "purges idle",
  streamIdleTimeoutMs: "ends silent streams",
  headersTimeoutMs: "waits for headers",
  tcpKeepaliveMs: "TCP keepalive",
  serverTcpKeepaliveMs: "TCP keepalive",
  hostTcpKeepaliveMs: "TCP keepalive (host)",
  readIdleTimeoutMs: "health check after",
  pingIntervalMs: "PING every",
  serverPingIntervalMs: "PING every",
  minPingIntervalMs: "tolerates a PING every",
  minPingIntervalIdleMs: "tolerates when idle",
  heartbeatMs: "heartbeat",
  conntrackEstablishedMs: "host tracks",
  deregistrationDelayMs: "deregistration",
  preStopMs: "goes on serving",
  terminationGraceMs: "killed after",
  nodeMonitorGracePeriodMs: "declares nodes dead",
};

/** Drawn whether or not something is wrong with them. */
const ALWAYS: readonly SettingKey[] = ["poolIdleTimeoutMs", "idleTimeoutMs", "nodeMonitorGracePeriodMs"];

/** Drawn where a box lies on the way that forgets: what may keep it from that. */
const SPEAKING: readonly SettingKey[] = [
  "tcpKeepaliveMs",
  "serverTcpKeepaliveMs",
  "readIdleTimeoutMs",
  "pingIntervalMs",
  "serverPingIntervalMs",
];

interface Row {
  readonly hop: Hop;
  readonly key: SettingKey;
  readonly words: string;
  readonly ms: number;
  readonly assumed: boolean;
}

/**
 * A path's times as bars on one scale, hop under hop from the client to the server. A gap in which one side believes in a connection
 * and the other does not is marked from where the shorter time ends to where the longer does.
 */
export function drawPath(checked: CheckedPath, branch: number, width: number, palette: Palette): readonly string[] {
  const findings = checked.findings.filter((finding) => finding.branch === branch && finding.level !== "note");
  const rows = rowsOf(checked, branch, findings);
  if (rows.length === 0) return [];
  const names = Math.max(...rows.map(({ hop }) => columns(hop.id)));
  const words = Math.max(...rows.map((row) => row.words.length));
  const nameWidth = Math.min(names, 24);
  const figures = Math.max(...rows.map((row) => figureOf(row).length));
  const room = Math.max(20, width - nameWidth - words - 5 - figures - 2);
  const scale = scaleOf(
    rows.map(({ ms }) => ms),
    room,
  );
  const lines: string[] = [`${" ".repeat(nameWidth + words + 5)}${palette.dim(axis(scale))}`];
  let last = "";
  for (const row of rows) {
    const name = row.hop.id === last ? "" : row.hop.id;
    last = row.hop.id;
    const label = `  ${palette.strong(padEnd(shortened(name, nameWidth), nameWidth))} ${padEnd(row.words, words)}  `;
    lines.push(`${label}${bar(row, rows, findings, scale, palette)}`);
  }
  return lines;
}

function rowsOf(checked: CheckedPath, branch: number, findings: readonly PathFinding[]): readonly Row[] {
  const { path } = checked;
  const ids = path.branches[branch]?.hops ?? [];
  const hops = ids.flatMap((id) => path.hops.find((hop) => hop.id === id) ?? []);
  const forgets = hops.some((hop) => hop.role === "box" && Number.isFinite(hop.settings.get("idleTimeoutMs")?.value));
  const all = [...hops, ...path.detectors.map(({ hop }) => hop)];
  return all.flatMap((hop) =>
    (Object.keys(WORDS) as SettingKey[]).flatMap((key) => {
      const setting = hop.settings.get(key);
      const involved = findings.some((f) => f.settings.some((s) => s.hop === hop.id && s.key === key));
      const speaks = forgets && SPEAKING.includes(key) && Number.isFinite(setting?.value);
      if (setting === undefined || (!ALWAYS.includes(key) && !involved && !speaks)) return [];
      // Who ends a connection after one request closes none for idleness.
      if (key === "idleTimeoutMs" && hop.settings.get("maxRequests")?.value === 1 && !involved) return [];
      // A balancer at the end of nothing is not compared with anybody.
      if (key === "idleTimeoutMs" && hop === all[0] && !involved) return [];
      const ping = key === "readIdleTimeoutMs" ? (hop.settings.get("pingTimeoutMs")?.value ?? 0) : 0;
      const both = key === "readIdleTimeoutMs" && findings.some((f) => f.rule === "slow-health-check");
      return [
        {
          hop,
          key,
          words: both ? "notices a loss after" : wordsOf(hop, key),
          ms: setting.value + (both ? ping : 0),
          assumed: setting.stated === "assumed-default",
        },
      ];
    }),
  );
}

/** A box has one idle timeout: it does not close, it forgets. */
const wordsOf = (hop: Hop, key: SettingKey): string =>
  hop.role === "box" && key === "idleTimeoutMs" ? "forgets after" : (WORDS[key] ?? key);

function bar(row: Row, rows: readonly Row[], findings: readonly PathFinding[], scale: Scale, palette: Palette): string {
  const end = scale.columnOf(row.ms);
  const figure = figureOf(row);
  const body = row.ms === Number.POSITIVE_INFINITY ? `${"━".repeat(end - 1)}▶` : `${"━".repeat(Math.max(0, end - 1))}┫`;
  const gap = gapAfter(row, rows, findings);
  const drawn = row.assumed ? palette.dim(body) : body;
  if (gap === undefined) return `${drawn} ${palette.dim(figure)}`;
  const until = Math.max(end + 1, scale.columnOf(gap));
  const room = until - end;
  const label = room >= figure.length + 6 ? ` ${figure} ` : "";
  const crosses = room - label.length;
  const left = Math.ceil(crosses / 2);
  const marked = `${"╳".repeat(left)}${label}${"╳".repeat(crosses - left)}`;
  return `${drawn}${palette.bad(marked)}${label === "" ? ` ${palette.bad(figure)}` : ""}`;
}

const figureOf = (row: Row): string => `${printMs(row.ms)}${row.assumed ? " (default)" : ""}`;

/** Where the gap behind a bar ends: the longest time that it contradicts. */
function gapAfter(row: Row, rows: readonly Row[], findings: readonly PathFinding[]): number | undefined {
  let until: number | undefined;
  for (const finding of findings) {
    const involved = rows.filter((other) =>
      finding.settings.some((s) => s.hop === other.hop.id && s.key === other.key),
    );
    if (!involved.includes(row) || involved.length < 2) continue;
    const shortest = involved.reduce((a, b) => (b.ms < a.ms ? b : a));
    const longest = Math.max(...involved.map(({ ms }) => ms));
    // Of equal times the box bears the mark, else the server: behind its end the other still believes.
    const shortestOnes = involved.filter(({ ms }) => ms === shortest.ms);
    const bearer = shortestOnes.find(({ hop }) => hop.role === "box") ?? shortestOnes.at(-1);
    if (bearer === row) until = Math.max(until ?? 0, longest);
  }
  return until;
}

function axis({ ticks }: Scale): string {
  let line = "";
  for (const { column, label } of ticks) line = `${line.padEnd(column - 1)}${label}`;
  return line;
}

const shortened = (text: string, width: number): string =>
  columns(text) <= width ? text : `${[...text].slice(0, width - 1).join("")}…`;

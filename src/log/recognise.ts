import { accessLogParser } from "./access-log.ts";
import { albAccessParser } from "./alb-access.ts";
import { conntrackParser } from "./conntrack.ts";
import { conntrackStatisticsParser } from "./conntrack-statistics.ts";
import { curlParser } from "./curl.ts";
import { envoyAccessParser } from "./envoy-access.ts";
import { haproxyParser } from "./haproxy.ts";
import { jsonAccessLogParser } from "./json-access-log.ts";
import { keyLogParser } from "./key-log.ts";
import { kubernetesAuditParser } from "./kubernetes-audit.ts";
import { messageParser } from "./message-parser.ts";
import { nginxErrorParser } from "./nginx-error.ts";
import { nlbAccessParser } from "./nlb-access.ts";
import { nstatParser } from "./nstat.ts";
import type { LogFormat, LogParser } from "./parser.ts";
import { procNetstatParser } from "./proc-netstat.ts";
import { ssParser } from "./ss.ts";
import { sysctlParser } from "./sysctl.ts";

/** What a text is, judged by its first lines. */
export interface Recognition {
  readonly format: LogFormat;
  /** How much of the first lines is of this form, 0 to 1; 0 for text of no known form. */
  readonly score: number;
}

/** Makes the parser of each form that is read line by line, the special before the general. */
export const PARSERS: Readonly<Record<Exclude<LogFormat, "cloudwatch">, () => LogParser>> = {
  keylog: keyLogParser,
  "kubernetes-audit": kubernetesAuditParser,
  "nginx-error": nginxErrorParser,
  haproxy: haproxyParser,
  "envoy-access": envoyAccessParser,
  "alb-access": albAccessParser,
  "nlb-access": nlbAccessParser,
  "access-log": accessLogParser,
  "json-access-log": jsonAccessLogParser,
  curl: curlParser,
  nstat: nstatParser,
  "proc-netstat": procNetstatParser,
  ss: ssParser,
  conntrack: conntrackParser,
  "conntrack-statistics": conntrackStatisticsParser,
  sysctl: sysctlParser,
  messages: messageParser,
};

/** Tells the form of a log by what its parsers understand of the first lines (some 64 are enough). */
export function recogniseLog(lines: readonly string[]): Recognition {
  const said = lines.filter((line) => line.trim() !== "");
  if (said.length === 0) return { format: "messages", score: 0 };
  if (isCloudWatch(said)) return { format: "cloudwatch", score: 1 };
  let best: Recognition = { format: "messages", score: 0 };
  for (const [format, make] of Object.entries(PARSERS) as [keyof typeof PARSERS, () => LogParser][]) {
    const score = format === "messages" ? scoreOfMessages(said) : scoreOf(make(), said);
    if (score > best.score) best = { format, score };
  }
  return best;
}

function scoreOf(parser: LogParser, lines: readonly string[]): number {
  let understood = 0;
  for (const [i, line] of lines.entries()) if (parser.feed(line, i + 1) !== undefined) understood++;
  return understood / lines.length;
}

/** Any dated line is a message, so the general parser must not outweigh one that understands more. */
const GENERAL = 0.6;

function scoreOfMessages(lines: readonly string[]): number {
  const parser = messageParser();
  let text = 0;
  for (const [i, line] of lines.entries()) {
    for (const entry of parser.feed(line, i + 1) ?? []) if (entry.content.kind === "text") text += entry.lines;
  }
  for (const entry of parser.finish()) if (entry.content.kind === "text") text += entry.lines;
  return GENERAL * (1 - text / lines.length);
}

function isCloudWatch(lines: readonly string[]): boolean {
  if (!/^\s*\{/.test(lines[0] ?? "")) return false;
  const head = lines.map((line) => line.slice(0, 4000)).join("\n");
  return /"MetricDataResults"\s*:/.test(head) || (/"Datapoints"\s*:/.test(head) && /"Timestamp"|"Label"/.test(head));
}

import type { Severity } from "./entry.ts";
import { parseJsonObject, textField } from "./json-value.ts";
import { readPrefix, readUnixTime } from "./line-time.ts";
import type { LogTime } from "./log-time.ts";

/** A line that a collector wrapped: its own time, who wrote it, and the line inside. */
export interface Envelope {
  readonly time: LogTime | undefined;
  readonly program: string | undefined;
  readonly severity: Severity | undefined;
  readonly inner: string;
}

/**
 * Unwraps what container runtimes, journald, syslog and `kubectl logs --timestamps` put around a line;
 * undefined when nothing is around it.
 */
export function unwrap(line: string): Envelope | undefined {
  const first = line.charCodeAt(0);
  if (first === 0x7b) return jsonLine(line);
  if (first >= 0x30 && first <= 0x39) return containerLine(line);
  if (first === 0x3c || (first >= 0x41 && first <= 0x5a)) return syslogLine(line);
  return undefined;
}

/** Kubernetes CRI log (`2026-11-20T15:19:31.123456789Z stderr F message`), or the bare time of `kubectl logs --timestamps`. */
function containerLine(line: string): Envelope | undefined {
  if (line.charCodeAt(10) !== 0x54 || line.length < 21) return undefined;
  const prefix = readPrefix(line);
  if (prefix === undefined || prefix.time.kind !== "instant") return undefined;
  const rest = line.slice(prefix.rest);
  const cri = /^(?:stdout|stderr) [FP](?: |$)/.exec(rest);
  if (cri !== null) return envelope(prefix.time, undefined, rest.slice(cri[0].length));
  // A second date behind the first: the first is the collector's.
  const again = readPrefix(rest);
  if (again !== undefined) return envelope(prefix.time, undefined, rest);
  return syslog5424(prefix.time, rest);
}

/** `host program[pid]: message` behind an ISO time, as rsyslog and journalctl -o short-iso print. */
function syslog5424(time: LogTime, rest: string): Envelope | undefined {
  const m = /^[\w.-]{1,253} ([\w./@-]{1,100})\[\d{1,10}\]: /.exec(rest);
  return m === null ? undefined : envelope(time, m[1], rest.slice(m[0].length));
}

const HOST_AND_PROGRAM = /^(\S{1,253}) ([\w./@()-]{1,100})(?:\[\d{1,10}\])?: /;

/** `Nov 20 15:19:31 host program[pid]: message`, with or without `<priority>` (RFC 3164). */
function syslogLine(line: string): Envelope | undefined {
  const bare = line.startsWith("<") ? line.replace(/^<\d{1,3}>1? ?/, "") : line;
  const prefix = readPrefix(bare);
  if (prefix === undefined || prefix.form === "klog") return undefined;
  const rest = bare.slice(prefix.rest);
  const m = HOST_AND_PROGRAM.exec(rest);
  if (m === null) return undefined;
  const inner = rest.slice(m[0].length).replace(/^\[ *\d{1,12}\.\d{1,9}\] /, "");
  return envelope(prefix.time, m[2], inner);
}

/** journald's export as JSON (systemd.journal-fields(7)) and Docker's json-file. */
function jsonLine(line: string): Envelope | undefined {
  if (!line.includes('"MESSAGE"') && !line.includes('"log"')) return undefined;
  const value = parseJsonObject(line);
  if (value === undefined) return undefined;
  const { MESSAGE: message } = value;
  if (message !== undefined) {
    const time = textField(value, "_SOURCE_REALTIME_TIMESTAMP") ?? textField(value, "__REALTIME_TIMESTAMP");
    const program = textField(value, "SYSLOG_IDENTIFIER") ?? textField(value, "_COMM");
    const severity = SEVERITIES[textField(value, "PRIORITY") ?? ""];
    return { time: journalTime(time), program, severity, inner: messageText(message) };
  }
  const log = textField(value, "log");
  const time = textField(value, "time");
  if (log === undefined || time === undefined) return undefined;
  return envelope(readPrefix(time)?.time, undefined, log.replace(/\r?\n$/, ""));
}

/** Microseconds since 1970. */
function journalTime(text: string | undefined): LogTime | undefined {
  if (text === undefined || !/^\d{15,16}$/.test(text)) return undefined;
  return readUnixTime(`${text.slice(0, -6)}.${text.slice(-6)}`);
}

/** A MESSAGE that is not UTF-8 comes as an array of bytes. */
function messageText(message: unknown): string {
  if (typeof message === "string") return message;
  if (!Array.isArray(message)) return "";
  return message
    .slice(0, 16_384)
    .map((byte) => String.fromCharCode(Number(byte) & 0xff))
    .join("");
}

const SEVERITIES: Readonly<Record<string, Severity>> = {
  0: "fatal",
  1: "fatal",
  2: "fatal",
  3: "error",
  4: "warning",
  5: "info",
  6: "info",
  7: "debug",
};

function envelope(time: LogTime | undefined, program: string | undefined, inner: string): Envelope {
  return { time, program, severity: undefined, inner };
}

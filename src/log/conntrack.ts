import type { ConntrackRow, ConntrackTuple } from "./content.ts";
import { entryOf, type LogEntry } from "./entry.ts";
import { type LogParser, lineParser } from "./parser.ts";
import { endpointOf } from "./read-endpoint.ts";

/** `conntrack -L` (also `-o extended`, and /proc/net/nf_conntrack): a tracked connection a line. */
export function conntrackParser(): LogParser {
  return lineParser(readConntrack);
}

export function readConntrack(line: string, number: number): LogEntry | undefined {
  if (/^conntrack v[\d.]+ \(conntrack-tools\): \d+ flow entries/.test(line)) {
    return entryOf(number, { kind: "message", text: line });
  }
  const row = rowOf(line);
  return row === undefined ? undefined : entryOf(number, row);
}

const HEAD =
  /^(?:\[[\d.\t ]{1,20}\]\s*)?(?:\[[A-Z]{3,10}\]\s*)?(?:ipv[46] +\d{1,3} +)?(tcp|udp|sctp|dccp|udplite) +\d{1,3}(?: +(\d{1,10}))?(?: +([A-Z_0-9]{2,20}))? +src=/;
const TUPLE = /src=(\S{2,45}) dst=(\S{2,45}) sport=(\d{1,5}) dport=(\d{1,5})/g;

function rowOf(line: string): ConntrackRow | undefined {
  const head = HEAD.exec(line);
  if (head === null) return undefined;
  const tuples = [...line.slice(0, 1000).matchAll(TUPLE)].slice(0, 2).map(tupleOf);
  const [original, reply] = tuples;
  if (original === undefined) return undefined;
  return {
    kind: "conntrack",
    protocol: head[1] ?? "",
    state: head[3],
    expiresIn: head[2] === undefined ? undefined : Number(head[2]),
    original,
    reply,
    flags: [...line.slice(0, 1000).matchAll(/\[([A-Z_]{3,20})\]/g)].map((m) => m[1] ?? ""),
  };
}

function tupleOf(m: RegExpExecArray): ConntrackTuple | undefined {
  const source = endpointOf(m[1] ?? "", m[3] ?? "");
  const destination = endpointOf(m[2] ?? "", m[4] ?? "");
  return source === undefined || destination === undefined ? undefined : { source, destination };
}

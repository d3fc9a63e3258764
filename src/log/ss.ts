import type { SocketRow } from "./content.ts";
import { entryOf, type LogEntry } from "./entry.ts";
import type { LogParser } from "./parser.ts";
import { readEndpoint } from "./read-endpoint.ts";

/** `ss -tan`, `ss -tin`, `ss -tino`, `ss -tinpe`: a row for each socket, with `-i` an indented line below it. */
export function ssParser(): LogParser {
  let pending: LogEntry | undefined;
  const take = (): readonly LogEntry[] => {
    const done = pending === undefined ? [] : [pending];
    pending = undefined;
    return done;
  };
  return {
    feed(line, number) {
      if (/^(?:Netid +)?State +Recv-Q +Send-Q/.test(line)) {
        return [
          ...take(),
          entryOf(number, { kind: "message", text: line.trim().replace(/ {2,}/g, " ").slice(0, 200) }),
        ];
      }
      if (/^\s/.test(line) && pending?.content.kind === "socket" && pending.lines === 1) {
        pending = { ...pending, lines: 2, content: { ...pending.content, details: detailsOf(line.trim()) } };
        return [];
      }
      const row = rowOf(line);
      if (row === undefined) return undefined;
      const done = take();
      const [, details] = line.split("\t");
      pending = entryOf(number, details === undefined ? row : { ...row, details: detailsOf(details.trim()) });
      return done;
    },
    finish: take,
  };
}

const STATES =
  "ESTAB|SYN-SENT|SYN-RECV|FIN-WAIT-1|FIN-WAIT-2|TIME-WAIT|CLOSE-WAIT|LAST-ACK|LISTEN|CLOSING|UNCONN|CLOSED?";
const ROW = new RegExp(`^(?:tcp +)?(${STATES}) +(\\d{1,10}) +(\\d{1,10}) +(\\S{3,90}) +(\\S{3,90})\\s*(.*)$`);

function rowOf(line: string): SocketRow | undefined {
  const m = ROW.exec(line);
  if (m === null) return undefined;
  const timer = /timer:\((\w{1,20}),([\w.]{1,20}),(\d{1,6})\)/.exec(m[6] ?? "");
  return {
    kind: "socket",
    state: m[1] ?? "",
    receiveQueue: Number(m[2]),
    sendQueue: Number(m[3]),
    local: readEndpoint(m[4] ?? ""),
    remote: readEndpoint(m[5] ?? ""),
    timer: timer === null ? undefined : { name: timer[1] ?? "", left: timer[2] ?? "", count: Number(timer[3]) },
    details: {},
  };
}

/** `name:value` words, `name value` for the rates, and words that stand alone (`ts`, `sack`, `app_limited`). */
function detailsOf(text: string): Readonly<Record<string, string>> {
  const details: Record<string, string> = {};
  const words = text.slice(0, 4000).split(/ +/);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const colon = word.indexOf(":");
    if (colon > 0) {
      if (!word.startsWith("__")) details[word.slice(0, colon)] = word.slice(colon + 1);
    } else if (/^(?:send|pacing_rate|delivery_rate|max_pacing_rate)$/.test(word)) {
      details[word] = words[++i] ?? "";
    } else if (word !== "" && word !== "__proto__") {
      details[word] = "";
    }
  }
  return details;
}

import type { ErrorWord } from "../../log/content.ts";
import { endsOf } from "../../log/ends-of.ts";
import type { LogEntry } from "../../log/entry.ts";
import { type Endpoint, printEndpoint } from "../../net/endpoint.ts";
import type { Instant } from "../../net/time.ts";
import { remember } from "../remember.ts";
import type { Log, Scene } from "../scene.ts";

/** One failure that a log ties to a connection. */
export interface FailureLine {
  readonly log: Log;
  readonly entry: LogEntry;
  readonly at: Instant;
}

/** A connection that failed several times, with the successes of others to the same destination meanwhile. */
export interface DeadEntry {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly failures: readonly FailureLine[];
  /** Lines about other local ports of that client towards that destination that worked between its first and last failure. */
  readonly others: readonly FailureLine[];
}

/** One loss gives a few lines at once; a pool that hands out the dead connection again gives them again and again. */
const TIMES = 3;
const APART = 500_000_000n;

/** Connections that a log shows to have failed three times or more, at different times. */
export const deadEntries: (scene: Scene) => readonly DeadEntry[] = remember((scene: Scene) =>
  scene.logs.flatMap((log) => entriesOf(log)),
);

function entriesOf(log: Log): readonly DeadEntry[] {
  const failed = new Map<string, Failed>();
  const worked: Worked[] = [];
  for (const entry of log.entries) {
    const at = log.instantOf(entry);
    const { local, remote } = endsOf(entry.content);
    if (at === undefined || local === undefined || remote === undefined || local.port === 0 || remote.port === 0)
      continue;
    const line: FailureLine = { log, entry, at };
    if (worksIn(entry)) worked.push({ local, remote, line });
    if (!failsIn(entry)) continue;
    const key = `${printEndpoint(local)} ${printEndpoint(remote)}`;
    const known = failed.get(key);
    if (known === undefined) failed.set(key, { local, remote, lines: [line] });
    else known.lines.push(line);
  }
  return [...failed.values()].flatMap((one) => deadOne(one, worked) ?? []);
}

interface Failed {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly lines: FailureLine[];
}

interface Worked {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly line: FailureLine;
}

function deadOne({ local, remote, lines }: Failed, worked: readonly Worked[]): DeadEntry | undefined {
  const failures = distinct(lines);
  const [first, last] = [failures[0], failures.at(-1)];
  if (failures.length < TIMES || first === undefined || last === undefined) return undefined;
  const others = worked.filter(
    (w) =>
      w.local.address === local.address &&
      w.local.port !== local.port &&
      printEndpoint(w.remote) === printEndpoint(remote) &&
      w.line.at > first.at &&
      w.line.at < last.at,
  );
  return { local, remote, failures, others: others.map((w) => w.line) };
}

const failsIn = ({ content }: LogEntry): boolean => content.kind === "failure" && FAILS.includes(content.error);

const worksIn = ({ content }: LogEntry): boolean =>
  content.kind === "dial"
    ? content.outcome === "connected"
    : content.kind === "connection" && GOOD.includes(content.event);

/** What a dead connection does to those who use it; a refusal or a local close is another story. */
const FAILS: readonly ErrorWord[] = ["timed-out", "reset", "broken-pipe", "end-of-file", "lost-ping", "unreachable"];
const GOOD: readonly string[] = ["created", "reused"];

/** Leaves out lines that follow another within half a second: one failure, told twice. */
function distinct(lines: readonly FailureLine[]): readonly FailureLine[] {
  const kept: FailureLine[] = [];
  for (const line of [...lines].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))) {
    const last = kept.at(-1);
    if (last === undefined || line.at - last.at >= APART) kept.push(line);
  }
  return kept;
}

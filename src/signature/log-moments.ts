import type { LogEntry } from "../log/entry.ts";
import type { Instant, Nanoseconds } from "../net/time.ts";
import { remember } from "./remember.ts";
import type { Log, Scene } from "./scene.ts";
import type { LogEvidence } from "./signature.ts";

/** A thing that befell a process, as its own log, its supervisor's or the kernel's tells. */
export interface Moment {
  readonly kind: "crashed" | "told-to-stop" | "stopped" | "started" | "reloading" | "deregistered";
  readonly log: Log;
  readonly entry: LogEntry;
  readonly at: Instant | undefined;
  readonly text: string;
}

/** What befell processes, in the order of the logs. */
export const momentsOf: (scene: Scene) => readonly Moment[] = remember((scene: Scene) =>
  scene.logs.flatMap((log) =>
    log.entries.flatMap((entry) => {
      const told = momentIn(entry);
      return told === undefined ? [] : [{ ...told, log, entry, at: log.instantOf(entry) }];
    }),
  ),
);

/** The first moment of a kind within `span` of an instant. */
export function momentNear(scene: Scene, kind: Moment["kind"], at: Instant, span: Nanoseconds): Moment | undefined {
  return momentsOf(scene).find(
    (m) => m.kind === kind && m.at !== undefined && (m.at > at ? m.at - at : at - m.at) <= BigInt(span),
  );
}

/** The line as evidence. */
export const momentLine = ({ log, entry }: Moment, shows: string): LogEvidence => ({
  log: log.index,
  line: entry.line,
  shows,
});

function momentIn({ content }: LogEntry): Pick<Moment, "kind" | "text"> | undefined {
  if (content.kind === "process") {
    if (content.event === "draining") return { kind: "told-to-stop", text: content.text };
    // nginx: SIGTERM is an order; a worker's exit follows a reload as well.
    const order = /^signal \d+ \(SIG(?:TERM|INT)\)/.test(content.text);
    return { kind: order ? "told-to-stop" : content.event, text: content.text };
  }
  if (content.kind !== "message" && content.kind !== "text" && content.kind !== "failure") return undefined;
  const { text } = content;
  if (text.length > 4000 || !ANY.test(text)) return undefined;
  for (const [kind, pattern] of WORDS) if (pattern.test(text)) return { kind, text };
  return undefined;
}

/** One test for the many lines that speak of none of these. */
const ANY =
  /oom|memory|kill|dumped|status=|segfault|signal|sig[a-z]{3,4}\b|panic|fatal|outofmemory|back-off|restart|timeout \(pid|deregist|endpoint|server|host|stopp|shut|reload|forked|listener|drain|exited|start|listening|worker/i;

/**
 * The words of kernels (mm/oom_kill.c), systemd, Kubernetes, Go's runtime, HAProxy and Envoy. The order matters: a kill is
 * told with the word that the process was stopped.
 */
const WORDS: readonly (readonly [Moment["kind"], RegExp])[] = [
  [
    "crashed",
    /Out of memory: Killed process|oom-kill:|\bOOMKilled\b|Main process exited, code=(?:killed|dumped|exited, status=[1-9])|segfault at [0-9a-f]|\b(?:exited|killed|terminated) (?:on|by|with) signal (?:4|6|7|8|9|11)\b|\bSIG(?:KILL|SEGV|ABRT|BUS)\b|^panic: |^fatal error: |JavaScript heap out of memory|java\.lang\.OutOfMemoryError|Back-off restarting failed container|will be restarted|Liveness probe failed.*(?:killed|restart)|WORKER TIMEOUT \(pid/i,
  ],
  [
    "deregistered",
    /\b(?:de-?register(?:ed|ing)?\b.{0,60}\btargets?|targets?\b.{0,60}\bde-?register)|\bTarget\.DeregistrationInProgress\b|removed? endpoint|Server \S+ is (?:DOWN|going DOWN|stopping)|removing host .{0,80} from cluster/i,
  ],
  [
    "told-to-stop",
    /\b(?:received|got|caught|handling)\b.{0,30}\b(?:SIGTERM|SIGINT|SIGQUIT|signal 15|terminate signal)|\bSIGTERM\b.{0,30}\b(?:received|shutting down)|^(?:Stopping container|Killing container)|^Stopping \S|\bshutting down gracefully|graceful(?:ly)? shut(?:ting)? ?down|Initiating graceful shutdown/i,
  ],
  [
    "reloading",
    /^signal \d+ \(SIGHUP\)|\breloading (?:the )?configuration|^Reloading (?:HAProxy|nginx|haproxy)|Backend successfully reloaded|New worker \(\d+\) forked|Reexecuting Master process|hot restart|^Reloaded \S+|lds: (?:add\/update|remove) listener|parent.{0,20}drain(?:ing)? sequence/i,
  ],
  ["stopped", /^Stopped \S|\bserver (?:closed|stopped)\b|\bprocess exited\b|\bexited with (?:code|status) \d+/i],
  [
    "started",
    /^Started \S.{0,80}\.$|\bServer (?:listening|started)\b|\blistening (?:on|at)\b|\bstarted worker\b|\bBooting worker\b/i,
  ],
];

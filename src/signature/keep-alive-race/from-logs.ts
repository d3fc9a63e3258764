import { printSpan, SECOND } from "../../net/time.ts";
import { SERVER_IDLE_LIMITS, timeoutNear } from "../known-timeouts.ts";
import type { LogLoss } from "../log-losses.ts";
import { momentsOf } from "../log-moments.ts";
import {
  beganAt,
  bursts,
  type History,
  historiesOf,
  instantOfLosses,
  isCut,
  isRefused,
  lineOf,
  namedBy,
  near,
  nextCapture,
  pauseBefore,
  placeIn,
  quietBefore,
  quote,
  some,
  workedNear,
} from "../log-queries.ts";
import { countedNear } from "../metric-series.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding } from "../signature.ts";

/** A request that dies of the race fails at once: within a round trip and what a proxy adds. */
const AT_ONCE = 0.5 * SECOND;
/** A shorter pause is traffic, not idleness. */
const SHORTEST_IDLE = SECOND;
/** Boxes on the path that forget connections keep them for at least this long, as shipped (AWS NLB: 60 s is the least one can set). */
const BOXES_KEEP = 55 * SECOND;

/**
 * The race as logs tell it: single requests, apart from each other, that failed at once on a connection that had been
 * idle, at a server that answers before and after. A server's idle limit that comes again, or a program that says that
 * the connection was closed idle, makes it likely.
 */
export function raceFromLogs(scene: Scene): Finding[] {
  return historiesOf(scene).flatMap((history) => findingOf(scene, history) ?? []);
}

function findingOf(scene: Scene, history: History): Finding | undefined {
  const cut = history.losses.filter((loss) => isRequest(loss) && (isCut(loss) || isBadGateway(loss)));
  const alone = bursts(cut, SECOND)
    .filter((burst) => isOneRequest(burst))
    .map((burst) => fullest(burst))
    .filter((loss) => isQuick(loss) && isRace(scene, history, loss));
  const said = cut.filter((loss) => STATED.test(loss.text));
  const events = alone.length > 0 ? alone : said;
  if (events.length === 0) return undefined;
  const pauses = events.flatMap((loss) => pauseBefore(history, loss) ?? []);
  const limits = pauses.flatMap((pause) => timeoutNear(SERVER_IDLE_LIMITS, pause, 0.35 * SECOND) ?? []);
  const confidence = confidenceOf(events, said.length > 0, limits.length);
  if (confidence === undefined) return undefined;
  const [first] = events as [LogLoss, ...LogLoss[]];
  const pause = pauses.length === 0 ? undefined : Math.min(...pauses);
  const whose = limits[0] === undefined ? "" : `, the idle limit of ${limits[0].whose}`;
  const idle = pause === undefined ? "" : ` after ${printSpan(pause)} without a request${whose}`;
  const count = events.length === 1 ? "A request" : `${events.length} requests, each by itself,`;
  const times = first.waited === undefined ? "" : ` within ${printSpan(Math.max(first.waited, 1e6))}`;
  return {
    cause: "keep-alive-race",
    variant: "from-logs",
    confidence,
    initiator: "server",
    at: instantOfLosses(events),
    trails: [],
    named: namedBy(events),
    evidence: some(events).map((loss) => lineOf(loss, showsOf(history, loss))),
    summary: `${count} to ${placeIn(history)} failed${times}${idle}, while requests before and after were answered: ${quote(first.text)}. A server that closes an idle connection just when the next request leaves does this.`,
    ruledOut: [
      { cause: "process-gone", because: "one request at a time was lost, and new connections were accepted at once" },
      { cause: "accepted-then-abandoned", because: "the failure came at once, not after a time to wait" },
    ],
    refutedBy: "a capture in which the server acknowledges one of these requests, or sends no FIN before it",
    next: nextCapture(first, "shows whether the server's FIN crosses the request"),
    symptoms: [first.status === undefined ? "connection-reset" : "bad-gateway"],
  };
}

/** A request failed, not a watch or a PING on a connection that was idle. */
const isRequest = ({ entry: { content } }: LogLoss): boolean =>
  content.kind === "failure" || content.kind === "request" || content.kind === "message";

/** The library found the connection closed when it was about to use it, or a balancer names the server's close. */
const STATED = /server closed idle connection|backend_connection_closed_before_data_sent_to_client/i;

/** A proxy that got no valid answer and does not say why. */
const isBadGateway = ({ stage, error, status }: LogLoss): boolean =>
  stage === "exchange" && error === "other" && status === 502;

/** One failed request, told by one or several logs: not two of one log. */
const isOneRequest = (burst: readonly LogLoss[]): boolean => new Set(burst.map(({ log }) => log)).size === burst.length;

/** The line that tells most of a failure. */
function fullest([first, ...rest]: readonly [LogLoss, ...LogLoss[]]): LogLoss {
  return rest.reduce((a, b) => (b.waited !== undefined && a.waited === undefined ? b : a), first);
}

const isQuick = ({ waited }: LogLoss): boolean => waited === undefined || waited <= AT_ONCE;

/** The server lived on, refused nobody, nothing befell it, and no pause came before that a box on the path may have cut short. */
function isRace(scene: Scene, history: History, loss: LogLoss): boolean {
  const { at, teller, error } = loss;
  if (at === undefined || workedNear(history, at, { before: 600 * SECOND, after: 600 * SECOND }) === undefined)
    return false;
  if (history.losses.some((other) => isRefused(other) && near(other.at, at, 10 * SECOND))) return false;
  if (momentsOf(scene).some((moment) => moment.kind !== "deregistered" && near(moment.at, at, 5 * SECOND)))
    return false;
  if (error !== "end-of-file" && countedNear(scene, /TCP_ELB_Reset_Count/i, at)) return false;
  const pause = pauseBefore(history, loss);
  const fin = error === "end-of-file" && teller === "proxy";
  // Traffic that pauses for minutes gives a box on the path the time to forget: only a FIN tells that it was the server.
  if (!fin && quietBefore(history, loss) > BOXES_KEEP) return false;
  if (pause === undefined) return teller === "proxy" || REUSED.test(loss.text);
  return pause >= SHORTEST_IDLE && (fin || pause < BOXES_KEEP);
}

/** The program says that it used the connection before. */
const REUSED = /\breused?[ :=]+true\b/i;

function confidenceOf(events: readonly LogLoss[], stated: boolean, limits: number): Confidence | undefined {
  if (stated) return "likely";
  const fin = events.filter((loss) => loss.teller === "proxy" && loss.error === "end-of-file").length;
  const proxy = events.filter((loss) => loss.teller === "proxy").length;
  if (
    fin >= 2 ||
    (proxy >= 2 && events.every((e) => e.waited !== undefined)) ||
    (limits >= 2 && limits === events.length)
  )
    return "likely";
  // A single RST after a pause may be anybody's.
  const single = limits > 0 && events.some((loss) => loss.error !== "reset");
  return proxy > 0 || single || events.length >= 2 ? "possible" : undefined;
}

function showsOf(history: History, loss: LogLoss): string {
  const pause = pauseBefore(history, loss);
  const idle = pause === undefined || pause < SHORTEST_IDLE ? "" : `, ${printSpan(pause)} after the last answer`;
  const began = beganAt(loss);
  const quick =
    loss.waited === undefined || began === undefined ? "" : ` (${printSpan(loss.waited)} after it was sent)`;
  return `a request failed${quick}${idle}: ${quote(loss.text)}`;
}

import type { Dial, ErrorWord, Failure, LogContent, LoggedRequest } from "../log/content.ts";
import type { LogEntry } from "../log/entry.ts";
import { readGoDuration } from "../log/go-text.ts";
import { pairIn } from "../log/http2-debug.ts";
import { endpointOf, endpointOfUrl } from "../log/read-endpoint.ts";
import { type Endpoint, printEndpoint } from "../net/endpoint.ts";
import { type Instant, MILLISECOND, type Nanoseconds } from "../net/time.ts";
import { upstreamLoss } from "./logged-upstream.ts";
import { remember } from "./remember.ts";
import type { Log, Scene } from "./scene.ts";

/** A connection, an attempt at one or a request that failed, as a log tells it. Its text comes from outside. */
export interface LogLoss {
  readonly log: Log;
  readonly entry: LogEntry;
  /** When it was noticed, on the common clock; undefined where the log gives no times. */
  readonly at: Instant | undefined;
  readonly error: ErrorWord;
  /** Opening the connection, TLS, or what was said on it. */
  readonly stage: "connect" | "handshake" | "exchange";
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  /** Where it went: `192.0.2.1:443`, a host's name, a proxy's name for its upstream; undefined where nothing says. */
  readonly place: string | undefined;
  /** Who tells: a proxy that talks to an upstream, or the client itself. */
  readonly teller: "client" | "proxy";
  readonly status: number | undefined;
  /** From the attempt's or request's begin until it failed, where said. */
  readonly waited: Nanoseconds | undefined;
  readonly text: string;
}

/** What failed by the logs, in the order of time; what has no time comes last, in the order of the lines. */
export const lossesOf: (scene: Scene) => readonly LogLoss[] = remember((scene: Scene) =>
  scene.logs
    .flatMap((log) => withEnds(withoutEchoes(lossesIn(log))))
    .map((loss, i) => ({ loss, i }))
    .sort((a, b) => order(a.loss.at, b.loss.at) || a.i - b.i)
    .map(({ loss }) => loss),
);

const order = (a: Instant | undefined, b: Instant | undefined): number =>
  a === b ? 0 : a === undefined ? 1 : b === undefined ? -1 : a < b ? -1 : 1;

function lossesIn(log: Log): LogLoss[] {
  const served = isServersOwn(log);
  return log.entries.flatMap((entry) => {
    const said = isRemark(entry) ? undefined : lossOf(entry.content, served);
    if (said === undefined) return [];
    const at = log.instantOf(entry);
    const late = said.sinceStart === true && at !== undefined ? at + BigInt(Math.round(said.waited ?? 0)) : at;
    const { sinceStart, ...told } = said;
    return [{ log, entry, at: late, ...told }];
  });
}

/** A lost PING is told by what ran on the connection; the line of the same instant that closes a connection names its ends. */
function withEnds(losses: readonly LogLoss[]): LogLoss[] {
  return losses.map((loss) => {
    if (loss.error !== "lost-ping" || loss.remote !== undefined || loss.at === undefined) return loss;
    const closed = closedWithEnds(loss.log).filter(({ at }) => near(at, loss.at, 20 * MILLISECOND));
    const [only] = closed;
    if (only === undefined || closed.length > 1) return loss;
    return { ...loss, local: only.local, remote: only.remote, place: printEndpoint(only.remote) };
  });
}

/** Connections that the program closed itself, with both ends. */
const closedWithEnds = remember((log: Log) =>
  log.entries.flatMap((entry) => {
    const { content } = entry;
    if (content.kind !== "connection" || content.error !== "closed-locally") return [];
    const { local, remote } = content;
    const at = log.instantOf(entry);
    return local === undefined || remote === undefined || at === undefined ? [] : [{ at, local, remote }];
  }),
);

const near = (a: Instant, b: Instant | undefined, span: Nanoseconds): boolean =>
  b !== undefined && (a > b ? a - b : b - a) <= BigInt(span);

/** What a program mentions without calling it a failure: a pool that retires a connection which was closed. */
function isRemark({ severity, content }: LogEntry): boolean {
  if (content.kind !== "failure" || (severity !== "info" && severity !== "debug")) return false;
  return !/fail|error|lost|exception/i.test(content.text);
}

type Said = Omit<LogLoss, "log" | "entry" | "at"> & {
  /** The line is dated by the beginning of the request. */
  readonly sinceStart?: boolean;
};

function lossOf(content: LogContent, served: boolean): Said | undefined {
  switch (content.kind) {
    case "failure":
      return served && isClientsDoing(content) ? undefined : failureLoss(content);
    case "dial":
      return content.outcome === "failed" ? dialLoss(content) : undefined;
    case "request":
      return requestLoss(content);
    case "watch-ended":
      return content.outcome === "error" ? plainLoss(content.error ?? "other", content.text) : undefined;
    case "lease":
      return content.outcome === "failed" ? plainLoss(content.error ?? "other", content.text) : undefined;
    case "health-check":
      return content.event === "failed" ? plainLoss("lost-ping", content.text) : undefined;
    case "connection": {
      if (content.event !== "lost" && content.event !== "read-error") return undefined;
      // A connection that the server closed is a loss only of what was asked on it, which says so itself.
      if (content.error === "closed-locally" || content.error === "goaway" || content.error === "end-of-file")
        return undefined;
      const { local, remote, text } = content;
      const error = content.error ?? "other";
      return { ...plainLoss(error, text), local, remote, place: nameOf(remote, undefined) };
    }
    case "message":
    case "text":
      return forbiddenConnect(content.text) ?? answeredByProxy(content.text) ?? closedByBackend(content.text);
    default:
      return undefined;
  }
}

function plainLoss(error: ErrorWord, text: string): Said {
  const { local, remote } = pairIn(text);
  const place = nameOf(remote, undefined);
  return {
    error,
    stage: "exchange",
    local,
    remote,
    place,
    teller: "client",
    status: undefined,
    waited: waitIn(text),
    text,
  };
}

function failureLoss(content: Failure): Said | undefined {
  const { text, chain } = content;
  const whole = chain.length === 0 ? text : `${text} ${chain.join(" ")}`;
  if (GAVE_UP.test(whole) || SETTING.test(text)) return undefined;
  const idle = content.error === "closed-locally" && /server closed idle connection/i.test(whole);
  if (content.error === "closed-locally" && !idle) return undefined;
  const remote = content.remote ?? connectTarget(text) ?? endpointOfUrl(content.target ?? "");
  return {
    error: idle ? "end-of-file" : connectError(content.error, whole),
    stage: stageOf(content),
    local: content.local,
    remote,
    place: nameOf(remote, hostIn(content.target)),
    teller: /, upstream: "/.test(text) ? "proxy" : "client",
    status: undefined,
    waited: content.after ?? waitIn(text),
    text,
  };
}

/** The program gave up by its own will: an operation that was cancelled, a transfer that ran into curl's own limit. */
const GAVE_UP =
  /context canceled|operation was aborted|AbortError|Operation timed out after \d+ (?:ms|milliseconds) with [1-9]\d* (?:out of -?\d+ )?bytes received|client (?:prematurely )?(?:closed|disconnected)/i;

/** A setting, such as `pool_idle_timeout = 90s`, is no failure. */
const SETTING = /^\s*[a-z][a-z0-9_.-]{2,80}\s*(?:[=:]\s*"?[\w.]{1,20}"?;?)?\s*$/;

function stageOf({ operation, text, error }: Failure): LogLoss["stage"] {
  if (operation === "handshake" || error === "tls") return "handshake";
  if (error === "refused" || error === "no-free-port") return "connect";
  return operation === "connect" && !/\bread\b.{0,60}(?:timed out|timeout|reset)/i.test(text) ? "connect" : "exchange";
}

function dialLoss({ local, remote, name, error, text }: Dial): Said {
  const place = nameOf(remote, name);
  return { ...plainLoss(connectError(error ?? "other", text), text), stage: "connect", local, remote, place };
}

/** curl says of every failed attempt that it could not connect; only the words before say why. */
function connectError(error: ErrorWord, text: string): ErrorWord {
  return /Couldn't connect to server/i.test(text) && !/refused/i.test(text) ? "other" : error;
}

function requestLoss(request: LoggedRequest): Said | undefined {
  const told = upstreamLoss(request);
  if (told === undefined) return undefined;
  const { upstream, upstreamName, status, duration, method, target, termination, upstreamDuration } = request;
  const what = [method, target, status, termination].filter((word) => word !== undefined).join(" ");
  return {
    error: told.error,
    stage: told.stage,
    local: undefined,
    remote: upstream,
    place: nameOf(upstream, upstreamName),
    teller: "proxy",
    status,
    waited: duration ?? upstreamDuration,
    text: what,
    sinceStart: told.datedByStart,
  };
}

/** `connect … Permission denied`: how Linux tells ICMPv6 code 1, administratively prohibited (icmpv6_err_convert). */
function forbiddenConnect(text: string): Said | undefined {
  if (!/\bconnect\b/i.test(text) || !/EACCES|Permission denied/.test(text)) return undefined;
  const remote = connectTarget(text);
  return remote === undefined
    ? undefined
    : { ...plainLoss("prohibited", text), stage: "connect", remote, place: nameOf(remote, undefined) };
}

/** A client's own words for a request that a proxy answered by 502 or 504: `POST http://host/path 504 92 bytes in 8001 ms`. */
function answeredByProxy(text: string): Said | undefined {
  const m = /\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) ([a-z]{2,8}:\/\/\S{1,500}) (502|504)\b/.exec(text);
  if (m === null) return undefined;
  const status = Number(m[2]);
  const remote = endpointOfUrl(m[1] ?? "");
  const error = status === 504 ? "timed-out" : "other";
  return { ...plainLoss(error, text), remote, place: nameOf(remote, hostIn(m[1])), status };
}

/** Google Cloud's balancer (statusDetails; cloud.google.com, load balancing logging, read 2026-11). */
function closedByBackend(text: string): Said | undefined {
  if (!/backend_connection_closed_before_data_sent_to_client/.test(text)) return undefined;
  return { ...plainLoss("end-of-file", text), teller: "proxy" };
}

/** A server's own log: it says that it listens, accepts, or what it served; lines with an upstream are a proxy's. */
const isServersOwn: (log: Log) => boolean = remember(({ entries }: Log) =>
  entries.some(({ content }) => {
    if (content.kind === "connection") return content.event === "accepted";
    if (content.kind !== "message" && content.kind !== "text") return false;
    return /\blisten(?:ing|s)\b/i.test(content.text) || /" [1-5]\d\d (?:-|\d+)$/.test(content.text);
  }),
);

/** What a server's log says of its clients' connections is no loss by itself: clients leave, probes reset, browsers abort. */
function isClientsDoing({ text, method, target }: Failure): boolean {
  return !/, upstream: "/.test(text) && (method === undefined || target === undefined || target.startsWith("/"));
}

/** `connect to 192.0.2.1:443 failed`, `connect to 192.0.2.1 port 443`. */
function connectTarget(text: string): Endpoint | undefined {
  const m = /connect to (\[?[0-9a-fA-F.:]{2,45}\]?)(?::| port )(\d{1,5})(?=[\s,]|$)/.exec(text);
  return m === null ? undefined : endpointOf(m[1] ?? "", m[2] ?? "");
}

const hostIn = (target: string | undefined): string | undefined =>
  /^[a-z][a-z0-9+.-]{0,15}:\/\/(?:[^/?#\s@]{0,200}@)?([^/?#\s]{1,120})/i.exec(target ?? "")?.[1];

const nameOf = (remote: Endpoint | undefined, name: string | undefined): string | undefined =>
  remote === undefined ? name : printEndpoint(remote);

/** `failed after 7.004 s`, `after 5000 ms`. */
function waitIn(text: string): Nanoseconds | undefined {
  const m = /(?:\bafter|\bin|duration[=:]) ?([\d.]{1,12}) ?(milliseconds|seconds|ms|s|µs|us)\b/i.exec(text);
  if (m === null) return undefined;
  const unit = (m[2] ?? "").toLowerCase().replace("milliseconds", "ms").replace("seconds", "s");
  return readGoDuration(`${m[1]}${unit}`);
}

/** One failure is often told twice within a few milliseconds, by the library and by the program: the fuller line stays. */
function withoutEchoes(losses: readonly LogLoss[]): LogLoss[] {
  return losses.filter((loss, i) => {
    const near = [losses[i - 2], losses[i - 1], losses[i + 1], losses[i + 2]];
    return !near.some((other) => other !== undefined && isEcho(loss, other));
  });
}

function isEcho(loss: LogLoss, of: LogLoss): boolean {
  if (loss.at === undefined || of.at === undefined) return false;
  const apart = loss.at > of.at ? loss.at - of.at : of.at - loss.at;
  if (apart > BigInt(20 * MILLISECOND)) return false;
  // curl sums up what it has said.
  if (
    /^(?:curl: \(\d+\) )?Failed to connect to /.test(loss.text) &&
    !/^(?:curl: \(\d+\) )?Failed to connect to /.test(of.text)
  )
    return true;
  return isLibrarys(loss) && !isLibrarys(of) && (loss.local === undefined || of.local !== undefined);
}

/** Lines of the library beneath the program, which names the request. */
const isLibrarys = ({ entry, text }: LogLoss): boolean =>
  entry.content.kind === "dial" ||
  entry.content.kind === "health-check" ||
  /^(?:http2: Transport (?:failed to get client conn|readFrame error)|RoundTrip (?:failure|retrying))/.test(text);

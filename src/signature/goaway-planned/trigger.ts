import { type Endpoint, sameEndpoint } from "../../net/endpoint.ts";
import { MILLISECOND, type Nanoseconds, printSpan, SECOND } from "../../net/time.ts";
import { after, type Going, type Http2Story, underWay } from "../http2-story.ts";
import { momentLine, momentsOf } from "../log-moments.ts";
import { remember } from "../remember.ts";
import type { Scene } from "../scene.ts";
import type { Evidence } from "../signature.ts";

/** What made the server go away, as far as it can be told, and why that is believed. */
export interface Trigger {
  readonly variant: "age" | "idle" | "count" | "reload" | "chance" | "undetermined";
  readonly because: string;
  readonly evidence: readonly Evidence[];
}

/** A connection that was told to go, and the announcement. */
export interface Leaving {
  readonly story: Http2Story;
  readonly first: Going;
  readonly final: Going;
}

/** Numbers of requests after which servers are known to send GOAWAY: nginx (1000; 100 before 1.19.10), AWS ALB (10,000). */
const KNOWN_COUNTS = [100, 1000, 10_000];
const INSTANT: Nanoseconds = 100 * MILLISECOND;
/** A reload or a stop is logged to the second, and workers need a moment. */
const AFTER_RELOAD: Nanoseconds = 5 * SECOND;

/** Others that a connection is compared with. */
const MOST_FELLOWS = 200;

/** Compares a connection with the others that the same server sent away. */
export function triggerOf(scene: Scene, leaving: Leaving, all: readonly Leaving[]): Trigger {
  const fellows = all
    .filter((l) => l !== leaving && isSame(l.story.server, leaving.story.server))
    .slice(0, MOST_FELLOWS);
  return (
    byDebug(leaving) ??
    byLog(scene, leaving) ??
    byInstant(leaving, fellows) ??
    byCount(leaving, fellows) ??
    byAge(leaving, fellows) ??
    bySilence(leaving, fellows) ??
    byChance(leaving, fellows) ?? { variant: "undetermined", because: candidatesOf(leaving), evidence: [] }
  );
}

const isSame = (a: Endpoint | undefined, b: Endpoint | undefined): boolean =>
  a === undefined || b === undefined ? a === b : sameEndpoint(a, b);

/** gRPC servers say why (grpc-go internal/transport/http2_server.go: max_age, max_idle). */
function byDebug({ first, final }: Leaving): Trigger | undefined {
  const said = `${first.debug} ${final.debug}`;
  if (/max_age|max_connection_age/i.test(said)) return say("age", "its debug data says max_age");
  if (/max_idle|max_connection_idle/i.test(said)) return say("idle", "its debug data says max_idle");
  return undefined;
}

function byLog(scene: Scene, { first, story }: Leaving): Trigger | undefined {
  const moment = momentsOf(scene).find(({ kind, at, log }) => {
    if (kind === "crashed" || kind === "started" || at === undefined || log === story.log) return false;
    const apart = Number(first.mark.at - at);
    return log.clock.how !== "none" && apart >= -SECOND && apart <= AFTER_RELOAD;
  });
  if (moment === undefined) return undefined;
  const because = `${moment.log.file} tells that a server process reloads or stops at that time`;
  return { variant: "reload", because, evidence: [momentLine(moment, "a server process reloads or stops")] };
}

function byInstant(leaving: Leaving, fellows: readonly Leaving[]): Trigger | undefined {
  const together = fellows.filter((f) => Math.abs(after(leaving.first.mark, f.first.mark)) <= INSTANT);
  // What comes right behind requests on all of them comes of the requests.
  if ([leaving, ...together].every(isPrompted)) return undefined;
  const counts = new Set([leaving, ...together].map((l) => l.final.lastStream));
  // Two that asked the same number of times may have reached a limit together.
  if (together.length === 0 || counts.size === 1) return undefined;
  const because = `the server sent ${together.length + 1} connections of different age or use away within ${printSpan(INSTANT)}`;
  return { variant: "reload", because, evidence: together.slice(0, 4).map(({ first }) => first.mark.shown(ALSO)) };
}

const ALSO = "the same server sends another connection away";

function byCount(leaving: Leaving, fellows: readonly Leaving[]): Trigger | undefined {
  const { lastStream } = leaving.final;
  const requests = (lastStream + 1) / 2;
  if (!isPrompted(leaving) || lastStream >= 0x7fff_ffff) return undefined;
  const alike = fellows.filter((f) => f.final.lastStream === lastStream && isPrompted(f));
  const ages = [leaving, ...alike].map(ageOf);
  // A number that some of many share is chance.
  const common = 2 * (alike.length + 1) > fellows.length + 1;
  if (common && alike.length > 0 && requests > 1 && (spread(ages) > 0.02 || ages.length >= 3)) {
    const because = `${alike.length + 1} connections were sent away right at request ${requests}, at different ages`;
    return { variant: "count", because, evidence: alike.slice(0, 4).map(({ first }) => first.mark.shown(ALSO)) };
  }
  if (!KNOWN_COUNTS.includes(requests)) return undefined;
  return say(
    "count",
    `it came right at request ${requests}, a limit that servers have (nginx 1000, older ones 100, AWS ALB 10,000)`,
  );
}

function byAge(leaving: Leaving, fellows: readonly Leaving[]): Trigger | undefined {
  const age = ageOf(leaving);
  if (age === undefined || age < SECOND) return undefined;
  const alike = fellows.filter(
    (f) => spread([age, ageOf(f)]) <= 0.02 && f.final.lastStream !== leaving.final.lastStream,
  );
  if (alike.length === 0 || 2 * (alike.length + 1) <= fellows.length + 1) return undefined;
  const because = `${alike.length + 1} connections of different use were sent away at the same age of ${printSpan(age)}`;
  return { variant: "age", because, evidence: alike.slice(0, 4).map(({ first }) => first.mark.shown(ALSO)) };
}

/** Round figures that idle limits have, in seconds. */
const ROUND = [5, 10, 15, 20, 30, 45, 60, 65, 75, 90, 120, 180, 300, 350, 400, 600, 900, 1800, 3600];

/** A timer that was set to whole seconds goes off this soon after them. */
const EXACT: Nanoseconds = 15 * MILLISECOND;

function bySilence(leaving: Leaving, fellows: readonly Leaving[]): Trigger | undefined {
  const silence = silenceOf(leaving);
  if (silence === undefined || silence < SECOND) return undefined;
  const alike = fellows.some(
    (f) => spread([silence, silenceOf(f)]) <= 0.02 && spread([ageOf(leaving), ageOf(f)]) > 0.02,
  );
  const over = silence % SECOND;
  const round =
    ROUND.some((s) => silence >= s * SECOND && silence - s * SECOND <= Math.max(0.2, 0.01 * s) * SECOND) ||
    (silence >= 2 * SECOND && over <= EXACT);
  if (!alike && !round) return undefined;
  return say("idle", `no request was under way and nothing had been asked for ${printSpan(silence)}`);
}

/** Requests are hit by chance: each right behind a request, at different ages and counts (kube-apiserver --goaway-chance). */
function byChance(leaving: Leaving, fellows: readonly Leaving[]): Trigger | undefined {
  const hit = [leaving, ...fellows].filter(isPrompted);
  if (!hit.includes(leaving) || hit.length < 3 || new Set(hit.map((l) => l.final.lastStream)).size < 3)
    return undefined;
  const because = `${hit.length} connections were sent away, each right behind a request, at different ages and after different numbers of requests, as kube-apiserver --goaway-chance does`;
  return {
    variant: "chance",
    because,
    evidence: hit
      .filter((l) => l !== leaving)
      .slice(0, 4)
      .map(({ first }) => first.mark.shown(ALSO)),
  };
}

/** Whether the GOAWAY came while its last request was being answered, or right behind. */
const isPrompted: (leaving: Leaving) => boolean = remember(({ story, first, final }: Leaving): boolean => {
  const request = story.requests.find((r) => r.id === Math.min(final.lastStream, first.lastStream));
  if (request === undefined) return false;
  return (
    Number(first.mark.at - request.opened.at) <= 100 * MILLISECOND ||
    Math.abs(after(request.last, first.mark)) <= 50 * MILLISECOND
  );
});

const ageOf = ({ story, first }: Leaving): Nanoseconds | undefined =>
  story.opened === undefined ? undefined : after(story.opened, first.mark);

/** How long nothing had been said on the connection, when nothing was under way. */
const silenceOf: (leaving: Leaving) => Nanoseconds | undefined = remember(({ story, first }: Leaving) => {
  if (underWay(story, first.mark.at).length > 0) return undefined;
  const last = story.frames.findLast((f) => f.mark.at < first.mark.at && (f.type === "DATA" || f.type === "HEADERS"));
  return last === undefined ? undefined : after(last.mark, first.mark);
});

/** How far numbers are apart, as a part of the largest; infinite where one is unknown. */
function spread(values: readonly (number | undefined)[]): number {
  const known = values.filter((v) => v !== undefined);
  const most = Math.max(...known);
  return known.length < values.length || most <= 0 ? Number.POSITIVE_INFINITY : (most - Math.min(...known)) / most;
}

function candidatesOf(leaving: Leaving): string {
  if (isPrompted(leaving))
    return "it came right behind a request: a limit of requests (nginx keepalive_requests), kube-apiserver --goaway-chance or a drain";
  return "an age limit, an idle limit, a reload or a change of targets all look like this once";
}

const say = (variant: Trigger["variant"], because: string): Trigger => ({ variant, because, evidence: [] });

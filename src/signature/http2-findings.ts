import { type Endpoint, printEndpoint, sameEndpoint } from "../net/endpoint.ts";
import { printable } from "../net/printable.ts";
import { type Instant, SECOND } from "../net/time.ts";
import { withSightings } from "./findings.ts";
import { type GoawayLine, goawayLines } from "./goaway-lines.ts";
import { http2Stories } from "./http2-stories.ts";
import type { Exchange, Http2Story, Mark } from "./http2-story.ts";
import { type FoundLine, lineShown, printEnd } from "./log-lines.ts";
import { remember } from "./remember.ts";
import type { Scene } from "./scene.ts";
import type { Evidence, Finding } from "./signature.ts";

/** Lines and packets shown of one finding. */
const MOST_EVIDENCE = 14;

/** What a finding about an HTTP/2 connection says of where and when, from a capture or from a log alone. */
export function placed(
  scene: Scene,
  story: Http2Story,
  at: Mark,
  evidence: readonly Evidence[],
): Pick<Finding, "at" | "trails" | "named" | "evidence"> {
  const { trail } = story;
  const vantage = trail === undefined ? undefined : scene.vantages[trail.vantage];
  const kept = distinct(evidence).slice(0, MOST_EVIDENCE);
  if (trail === undefined || vantage === undefined) {
    return { at: at.at, trails: [], named: [{ client: story.client, server: story.server }], evidence: kept };
  }
  return { at: scene.toVantage(vantage, at.at), trails: withSightings(scene, trail), evidence: kept };
}

/** Each packet and each line once. */
export function distinct(evidence: readonly Evidence[]): Evidence[] {
  const found = new Map<string, Evidence>();
  for (const e of evidence) {
    const key = "line" in e ? `line ${e.log} ${e.line}` : `packet ${e.vantage} ${e.packet}`;
    if (!found.has(key)) found.set(key, e);
  }
  return [...found.values()];
}

/** A program may complain this long after the connection ended, and a log's second may begin this much earlier. */
const COMPLAINS = 5 * SECOND;
const EARLIER = 2 * SECOND;

/** Lines in words that are compared with connections, and resets of one that are. */
const MOST_LINES = 1000;
const MOST_RESETS = 50;

/** Which lines in words are about which connection: each about one at most. */
const assigned = remember((scene: Scene): ReadonlyMap<Http2Story, readonly FoundLine<GoawayLine>[]> => {
  const found = new Map<Http2Story, FoundLine<GoawayLine>[]>();
  const stories = http2Stories(scene).filter((s) => s.goAways.length > 0 || s.requests.some(({ reset }) => reset));
  for (const line of goawayLines(scene).slice(0, MOST_LINES)) {
    const near = stories
      .map((story) => ({ story, distance: distanceOf(story, line) }))
      .filter(({ distance }) => distance !== undefined)
      .sort((a, b) => Math.abs(a.distance ?? 0) - Math.abs(b.distance ?? 0))[0];
    if (near !== undefined) found.set(near.story, [...(found.get(near.story) ?? []), line]);
  }
  return found;
});

/** What a program says in words about a connection whose frames are known as well. */
export const wordsAbout = (scene: Scene, story: Http2Story): readonly FoundLine<GoawayLine>[] =>
  assigned(scene).get(story) ?? [];

/** Lines in words about no connection that is known otherwise. */
export function strayWords(scene: Scene): readonly FoundLine<GoawayLine>[] {
  const taken = new Set([...assigned(scene).values()].flat());
  return goawayLines(scene).filter((line) => !taken.has(line));
}

/** How far a line is from the end of a connection that it may be about; undefined when it can't be. */
function distanceOf(story: Http2Story, { log, at, said, named }: FoundLine<GoawayLine>): number | undefined {
  const going = story.goAways.filter((g) => g.by === "server");
  if (said.lastStream !== undefined && !going.some((g) => g.lastStream === said.lastStream)) return undefined;
  if (said.kind === "refused" || said.code === "REFUSED_STREAM") {
    if (!endings(story).refused) return undefined;
  } else if (going.length === 0 || (said.code !== undefined && !going.some((g) => g.code === said.code))) {
    return undefined;
  }
  if (!fits(named.server, story.server) || !fits(named.client, story.client)) return undefined;
  if (at === undefined) return Number.MAX_VALUE;
  if (log.clock.how === "none") return Number.MAX_VALUE;
  const slack = Number.isFinite(log.clock.uncertainty) ? log.clock.uncertainty : SECOND;
  const distances = endings(story)
    .marks.map((m) => Number(at - m))
    .filter((d) => d >= -EARLIER - slack && d <= COMPLAINS + slack);
  return distances.sort((a, b) => Math.abs(a) - Math.abs(b))[0];
}

/** When a connection's GOAWAYs, resets and its end were. */
const endings = remember(({ goAways, closing, requests }: Http2Story) => ({
  refused: requests.some(({ reset }) => reset?.code === "REFUSED_STREAM"),
  marks: [
    ...goAways.filter((g) => g.by === "server").map(({ mark }) => mark.at),
    ...(closing === undefined ? [] : [closing.mark.at]),
    ...requests.flatMap(({ reset }) => reset?.mark.at ?? []).slice(0, MOST_RESETS),
  ],
}));

const fits = (one: Endpoint | undefined, other: Endpoint | undefined): boolean =>
  one === undefined ||
  other === undefined ||
  sameEndpoint(one, other) ||
  (one.address === other.address && (one.port === 0 || other.port === 0));

/** Lines in words as evidence. */
export const wordsShown = (lines: readonly FoundLine<GoawayLine>[], shows: string): readonly Evidence[] =>
  lines.slice(0, 6).map((line) => lineShown(line, shows));

/** `10.1.2.3:42852 > 10.9.9.9:443`, as far as it is known. */
export function between({ client, server }: Http2Story): string {
  if (client === undefined && server === undefined) return "a connection that the log does not name";
  const end = (e: Endpoint | undefined): string => (e === undefined ? "?" : printEnd(e));
  return `${end(client)} > ${end(server)}`;
}

/** The end that sent something, with its address. */
export function endOf(story: Http2Story, side: "client" | "server"): string {
  const end = story[side];
  return end === undefined ? `the ${side}` : `${side} ${printEndpoint(end)}`;
}

/** `stream 9 (GET /watch)`. */
export function streamOf({ id, method, path }: Exchange): string {
  const what = [method, path].filter((w) => w !== undefined).join(" ");
  return what === "" ? `stream ${id}` : `stream ${id} (${printable(what.slice(0, 80))})`;
}

/** `streams 9 (GET /watch) and 11`. */
export function streamsOf(requests: readonly Exchange[]): string {
  const some = requests.slice(0, 4).map(streamOf);
  const more = requests.length - some.length;
  return `${some.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Debug data of a GOAWAY between quotation marks, safe to print; empty where there is none. */
export const debugOf = (debug: string | undefined): string =>
  debug === undefined || debug === "" ? "" : ` "${printable(debug.slice(0, 120)).replace(/"/g, "'")}"`;

/** What RFC 9113 says about sending again after a GOAWAY. */
export function whatMayBeRepeated(lastStream: number | undefined): string {
  if (lastStream !== undefined && lastStream >= 0x7fff_ffff) {
    return "It refused no stream, so that every request may have been processed and only idempotent ones may be repeated (RFC 9113 §6.8, §8.7).";
  }
  const last = lastStream === undefined ? "its last stream" : `stream ${lastStream}`;
  return `Requests above ${last} were not processed and may be sent again whatever their method (RFC 9113 §6.8, §8.7); those up to the last stream may have been processed, so that only idempotent ones may be repeated.`;
}

/** When a line was written, or the beginning of its log. */
export function instantOfLine(lines: readonly FoundLine<unknown>[]): Instant {
  for (const { at } of lines) if (at !== undefined) return at;
  for (const { log } of lines.slice(0, 1)) {
    for (const entry of log.entries) {
      const at = log.instantOf(entry);
      if (at !== undefined) return at;
    }
  }
  return 0n;
}

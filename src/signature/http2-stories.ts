import type { LogEntry } from "../log/entry.ts";
import { type Endpoint, sameEndpoint } from "../net/endpoint.ts";
import { type Instant, type Nanoseconds, SECOND } from "../net/time.ts";
import type { Trail } from "../session/segment.ts";
import { capturedStory, closingOf } from "./http2-captured.ts";
import { type LoggedStory, loggedStories } from "./http2-logged.ts";
import type { Going, Http2Story } from "./http2-story.ts";
import { remember } from "./remember.ts";
import type { Scene } from "./scene.ts";
import type { Evidence } from "./signature.ts";

/** The same GOAWAY by a capture and by a log is no further apart than this, once the clocks agree. */
const SAME: Nanoseconds = 2 * SECOND;

/**
 * Every HTTP/2 connection of the scene whose frames are known, each once: what several captures and logs tell of one is
 * put together. Frames in a log stand in for those that a capture holds encrypted.
 */
export const http2Stories: (scene: Scene) => readonly Http2Story[] = remember((scene: Scene) => {
  const captured = capturedOnce(scene);
  const free = new Set(captured);
  const stories: Http2Story[] = [];
  const written = scene.logs.flatMap((log) => loggedStories(log));
  const pairs = new Map<Http2Story, LoggedStory[]>();
  for (const logged of written) {
    const trail = mentionedIn(scene, logged);
    const partner =
      captured.find((story) => isSighted(scene, story.trail, trail)) ??
      [...free].find((story) => isSameGoing(story, logged.story));
    if (partner === undefined) stories.push(trail === undefined ? logged.story : withTrail(scene, logged.story, trail));
    else pairs.set(partner, [...(pairs.get(partner) ?? []), logged]);
    if (partner !== undefined && trail === undefined) free.delete(partner);
  }
  for (const story of captured) {
    const also = (pairs.get(story) ?? []).flatMap((logged) => alsoTold(logged.story));
    stories.push(also.length === 0 ? story : { ...story, also });
  }
  return stories.sort((a, b) => Number(startOf(a) - startOf(b)));
});

const startOf = (story: Http2Story): Instant => story.opened?.at ?? story.frames[0]?.mark.at ?? story.until;

/** Captured connections, each by the vantage point that tells most of it. */
function capturedOnce(scene: Scene): Http2Story[] {
  const told = new Map<Trail, Http2Story>();
  const kept: Http2Story[] = [];
  for (const trail of scene.vantages.flatMap((vantage) => vantage.trails)) {
    const story = capturedStory(scene, trail);
    if (story === undefined) continue;
    const twin = told.get(trail);
    if (twin === undefined) kept.push(story);
    else if (worth(scene, story) > worth(scene, twin)) kept[kept.indexOf(twin)] = story;
    else continue;
    for (const sighting of scene.sightings(trail)) told.set(sighting.trail, story);
  }
  return kept;
}

/** Whole stories before others, those captured at the client before others. */
function worth(scene: Scene, { gaps, trail }: Http2Story): number {
  return (gaps ? 0 : 2) + (trail !== undefined && scene.vantages[trail.vantage]?.place === "client" ? 1 : 0);
}

/** The captured connection that a logged one is, by the lines that name its ends. */
function mentionedIn(scene: Scene, { entries }: LoggedStory): Trail | undefined {
  const trails = mentioned(scene);
  for (const entry of entries) {
    const trail = trails.get(entry);
    if (trail !== undefined) return trail;
  }
  return undefined;
}

const mentioned = remember((scene: Scene): ReadonlyMap<LogEntry, Trail> => {
  const found = new Map<LogEntry, Trail>();
  for (const trail of scene.vantages.flatMap((vantage) => vantage.trails))
    for (const { entry } of scene.mentions(trail)) if (!found.has(entry)) found.set(entry, trail);
  return found;
});

function isSighted(scene: Scene, one: Trail | undefined, other: Trail | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one === other || scene.sightings(one).some(({ trail }) => trail === other);
}

/** A connection of a log that names no ends is the captured one that ended with the same GOAWAY at the same time. */
function isSameGoing(one: Http2Story, other: Http2Story): boolean {
  const [a, b] = [one.goAways[0], other.goAways[0]];
  if (a === undefined || b === undefined || other.log?.clock.how === "none") return false;
  return isAlike(a, b) && fits(one.client, other.client) && fits(one.server, other.server);
}

function isAlike(a: Going, b: Going): boolean {
  const apart = Math.abs(Number(a.mark.at - b.mark.at));
  return a.by === b.by && a.lastStream === b.lastStream && a.code === b.code && apart <= SAME;
}

const fits = (a: Endpoint | undefined, b: Endpoint | undefined): boolean =>
  a === undefined || b === undefined || sameEndpoint(a, b);

/** Encrypted in the capture, told by the log: frames from the log, the end as the packets show it. */
function withTrail(scene: Scene, story: Http2Story, trail: Trail): Http2Story {
  // What the program did itself it knows better than packets whose content is not known.
  const own = story.closing !== undefined && story.closing.by === story.teller;
  return { ...story, trail, closing: own ? story.closing : (closingOf(scene, trail) ?? story.closing) };
}

/** What a log adds to a connection that a capture tells: its GOAWAYs and its end. */
function alsoTold({ goAways, closing, log }: Http2Story): Evidence[] {
  if (log === undefined) return [];
  return [
    ...goAways.slice(0, 4).map((g) => g.mark.shown(`the log shows the same GOAWAY ${g.code}`)),
    ...(closing === undefined ? [] : [closing.mark.shown("the program notices that the connection is closed")]),
  ];
}

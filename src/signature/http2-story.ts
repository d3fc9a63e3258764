import type { LogEntry } from "../log/entry.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { Instant, Nanoseconds } from "../net/time.ts";
import type { Side, Trail } from "../session/segment.ts";
import type { Log } from "./scene.ts";
import type { Evidence } from "./signature.ts";

/** Something that is shown by a packet or by a log line, and when it was, on the common clock. */
export interface Mark {
  readonly at: Instant;
  /** The packet or line as evidence. */
  readonly shown: (shows: string) => Evidence;
}

/** A frame as a capture or a log tells it. */
export interface Told {
  readonly by: Side;
  /** `DATA`, `HEADERS`, … (RFC 9113 §6). */
  readonly type: string;
  readonly stream: number;
  readonly endStream: boolean;
  readonly ack: boolean;
  readonly length: number;
  /** WINDOW_UPDATE only. */
  readonly increment: number | undefined;
  /** What the sender might still have sent after this DATA, where both windows are known. */
  readonly windows: { readonly connection: number; readonly stream: number } | undefined;
  readonly mark: Mark;
}

/** A GOAWAY (RFC 9113 §6.8). Its debug data comes from outside. */
export interface Going {
  readonly by: Side;
  readonly lastStream: number;
  /** By name (RFC 9113 §7). */
  readonly code: string;
  readonly debug: string;
  readonly mark: Mark;
}

/** A request of the client and what became of it. Its text comes from outside. */
export interface Exchange {
  readonly id: number;
  readonly opened: Mark;
  readonly last: Mark;
  readonly method: string | undefined;
  readonly path: string | undefined;
  /** The server sent something on it; it said END_STREAM. */
  readonly answered: boolean;
  readonly answeredWhole: boolean;
  readonly reset: { readonly by: Side; readonly code: string; readonly mark: Mark } | undefined;
}

/** The first end of a connection that closed it. */
export interface Closing {
  /** Undefined where a log says only that it broke. */
  readonly by: Side | undefined;
  readonly how: "fin" | "rst" | "told";
  /**
   * A RST without ACK: what a host answers to a packet of a connection that it does not know (RFC 9293 §3.10.7.1). It was gone
   * before, and not by this packet; a program's own abort carries ACK.
   */
  readonly unknown?: boolean;
  readonly mark: Mark;
}

/** A log line about a connection or its requests that tells of a GOAWAY or of what came of it. */
export interface StoryLine {
  readonly log: Log;
  readonly entry: LogEntry;
  readonly shows: string;
}

/** One HTTP/2 connection, as its frames tell it: from a capture, from a program's log, or from both. */
export interface Http2Story {
  /** The captured connection; undefined where only a log tells of it. */
  readonly trail: Trail | undefined;
  /** Where its frames come from, when not from the capture. */
  readonly log: Log | undefined;
  /** The end that wrote the log. */
  readonly teller: Side | undefined;
  readonly client: Endpoint | undefined;
  readonly server: Endpoint | undefined;
  /** The handshake, or the dial; undefined when it was before the evidence begins. */
  readonly opened: Mark | undefined;
  readonly frames: readonly Told[];
  /** Frames that are not among them. */
  readonly gaps: boolean;
  readonly goAways: readonly Going[];
  /** In the order in which they were opened. */
  readonly requests: readonly Exchange[];
  readonly pings: readonly { readonly by: Side; readonly mark: Mark }[];
  /** The latest value of each setting, by its name. */
  readonly settings: Readonly<Record<Side, ReadonlyMap<string, number>>>;
  readonly closing: Closing | undefined;
  /** Until when anything is known of it. */
  readonly until: Instant;
  /** What other evidence says of the same connection. */
  readonly also: readonly Evidence[];
}

/** A GOAWAY with which the server only announces the end (RFC 9113 §6.8); the last one counts. */
export function announcement(story: Http2Story): { readonly first: Going; readonly final: Going } | undefined {
  const theirs = story.goAways.filter((g) => g.by === "server");
  const [first] = theirs;
  if (first === undefined || theirs.some((g) => g.code !== "NO_ERROR")) return undefined;
  return { first, final: theirs.reduce((a, b) => (b.lastStream <= a.lastStream ? b : a)) };
}

/** How long after `from` something was. */
export const after = (from: Mark, to: Mark): Nanoseconds => Number(to.at - from.at);

/** Requests under way at an instant: opened before it, not answered whole and not reset by it. */
export function underWay(story: Http2Story, at: Instant): readonly Exchange[] {
  return story.requests.filter(
    ({ opened, answeredWhole, last, reset }) =>
      opened.at <= at && !(answeredWhole && last.at <= at) && (reset === undefined || reset.mark.at > at),
  );
}

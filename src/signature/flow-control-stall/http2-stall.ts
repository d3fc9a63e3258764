import type { Instant, Nanoseconds } from "../../net/time.ts";
import { FlowControl } from "../../session/http2/flow-control.ts";
import type { Side } from "../../session/segment.ts";
import type { Exchange, Http2Story, Mark, Told } from "../http2-story.ts";

/** A sender that used up what HTTP/2 let it send, and was given no more. */
export interface Http2Stall {
  readonly sender: Side;
  /** 0 is the connection as a whole. */
  readonly stream: number;
  /** The DATA that used the window up. */
  readonly full: Told;
  /** The request whose body or response stands still. */
  readonly request: Exchange | undefined;
  /** The end of the stall's being known: a reset, the close, the end of the evidence. */
  readonly ended: { readonly mark: Mark | undefined; readonly by: Side | undefined; readonly how: string };
  readonly lasted: Nanoseconds;
}

/** Windows that were used up and not widened before the stream, the connection or the evidence ended. */
export function http2Stalls(story: Http2Story): readonly Http2Stall[] {
  const windows = windowsOf(story);
  const found: Http2Stall[] = [];
  for (const [i, full] of story.frames.entries()) {
    const left = windows(i);
    if (left === undefined || full.endStream || (left.connection > 0 && left.stream > 0)) continue;
    const stream = left.stream <= 0 ? full.stream : 0;
    const later = story.frames.slice(i + 1);
    const widened = later.some(
      (f) =>
        (f.by !== full.by && f.type === "WINDOW_UPDATE" && f.stream === stream) ||
        (f.by !== full.by && f.type === "SETTINGS" && !f.ack && stream !== 0) ||
        (f.by === full.by && f.type === "DATA" && f.length > 0 && (stream === 0 || f.stream === stream)),
    );
    const done = later.some((f) => f.by === full.by && f.stream === full.stream && f.endStream);
    if (widened || done) continue;
    const request = story.requests.find((r) => r.id === full.stream);
    const ended = endOf(story, full, request);
    found.push({ sender: full.by, stream, full, request, ended, lasted: Number(ended.at - full.mark.at) });
  }
  return found;
}

function endOf(
  { closing, until }: Http2Story,
  full: Told,
  request: Exchange | undefined,
): Http2Stall["ended"] & { readonly at: Instant } {
  const reset = request?.reset;
  if (
    reset !== undefined &&
    reset.mark.at >= full.mark.at &&
    (closing === undefined || reset.mark.at <= closing.mark.at)
  ) {
    return { mark: reset.mark, by: reset.by, how: `RST_STREAM ${reset.code} of the ${reset.by}`, at: reset.mark.at };
  }
  if (closing !== undefined) {
    const how = `${closing.how === "rst" ? "RST" : "close"}${closing.by === undefined ? "" : ` of the ${closing.by}`}`;
    return { mark: closing.mark, by: closing.by, how, at: closing.mark.at };
  }
  return { mark: undefined, by: undefined, how: "nothing: it lasts to the end of the evidence", at: until };
}

/** What was left after a DATA frame: as the session followed it, or, of a whole log of frames, followed here. */
function windowsOf(story: Http2Story): (i: number) => Told["windows"] {
  if (story.log === undefined) return (i) => story.frames[i]?.windows;
  if (story.gaps || story.opened === undefined) return () => undefined;
  const flow = new FlowControl();
  for (const [side, direction] of [
    ["client", 0],
    ["server", 1],
  ] as const) {
    const initial = story.settings[side].get("INITIAL_WINDOW_SIZE");
    if (initial !== undefined) flow.initialWindow(direction, initial);
  }
  const left = story.frames.map(({ by, type, stream, length, increment }) => {
    const direction = by === "client" ? 0 : 1;
    if (type === "WINDOW_UPDATE" && increment !== undefined) flow.updated(direction, stream, increment);
    return type === "DATA" ? flow.sent(direction, stream, length) : undefined;
  });
  return (i) => left[i];
}

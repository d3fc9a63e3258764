import type { ClientHttp2Stream } from "node:http2";
import type { Ending } from "../machines/judge-ending.ts";
import type { ClientLink } from "./client-link.ts";

/** How a stream without a whole response ended, read from what Node knows of it and its connection. */
export function endingOf(stream: ClientHttp2Stream, link: ClientLink, gaveUp: boolean): Ending {
  const { id, rstCode } = stream;
  if (id === undefined || stream.pending) return { kind: "not-dispatched" };
  if (gaveUp) return { kind: "given-up" };
  // REFUSED_STREAM: from the server, or from nghttp2 for a stream above the last id of a GOAWAY.
  // A session that ends with GOAWAY gives its own code to every stream that was open: such a one says nothing of the stream.
  const ended = link.goaway !== undefined && link.goaway.code === rstCode && link.session.destroyed;
  if (rstCode === 0x07 && !ended) return { kind: "refused" };
  if (link.end === "lost-ping" || link.end === "verify-failed") return { kind: "lost-ping" };
  if (!link.session.destroyed && rstCode !== 0) return { kind: "reset", code: rstCode };
  const promised = link.goaway !== undefined && id <= link.goaway.lastStreamId;
  // The server would have finished it.
  if (promised && link.end === "client-closed") return { kind: "closed" };
  if (link.goaway !== undefined) return { kind: "goaway", streamId: id, lastStreamId: link.goaway.lastStreamId };
  return link.session.destroyed ? { kind: "closed" } : { kind: "reset", code: rstCode };
}

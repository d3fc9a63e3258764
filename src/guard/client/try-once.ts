import type { ClientHttp2Stream } from "node:http2";
import type { Ending } from "../machines/judge-ending.ts";
import { cancelStream } from "./cancel-stream.ts";
import { badRequest } from "./check-request.ts";
import type { ClientLink } from "./client-link.ts";
import { describeEnding, type EndingFacts } from "./describe-ending.ts";
import { endingOf } from "./ending-of.ts";
import { NoLink } from "./no-link.ts";
import type { Pool } from "./pool.ts";
import type { Body } from "./request-body.ts";
import type { RequestOptions, Response } from "./request-options.ts";
import { describeStop } from "./stop.ts";
import { watchEndStream } from "./watch-end-stream.ts";

/** What became of one attempt. */
export type Attempt =
  | {
      readonly kind: "response";
      readonly stream: ClientHttp2Stream;
      readonly headers: Response["headers"];
      /** Whether the response came to its end. */
      readonly ended: () => boolean;
      /** Why it broke off. */
      readonly explain: () => EndingFacts;
    }
  | {
      readonly kind: "ended";
      readonly ending: Ending;
      readonly facts: EndingFacts;
      /** It never left this process, since a connection that had served began to close under it: that was no attempt. */
      readonly free: boolean;
    };

/** The HEADERS and FRAME_SIZE_ERROR of RFC 9113 §6.2 and §7. */
const HEADERS = 0x01;
const FRAME_SIZE_ERROR = 0x06;

/** Sends a request once. Rejects with a `RequestError` only for what the caller has to mend. */
export async function tryOnce(request: RequestOptions, body: Body, pool: Pool, stop: AbortSignal): Promise<Attempt> {
  let link: ClientLink;
  try {
    link = await pool.acquire(stop);
  } catch (error) {
    return noLink(error, stop);
  }
  if (stop.aborted) {
    link.release();
    return noLink(stop.reason, stop);
  }
  let stream: ClientHttp2Stream;
  try {
    const headers = { ...request.headers, ":method": request.method ?? "GET", ":path": request.path ?? "/" };
    stream = link.request(headers, body.isEmpty);
  } catch (error) {
    const ending = { kind: "not-dispatched" } as const;
    const usable = link.usable;
    link.release();
    // A header that Node does not accept is the caller's mistake; a connection that just began to close is not.
    if (usable) throw badRequest(`Node does not send this request: ${(error as Error).message}`, error);
    return { kind: "ended", ending, facts: describeEnding(ending, link, error), free: link.answered };
  }
  return new Promise((resolve, reject) => {
    let failure: unknown;
    let broken: EndingFacts | undefined;
    let facts: EndingFacts | undefined;
    let unsent = false;
    const ended = watchEndStream(stream);
    const end = (ending: Ending, facts: EndingFacts): void => {
      resolve({ kind: "ended", ending, facts, free: ending.kind === "not-dispatched" && link.answered });
    };
    // At once: a peer that has stopped reading would hold the stream open, and the caller with it.
    const giveUp = (facts: EndingFacts): void => {
      end(endingOf(stream, link, true), facts);
      cancelStream(stream);
    };
    const stopped = (): void => giveUp(describeStop(stop));
    stop.addEventListener("abort", stopped, { once: true });
    stream.on("error", (error) => {
      failure ??= error;
    });
    // HEADERS that nghttp2 held back, since GOAWAY came before they were written; it closes the stream with REFUSED_STREAM.
    stream.once("frameError", (type, code) => {
      if (type !== HEADERS) return;
      unsent = true;
      // Not so where they are too many: that is no matter of the connection.
      if (code === FRAME_SIZE_ERROR)
        reject(badRequest("the headers are larger than Node sends: maxSendHeaderBlockLength in the option http2"));
    });
    stream.once("response", (headers) => {
      stop.removeEventListener("abort", stopped);
      pool.answered(link);
      const explain = (): EndingFacts =>
        broken ?? facts ?? describeEnding(endingOf(stream, link, false), link, failure);
      resolve({ kind: "response", stream, headers, ended, explain });
    });
    stream.once("close", () => {
      stop.removeEventListener("abort", stopped);
      const ending: Ending = unsent ? { kind: "not-dispatched" } : endingOf(stream, link, false);
      // No id was left for it: 2^30 requests were sent on this connection (RFC 9113 §5.1.1).
      if (stream.pending && link.usable) link.leave("idle");
      // Said once, and before the connection is let go of: that may end it for another reason.
      facts = describeEnding(ending, link, failure);
      end(ending, facts);
      link.release();
    });
    if (body.isEmpty) return;
    body.writeTo(stream, (error) => {
      broken = { code: "body-failed", endedBy: "client", cause: error, what: "the request's body broke off" };
      giveUp(broken);
    });
  });
}

function noLink(error: unknown, stop: AbortSignal): Attempt {
  const ending = { kind: "not-dispatched" } as const;
  if (stop.aborted) return { kind: "ended", ending, facts: describeStop(stop), free: false };
  if (!(error instanceof NoLink)) throw error;
  const { code, endedBy, cause, message } = error;
  return { kind: "ended", ending, facts: { code, endedBy, cause, what: message }, free: false };
}

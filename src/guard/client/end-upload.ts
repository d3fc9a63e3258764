import type { ClientHttp2Stream } from "node:http2";
import { afterAwake } from "./awake-time.ts";
import { cancelStream } from "./cancel-stream.ts";
import type { ClientSettings } from "./client-options.ts";
import type { Body } from "./request-body.ts";

/**
 * The response is whole, and the request may not be (RFC 9113 §8.1): what becomes of the rest of its body. After an answer that is no success it is
 * not wanted; Go stops there as well, from status 300 on (net/http's Transport). Else it goes on for as long as the server takes any of it: one
 * that takes nothing would hold the stream, and its place in the server's limit, for ever.
 */
export function endUpload(
  { stream, status }: { readonly stream: ClientHttp2Stream; readonly status: number },
  body: Body,
  { clock, pingTimeoutMs }: ClientSettings,
): void {
  if (stream.writableFinished || stream.destroyed) return;
  if (status >= 300) return cancelStream(stream);
  let callOff = (): void => {};
  let before: number | undefined;
  const look = (): void => {
    const taken = body.given - stream.writableLength;
    // The body's own pauses do not count: then nothing waits to be taken.
    if (stream.writableLength > 0 && taken === before) return cancelStream(stream);
    before = taken;
    callOff = afterAwake(clock, pingTimeoutMs, look);
  };
  look();
  stream.once("close", () => callOff());
}

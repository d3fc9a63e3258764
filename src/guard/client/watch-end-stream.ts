import type { ClientHttp2Stream } from "node:http2";

/**
 * Tells whether the peer ended its side with END_STREAM. To be called when the request is made. Node gives `end` to a response that was cut
 * off as well, with code 0 where the session was destroyed without one or RST_STREAM bore NO_ERROR. But it pushes the end to a stream that is
 * still open for END_STREAM alone, and to one closed or destroyed for every cut (seen on Node 22.23 and 24.21, whole and cut in 32 ways).
 */
export function watchEndStream(stream: ClientHttp2Stream): () => boolean {
  let ended: boolean | undefined;
  const { push } = stream;
  stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk === null) ended ??= !stream.closed && !stream.destroyed;
    return push.call(stream, chunk, encoding);
  };
  return () => ended === true;
}

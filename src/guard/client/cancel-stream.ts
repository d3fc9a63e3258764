import type { ClientHttp2Stream } from "node:http2";

/** CANCEL (RFC 9113 §7), at once: `close` by itself waits for a peer that has stopped reading to take what was written. */
export function cancelStream(stream: ClientHttp2Stream): void {
  if (!stream.closed) stream.close(0x08);
  stream.destroy();
}

import type { ClientHttp2Stream } from "node:http2";
import { Readable } from "node:stream";
import { cancelStream } from "./cancel-stream.ts";

export interface ResponseBodyFacts {
  /** Whether END_STREAM came. */
  readonly ended: () => boolean;
  /** By `content-length`; undefined where it says nothing of the body. */
  readonly length: number | undefined;
  /** Why it broke off. */
  readonly explain: () => Error;
  /** Called when it has come to its end. */
  readonly onWhole: () => void;
}

/**
 * The body of a response. Node's own stream can't be handed on: once its peer has closed it, `closed` is true while its bytes wait
 * to be read, and `for await` and `pipeline`, begun after that, take it for broken off (seen on Node 22.23 and 24.21); and it ends
 * a body that was cut off as it does a whole one. This also says in a `RequestError` why a body broke off.
 */
export class ResponseBody extends Readable {
  readonly #stream: ClientHttp2Stream;
  #whole = false;

  constructor(stream: ClientHttp2Stream, { ended, length, explain, onWhole }: ResponseBodyFacts) {
    super();
    this.#stream = stream;
    let received = 0;
    stream.pause();
    stream.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (!this.push(chunk)) stream.pause();
    });
    // Whoever does not read the body must not be ended by what becomes of it; reading rejects all the same.
    this.on("error", () => {});
    stream.on("end", () => {
      // nghttp2 holds a body against its content-length where END_STREAM comes (RFC 9113 §8.1.1); this is a second lock on the same door.
      if (!ended() || (length !== undefined && length !== received)) return;
      this.#whole = true;
      this.push(null);
      onWhole();
    });
    stream.on("close", () => {
      if (!this.#whole) this.destroy(explain());
    });
  }

  override _read(): void {
    this.#stream.resume();
  }

  override destroy(error?: Error): this {
    // Node's own call after the end: the rest of the request may still be wanted. Any other, and a second one, is the caller's, who
    // wants no more of either, and the stream's place is free again.
    const byNode = this.readableEnded && !this.destroyed;
    if (!byNode && !this.#stream.destroyed) cancelStream(this.#stream);
    return super.destroy(error);
  }
}

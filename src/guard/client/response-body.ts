import type { ClientHttp2Stream } from "node:http2";
import { Readable } from "node:stream";
import { cancelStream } from "./cancel-stream.ts";

/**
 * The body of a response. Node's own stream can't be handed on: once its peer has closed it, `closed` is true while its bytes wait
 * to be read, and `for await` and `pipeline`, begun after that, take it for broken off (seen on Node 22.23 and 24.21). This also says in a
 * `RequestError` why a body broke off.
 */
export class ResponseBody extends Readable {
  readonly #stream: ClientHttp2Stream;
  #whole = false;

  constructor(stream: ClientHttp2Stream, explain: (cause: unknown) => Error) {
    super();
    this.#stream = stream;
    let failure: unknown;
    let ended = false;
    stream.pause();
    stream.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) stream.pause();
    });
    const finish = (): void => {
      this.#whole = true;
      this.push(null);
    };
    // Whoever does not read the body must not be ended by what becomes of it; reading rejects all the same.
    this.on("error", () => {});
    stream.on("end", () => {
      if (stream.rstCode !== 0 || stream.aborted) return;
      ended = true;
      // Once the request is sent, Node ends a stream that is cut off as it does a whole one, and only `close` brings the code.
      if (!stream.writableEnded) finish();
    });
    stream.on("error", (error) => {
      failure ??= error;
    });
    stream.on("close", () => {
      if (this.#whole) return;
      if (ended && stream.rstCode === 0 && failure === undefined) finish();
      else this.destroy(explain(failure));
    });
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // The caller does not want the rest.
    if (!this.#whole && !this.#stream.closed) cancelStream(this.#stream);
    done(error);
  }
}

import { Readable } from "node:stream";
import type { BodyPieces } from "./request-options.ts";

/** The pieces of a body, and the means to let go of it at any time, also while a piece is waited for. */
export interface Pieces {
  readonly read: AsyncIterable<unknown>;
  readonly letGo: () => void;
}

/**
 * A stream is destroyed, a web stream cancelled, of an iterator `return` is called, once. A generator that waits in its own `await` does not
 * hear that before it comes to its next `yield`: no one can interrupt it (ECMA-262 §27.6.3.2, requests of a generator queue up).
 */
export function readPieces(made: BodyPieces): Pieces {
  const body = made instanceof ReadableStream ? Readable.fromWeb(made, { objectMode: true }) : made;
  if (body instanceof Readable) return { read: body, letGo: () => body.destroy() };
  const iterator = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
  let over = false;
  const letGo = (): void => {
    if (over) return;
    over = true;
    // What it does with that is its own matter.
    void (async () => iterator.return?.())().catch(() => {});
  };
  const read = async function* (): AsyncGenerator<unknown> {
    try {
      for (;;) {
        const { done, value } = await iterator.next();
        if (done === true) break;
        yield await value;
      }
      over = true;
    } catch (error) {
      over = true;
      throw error;
    } finally {
      letGo();
    }
  };
  return { read: read(), letGo };
}

import type { ClientHttp2Stream } from "node:http2";
import { pipeline } from "node:stream/promises";
import { readPieces } from "./read-pieces.ts";
import type { MadeBody, RequestBody } from "./request-options.ts";

/** Bytes are written in pieces of this size, each when there is room, so that a stream holds one of them, however large its body is. */
const PIECE = 65_536;

/** The body of a request, and whether it can be sent once more. */
export class Body {
  /** Bytes given to streams so far. */
  given = 0;
  readonly #body: RequestBody | undefined;
  #begun = false;
  #lastMade: MadeBody;

  constructor(body: RequestBody | undefined) {
    // JavaScript callers say null for none.
    this.#body = body ?? undefined;
  }

  get isEmpty(): boolean {
    return this.#body === undefined;
  }

  get replayable(): boolean {
    const body = this.#body;
    return body === undefined || typeof body === "function" || isBytes(body) || !this.#begun;
  }

  /** `onBroken` is called if the body itself fails, not if the stream ends under it. */
  writeTo(stream: ClientHttp2Stream, onBroken: (error: unknown) => void): void {
    this.#begun = true;
    const body = this.#body;
    if (isBytes(body) && body.length <= PIECE / 4) {
      const bytes = bytesOf(body);
      this.given += bytes.length;
      stream.end(bytes);
      return;
    }
    const make = (): Promise<MadeBody> => this.#make();
    const give = (bytes: string | Uint8Array): Generator<Buffer> => this.#give(bytesOf(bytes));
    let over = false;
    let letGo = (): void => {};
    // Its caller's body is not held by a stream that is gone, though no piece of it comes.
    stream.once("close", () => {
      over = true;
      letGo();
    });
    const watched = async function* (): AsyncGenerator<unknown> {
      try {
        const made = await make();
        if (made === undefined || made === null) return;
        if (isBytes(made)) return yield* give(made);
        const pieces = readPieces(made);
        letGo = pieces.letGo;
        if (over) return letGo();
        for await (const piece of pieces.read) {
          if (isBytes(piece)) yield* give(piece);
          else throw new TypeError(`a piece of the body is a ${typeof piece}: give strings or bytes`);
        }
      } catch (error) {
        if (!over) onBroken(error);
        throw error;
      }
    };
    // Where the stream ended first, its own ending says why.
    pipeline(watched, stream).catch(() => {});
  }

  *#give(bytes: Buffer): Generator<Buffer> {
    for (let at = 0; at < bytes.length; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE);
      this.given += piece.length;
      yield piece;
    }
  }

  async #make(): Promise<MadeBody> {
    if (typeof this.#body !== "function") return this.#body;
    const made = await this.#body();
    const spent = typeof made === "object" && !isBytes(made) && made === this.#lastMade;
    if (spent) throw new Error("the body's function gave what was read already: it has to make a new one each time");
    this.#lastMade = made;
    return made;
  }
}

/** Whether a body can be read at all. */
export function isBody(body: unknown): body is RequestBody | undefined {
  if (body === undefined || body === null || typeof body === "function" || isBytes(body)) return true;
  return typeof body === "object" && (Symbol.asyncIterator in body || Symbol.iterator in body);
}

function isBytes(body: unknown): body is string | Uint8Array {
  return typeof body === "string" || ArrayBuffer.isView(body);
}

/** Of any view, as bytes. */
function bytesOf(body: string | Uint8Array): Buffer {
  return typeof body === "string" ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

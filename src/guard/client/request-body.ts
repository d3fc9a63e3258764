import type { ClientHttp2Stream } from "node:http2";
import { pipeline } from "node:stream/promises";
import type { MadeBody, RequestBody } from "./request-options.ts";

/** Bytes are written in pieces of this size, each when there is room, so that a stream holds one of them, however large its body is. */
const PIECE = 65_536;

/** The body of a request, and whether it can be sent once more. */
export class Body {
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
      stream.end(bytesOf(body));
      return;
    }
    const make = (): Promise<MadeBody> => this.#make();
    const watched = async function* (): AsyncGenerator<unknown> {
      try {
        const made = await make();
        if (made === undefined || made === null) return;
        for await (const piece of isBytes(made) ? [made] : made) {
          if (isBytes(piece)) yield* cut(bytesOf(piece));
          else throw new TypeError(`a piece of the body is a ${typeof piece}: give strings or bytes`);
        }
      } catch (error) {
        onBroken(error);
        throw error;
      }
    };
    // Where the stream ended first, its own ending says why.
    pipeline(watched, stream).catch(() => {});
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

function* cut(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

import { type Direction, other } from "../payload/chunk.ts";

/** Initial window of a connection and of its streams (RFC 9113 §6.9.2). */
const INITIAL = 65_535;
/** Streams whose windows are followed at once. */
const MOST_STREAMS = 4096;

/**
 * What each end may still send (RFC 9113 §5.2), as the frames say: DATA takes, WINDOW_UPDATE of the
 * other end gives. Only a connection captured from its first byte can be followed.
 */
export class FlowControl {
  readonly #connection: [number, number] = [INITIAL, INITIAL];
  /** Initial stream window of what each direction sends: the other end's setting. */
  readonly #initial: [number, number] = [INITIAL, INITIAL];
  readonly #streams: readonly [Map<number, number>, Map<number, number>] = [new Map(), new Map()];
  #known = true;

  /** Bytes were lost: the windows are not known any more. */
  giveUp(): void {
    this.#known = false;
    for (const streams of this.#streams) streams.clear();
  }

  /** A DATA frame was sent; gives what is left, if that is known. */
  sent(direction: Direction, streamId: number, length: number): { connection: number; stream: number } | undefined {
    if (!this.#known) return undefined;
    const streams = this.#streams[direction];
    const stream = (streams.get(streamId) ?? this.#initial[direction]) - length;
    if (streams.has(streamId) || streams.size < MOST_STREAMS) streams.set(streamId, stream);
    this.#connection[direction] -= length;
    return { connection: this.#connection[direction], stream };
  }

  /** WINDOW_UPDATE sent in this direction widens what the other end may send; stream 0 is the connection. */
  updated(direction: Direction, streamId: number, increment: number): void {
    if (!this.#known) return;
    const sender = other(direction);
    if (streamId === 0) {
      this.#connection[sender] += increment;
      return;
    }
    const streams = this.#streams[sender];
    const now = streams.get(streamId) ?? this.#initial[sender];
    if (streams.has(streamId) || streams.size < MOST_STREAMS) streams.set(streamId, now + increment);
  }

  /** SETTINGS_INITIAL_WINDOW_SIZE sent in this direction moves every stream window of the other (RFC 9113 §6.9.2). */
  initialWindow(direction: Direction, size: number): void {
    const sender = other(direction);
    const change = size - this.#initial[sender];
    this.#initial[sender] = size;
    const streams = this.#streams[sender];
    for (const [id, window] of streams) streams.set(id, window + change);
  }

  /** A stream that is over is followed no more. */
  closed(streamId: number): void {
    for (const streams of this.#streams) streams.delete(streamId);
  }
}

import type { Nanoseconds } from "../../net/time.ts";
import type { Direction } from "../payload/chunk.ts";
import type { Field, Frame } from "./frame.ts";
import { REFUSED_STREAM } from "./names.ts";

/** How a stream ended: both ends were done; one reset it; the connection's GOAWAY left it unprocessed; not seen. */
export type StreamEnd = "complete" | "reset" | "open";

/** A request and its answer on one HTTP/2 stream (RFC 9113 §5.1). Text is not safe to print. */
export interface StreamLife {
  readonly id: number;
  /** Who opened it. */
  readonly opener: Direction;
  readonly opened: number;
  /** The packet of the latest frame. */
  readonly last: number;
  /** When these packets came; absent where a stream began with an Upgrade. (Packets in the middle of a long flow are not kept elsewhere.) */
  readonly openedTime: Nanoseconds | undefined;
  readonly lastTime: Nanoseconds | undefined;
  readonly end: StreamEnd;
  /** Of a reset stream: who reset it and why. */
  readonly reset:
    | { readonly direction: Direction; readonly errorCode: number; readonly packet: number; readonly time: Nanoseconds }
    | undefined;
  /** Frames of each direction with END_STREAM seen. */
  readonly ended: readonly [boolean, boolean];
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly status: string | undefined;
  /** Octets of DATA payload each way. */
  readonly octets: readonly [number, number];
  /** The packet of the first frame that came back. */
  readonly answered: number | undefined;
  /** REFUSED_STREAM: not processed, safe to repeat (RFC 9113 §8.7). */
  readonly refused: boolean;
}

type Growing = { -readonly [K in keyof StreamLife]: StreamLife[K] } & {
  ended: [boolean, boolean];
  octets: [number, number];
};

/** Streams kept of one connection; the rest is counted. */
const MOST_STREAMS = 4096;

/** Follows the streams of a connection. */
export class Streams {
  readonly #streams = new Map<number, Growing>();
  #omitted = 0;

  /** Streams in the order they were opened. */
  list(): readonly StreamLife[] {
    return [...this.#streams.values()];
  }

  /** Streams beyond the bound. */
  get omitted(): number {
    return this.#omitted;
  }

  /** Takes a frame of a stream in. True when the stream is over with it. */
  frame(frame: Frame): boolean {
    const stream = this.#of(frame);
    if (stream === undefined) return false;
    stream.last = frame.packet;
    stream.lastTime = frame.time;
    if (frame.direction !== stream.opener) stream.answered ??= frame.packet;
    if (frame.fields !== undefined) takeFields(stream, frame.fields.fields);
    const { body, direction } = frame;
    if (body.kind === "data") stream.octets[direction] += frame.length;
    if (body.kind === "rst-stream") {
      stream.end = "reset";
      stream.reset ??= { direction, errorCode: body.errorCode, packet: frame.packet, time: frame.time };
      stream.refused ||= body.errorCode === REFUSED_STREAM;
      return true;
    }
    if ((body.kind === "data" || body.kind === "headers") && body.endStream) stream.ended[direction] = true;
    if (stream.end !== "open" || !stream.ended[0] || !stream.ended[1]) return false;
    stream.end = "complete";
    return true;
  }

  /** The request of an Upgrade is stream 1, already half-closed (RFC 7540 §3.2). */
  upgraded({
    client,
    packet,
    method,
    path,
  }: {
    readonly client: Direction;
    readonly packet: number;
    readonly method: string;
    readonly path: string;
  }): void {
    const stream = fresh(1, client, packet);
    stream.ended[client] = true;
    stream.method = method;
    stream.path = path;
    this.#streams.set(1, stream);
  }

  #of({ streamId, type, direction, packet, time }: Frame): Growing | undefined {
    const known = this.#streams.get(streamId);
    if (known !== undefined || streamId === 0) return known;
    // PRIORITY and late WINDOW_UPDATE or RST_STREAM open nothing.
    if (type > 1) return undefined;
    if (this.#streams.size >= MOST_STREAMS) {
      this.#omitted++;
      return undefined;
    }
    const stream = fresh(streamId, direction, packet, time);
    this.#streams.set(streamId, stream);
    return stream;
  }
}

function fresh(id: number, opener: Direction, packet: number, time?: Nanoseconds): Growing {
  return {
    id,
    opener,
    opened: packet,
    last: packet,
    openedTime: time,
    lastTime: time,
    end: "open",
    reset: undefined,
    ended: [false, false],
    method: undefined,
    path: undefined,
    status: undefined,
    octets: [0, 0],
    answered: undefined,
    refused: false,
  };
}

function takeFields(stream: Growing, fields: readonly Field[]): void {
  for (const { name, value } of fields) {
    if (name === ":method") stream.method ??= value;
    else if (name === ":path") stream.path ??= value;
    // The last status counts: informational ones come before it (RFC 9113 §8.1).
    else if (name === ":status") stream.status = value;
  }
}

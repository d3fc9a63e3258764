import type { Nanoseconds } from "../../net/time.ts";
import type { Direction } from "../payload/chunk.ts";
import type { StreamLife } from "./streams.ts";

/** A PING and its answer (RFC 9113 §6.7). */
export interface Ping {
  readonly packet: number;
  readonly time: Nanoseconds;
  readonly direction: Direction;
  /** The 8 opaque bytes in hexadecimal. */
  readonly opaque: string;
  readonly answer: { readonly packet: number; readonly time: Nanoseconds } | undefined;
}

/** A GOAWAY (RFC 9113 §6.8). */
export interface GoAway {
  readonly packet: number;
  readonly time: Nanoseconds;
  readonly direction: Direction;
  readonly lastStreamId: number;
  readonly errorCode: number;
  /** At most its first 1,024 bytes. Not safe to print. */
  readonly debugData: Uint8Array;
}

/** An HTTP/2 connection as a whole. */
export interface Http2Summary {
  /** The direction that sent the connection preface or asked for the upgrade. */
  readonly client: Direction | undefined;
  readonly frames: number;
  /** The latest value of each setting that each direction sent. */
  readonly settings: readonly [ReadonlyMap<number, number>, ReadonlyMap<number, number>];
  readonly streams: readonly StreamLife[];
  readonly streamsOmitted: number;
  readonly pings: readonly Ping[];
  readonly goAways: readonly GoAway[];
}

import type { Nanoseconds } from "../../net/time.ts";

/** 0: from the end that sent the flow's first packet; 1: from the other. */
export type Direction = 0 | 1;

/** Bytes of a stream in order, and the packet that made them known. */
export interface Chunk {
  readonly bytes: Uint8Array;
  /** Wireshark's packet number. */
  readonly packet: number;
  readonly time: Nanoseconds;
}

/** Bytes of a stream that the capture does not hold. */
export interface Gap {
  readonly length: number;
  /** The packet after which they are known to be missing. */
  readonly packet: number;
  readonly time: Nanoseconds;
}

/** Takes both directions of a conversation in; a layer hands what it finds inside to the next. */
export interface Layer {
  data(direction: Direction, chunk: Chunk): void;
  gap(direction: Direction, gap: Gap): void;
  /** Nothing more comes from this direction. */
  end(direction: Direction): void;
}

export const other = (direction: Direction): Direction => (direction === 0 ? 1 : 0);

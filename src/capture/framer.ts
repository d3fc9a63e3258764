import type { ProblemTally } from "../net/problem.ts";
import type { CaptureFormat } from "./batch.ts";
import type { PacketRows } from "./packet-rows.ts";

/** Packets larger than this are taken for damage (Wireshark's limit for network captures is 256 KiB). */
export const LARGEST_PACKET: number = 16 * 1024 * 1024;

/** A length field above this is believed only if the file's own snapshot length allows it. */
export const USUAL_LARGEST_PACKET = 262_144;

/**
 * Finds packets in the bytes of one capture format. A framer is pure: it is given bytes, fills
 * rows, and says how far it came. It never throws, whatever the bytes are.
 */
export interface Framer {
  readonly format: CaptureFormat;
  /** Nothing more will be read: the format is damaged or unsupported; the problems say why. */
  readonly stopped: boolean;
  /** Bytes needed from the position returned by `frame` before the next record can be read. */
  readonly wanted: number;
  readonly problems: ProblemTally;
  readonly about: Record<string, string>;
  readonly names: Map<string, string>;
  readonly secrets: Uint8Array[];

  /**
   * Appends the records of `rows.bytes[from, end)` to `rows` until bytes or rows run out. Returns
   * the position of the first byte not used. `base` is the position in the (inflated) file of byte 0.
   */
  frame(rows: PacketRows, from: number, end: number, base: number): number;

  /** Tells that the file ended with `leftover` bytes not used, at file position `at`. */
  finish(leftover: number, at: number): void;
}

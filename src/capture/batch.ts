import type { Problem } from "../net/problem.ts";
import type { Instant } from "../net/time.ts";

export type { Problem } from "../net/problem.ts";

/**
 * A run of packets handed out together: one chunk of file bytes and, for each packet, where it lies.
 * The reader reuses every array for the next batch, so whoever wants to keep something copies it.
 * No object is made for a packet.
 */
export interface PacketBatch {
  /** The bytes that the offsets point into; valid until the next batch. */
  bytes: Uint8Array;
  /** A view over exactly `bytes` (same offset 0). */
  view: DataView;
  /** How many packets the batch holds. */
  count: number;
  /** Wireshark's number of the first packet: 1 for the first packet of the file. */
  firstNumber: number;
  /** For each packet: where its captured bytes start in `bytes`. */
  offset: Int32Array;
  /** For each packet: how many bytes were captured. */
  captured: Int32Array;
  /** For each packet: how long it was on the wire (at least `captured` in a sane file). */
  wireLength: Int32Array;
  /** For each packet: nanoseconds since `epoch` (may be negative when a clock stepped back). */
  time: Float64Array;
  /** For each packet: the pcap link type (LINKTYPE_ETHERNET is 1), or `LINK_NONE`. */
  linkType: Uint16Array;
  /** The wall-clock instant of time 0: the time of the capture's first packet. */
  epoch: Instant;
}

/** Link type of a record that Wireshark numbers but that holds no packet (a pcapng custom block). */
export const LINK_NONE = 0xffff;

/** Capture formats that are read. */
export type CaptureFormat = "pcap" | "pcapng" | "snoop" | "netmon" | "netxray";

/** How a file is compressed. */
export type Compression = "none" | "gzip" | "zstd";

/** What a capture said of itself and what could not be read. */
export interface CaptureSummary {
  /** Format found by content. */
  readonly format: CaptureFormat;
  readonly compression: Compression;
  /** Packets handed out. */
  readonly packets: number;
  readonly epoch: Instant;
  /** Nanoseconds from the epoch of the earliest and latest packet; 0 when there is none. */
  readonly from: number;
  readonly to: number;
  /** Bytes of the file as read (before inflating). */
  readonly fileBytes: number;
  /** Link types seen, in order of first appearance. */
  readonly linkTypes: readonly number[];
  /** Not safe to print as it is (net/printable.ts): text of interfaces, hardware, OS and application fields of pcapng, where given. */
  readonly about: Readonly<Record<string, string>>;
  /** Not safe to print as it is: name-resolution records of pcapng, address to name. */
  readonly names: ReadonlyMap<string, string>;
  /** Bytes of TLS key log found in decryption-secrets blocks; never written out. */
  readonly secrets: readonly Uint8Array[];
  /** Everything that could not be read, each with how often. */
  readonly problems: readonly Problem[];
}

import type { Nanoseconds } from "../../net/time.ts";
import type { Malformed } from "../malformed.ts";
import type { Direction } from "../payload/chunk.ts";

/** A header field. Not safe to print; may hold secrets of whoever was captured. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

/** The fields of a header block as far as they are kept. */
export interface FieldList {
  readonly fields: readonly Field[];
  /** Fields beyond what is kept. */
  readonly omitted: number;
}

/** What a frame says (RFC 9113 §6), by type. */
export type FrameBody =
  | { readonly kind: "data"; readonly endStream: boolean; readonly padding: number }
  | { readonly kind: "headers"; readonly endStream: boolean; readonly endHeaders: boolean; readonly block: Uint8Array }
  | { readonly kind: "priority"; readonly dependsOn: number; readonly weight: number; readonly exclusive: boolean }
  | { readonly kind: "rst-stream"; readonly errorCode: number }
  | { readonly kind: "settings"; readonly ack: boolean; readonly settings: readonly (readonly [number, number])[] }
  | {
      readonly kind: "push-promise";
      readonly promised: number;
      readonly endHeaders: boolean;
      readonly block: Uint8Array;
    }
  | { readonly kind: "ping"; readonly ack: boolean; readonly opaque: string }
  | {
      readonly kind: "goaway";
      readonly lastStreamId: number;
      readonly errorCode: number;
      /** Additional debug data, at most its first 1,024 bytes. */
      readonly debugData: Uint8Array;
    }
  | { readonly kind: "window-update"; readonly increment: number }
  | { readonly kind: "continuation"; readonly endHeaders: boolean; readonly block: Uint8Array }
  | { readonly kind: "unknown" }
  /** The frame's bytes were not all captured. */
  | { readonly kind: "missing" }
  | Malformed;

/** An HTTP/2 frame as captured. */
export interface Frame {
  readonly kind: "http2-frame";
  /** The packets with its first and with its last byte (of TLS: of the record that held it). */
  readonly firstPacket: number;
  readonly packet: number;
  readonly time: Nanoseconds;
  readonly direction: Direction;
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  /** Length of the payload. */
  readonly length: number;
  /** A header block is not kept here: see `fields`. */
  readonly body: FrameBody;
  /** The fields of the header block that this frame completes; undefined when it could not be decompressed. */
  readonly fields?: FieldList | undefined;
  /** Octets the sender might still have sent after this DATA frame, where both windows are known (RFC 9113 §5.2). */
  readonly windows?: { readonly connection: number; readonly stream: number };
}

import type { Nanoseconds } from "../../net/time.ts";
import type { Direction } from "../payload/chunk.ts";

/** A header field as sent, without surrounding blanks. Not safe to print; may hold secrets of whoever was captured. */
export interface HeaderField {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

/** The head of an HTTP/1 message (RFC 9112 §2). */
export type Head =
  | {
      readonly kind: "request";
      readonly method: string;
      readonly target: string;
      /** 0 or 1: HTTP/1.0 or HTTP/1.1. */
      readonly minor: number;
      readonly fields: readonly HeaderField[];
    }
  | {
      readonly kind: "response";
      readonly status: number;
      readonly reason: string;
      readonly minor: number;
      readonly fields: readonly HeaderField[];
    };

/** How the end of a body is known (RFC 9112 §6.3). */
export type Framing = "none" | "length" | "chunked" | "until-close" | "tunnel";

/** An HTTP/1 message as captured. */
export interface HttpMessage {
  readonly kind: "http1-message";
  readonly direction: Direction;
  /** Packets with the first byte and with the end of the head. */
  readonly firstPacket: number;
  readonly packet: number;
  /** The packet with the last byte of the whole message. */
  readonly lastPacket: number;
  readonly time: Nanoseconds;
  readonly endTime: Nanoseconds;
  readonly head: Head;
  readonly framing: Framing;
  /** Bytes of the body, without the framing of chunks. */
  readonly bodyBytes: number;
  /** False when the capture or the connection ended, or bytes are missing, before the message was whole. */
  readonly complete: boolean;
  /** Whether the connection stays open afterwards, as this end says (RFC 9112 §9.3). */
  readonly persistent: boolean;
  /** `Keep-Alive: timeout=5, max=100` (RFC 2068 §19.7.1.1); seconds, requests. */
  readonly keepAlive: { readonly timeout: number | undefined; readonly max: number | undefined } | undefined;
  /** The requests before it on the connection that had no whole answer yet when it began: pipelining. */
  readonly unanswered: number;
}

/** The value of a header, all its lines joined (RFC 9110 §5.3). */
export function headerOf(head: Head, name: string): string | undefined {
  const values = head.fields.filter((field) => field.name === name).map((field) => field.value);
  return values.length === 0 ? undefined : values.join(", ");
}

/** Whether a list header has this member, ignoring case. */
export function hasToken(head: Head, name: string, token: string): boolean {
  return (headerOf(head, name) ?? "").split(",").some((member) => member.trim().toLowerCase() === token);
}

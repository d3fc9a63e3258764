/** The survey's glance at payload: who speaks TLS or HTTP/2 in the clear, and what in it calls for a closer look. */
import type { FlowTable } from "./flow-table.ts";
import { C_HELLO, D_BYTES, DIR_A, DIR_B, FL_HTTP2, FL_SUSPECT, FL_TLS } from "./layout.ts";

/** The client preface begins with `PRI ` (RFC 9113 §3.4). */
const PRI = 0x50524920;
/** A TLS handshake record, major version 3 (RFC 8446 §5.1). */
const HANDSHAKE = 0x1603;
const CLIENT_HELLO = 1;
const ALERT = 0x1503;
/** An HTTP/1 status line begins so (RFC 9112 §4). */
const HTTP = 0x48545450;

/** Takes in the first payload of a direction; gives the flags of the row. */
export function noteFirstPayload(
  page: Int32Array,
  base: number,
  fromB: boolean,
  view: DataView,
  at: number,
  end: number,
  rowFlags: number,
): number {
  if (end < at + 6) return rowFlags;
  const word = view.getUint32(at);
  if (word === PRI) return rowFlags | FL_HTTP2;
  if (word >>> 16 === ALERT || (word === HTTP && isRefusal(view, at, end, rowFlags))) return rowFlags | FL_SUSPECT;
  if (view.getUint16(at) !== HANDSHAKE || view.getUint8(at + 5) !== CLIENT_HELLO) return rowFlags;
  const record = view.getUint16(at + 3) + 5;
  page[base + C_HELLO] = fromB ? -record : record;
  return rowFlags | FL_TLS;
}

/** An HTTP/1 answer to TLS or HTTP/2, or a first answer that calls the request bad (RFC 9110 §15.5.1): perhaps another protocol was meant. */
function isRefusal(view: DataView, at: number, end: number, rowFlags: number): boolean {
  if ((rowFlags & (FL_TLS | FL_HTTP2)) !== 0) return true;
  return end >= at + 12 && view.getUint8(at + 9) === 0x34 && view.getUint16(at + 10) === 0x3030;
}

/** A TLS alert in the clear: record type, version, length 2 (RFC 8446 §6). Encrypted ones are longer. */
export function isPlainAlert(view: DataView, at: number): boolean {
  return view.getUint16(at) === ALERT && view.getUint16(at + 3) === 2;
}

/** Frames looked at in one segment. */
const MOST_FRAMES = 16;
const RST_STREAM = 3;
const GOAWAY = 7;
const LAST_TYPE = 9;
/** No error and CANCEL (RFC 9113 §7): what clients say every day. */
const EVERYDAY = [0, 8];

/**
 * Whether a segment that begins with an HTTP/2 frame holds a GOAWAY, or a RST_STREAM that says more than that somebody
 * lost interest (RFC 9113 §6.4, §6.8). A guess from one segment: the zoom reads the frames.
 */
export function hasFarewellFrame(view: DataView, at: number, end: number): boolean {
  let from = at;
  for (let i = 0; i < MOST_FRAMES && from + 13 <= end; i++) {
    const word = view.getUint32(from);
    const type = word & 0xff;
    if (type > LAST_TYPE) return false;
    if (type === GOAWAY && (view.getUint32(from + 5) & 0x7fffffff) === 0) return true;
    if (type === RST_STREAM && word >>> 8 === 4 && !EVERYDAY.includes(view.getUint32(from + 9))) return true;
    from += 9 + (word >>> 8);
  }
  return false;
}

/** The least that a client sends to finish a handshake: a TLS 1.3 Finished in its record (RFC 8446 §4.4.4, §5.2). */
const LEAST_FINISH = 58;

/** Whether a flow that closes now spoke TLS and its client never sent enough to have finished the handshake. */
export function isUnfinishedHandshake(table: FlowTable, row: number): boolean {
  const page = table.page(row);
  const base = table.base(row);
  const hello = page[base + C_HELLO] as number;
  if (hello === 0) return false;
  const sent = table.doublePage(row)[(base + (hello < 0 ? DIR_B : DIR_A) + D_BYTES) >> 1] as number;
  return sent - Math.abs(hello) < LEAST_FINISH;
}

/** The survey's rare path for the end of flows, and for headers that tell nothing. */
import { ACK, FIN, RST } from "../net/tcp-flags.ts";
import { EV_DATA_AFTER_CLOSE, EV_FIN, EV_RST, EV_RST_UNACCEPTABLE } from "./events.ts";
import type { FlowTable } from "./flow-table.ts";
import {
  C_FIN,
  C_RST,
  D_BYTES,
  D_FLAGS,
  D_LAST_ACK,
  D_LAST_PACKET,
  D_LAST_TIME,
  D_NEXT,
  D_PACKETS,
  DF_ACK,
  DF_FIN,
  DF_RST,
  DIR_A,
  DIR_B,
  FL_A_IS_HIGH,
  FL_DATA_AFTER_CLOSE,
  FL_FIN_A,
  FL_FIN_B,
  FL_HEADERLESS,
  FL_RST,
  FL_SUSPECT,
  FL_TLS,
  H_FIRST_PACKET,
  H_FIRST_TIME,
  H_FLAGS,
  H_LAST_PACKET,
} from "./layout.ts";
import { isUnfinishedHandshake } from "./survey-speech.ts";

/** FIN, RST, and data around them. */
export function takeClosing(
  table: FlowTable,
  row: number,
  fromB: boolean,
  flags: number,
  seq: number,
  segment: number,
  advance: number,
  packet: number,
): void {
  const page = table.page(row);
  const base = table.base(row);
  const side = fromB ? 1 : 0;
  const f = base + (fromB ? DIR_B : DIR_A);
  const r = base + (fromB ? DIR_A : DIR_B);
  const mine = page[f + D_FLAGS] as number;
  const theirs = page[r + D_FLAGS] as number;
  let rowFlags = page[base + H_FLAGS] as number;
  if (segment > 0 && advance >= 0 && ((mine & DF_FIN) !== 0 || (theirs & (DF_FIN | DF_RST)) !== 0)) {
    if ((mine & DF_FIN) !== 0 || (theirs & DF_RST) !== 0) table.note(row, EV_DATA_AFTER_CLOSE, packet, fromB, 0);
    rowFlags |= FL_DATA_AFTER_CLOSE;
  }
  if ((flags & FIN) !== 0) {
    if (page[base + C_FIN + side] === 0) page[base + C_FIN + side] = packet;
    else table.note(row, EV_FIN, packet, fromB, 0);
    page[f + D_FLAGS] = mine | DF_FIN;
    rowFlags |= fromB ? FL_FIN_B : FL_FIN_A;
  }
  if ((flags & RST) !== 0) {
    if (page[base + C_RST + side] === 0) page[base + C_RST + side] = packet;
    else table.note(row, EV_RST, packet, fromB, 0);
    // Acceptable to its receiver (RFC 5961 §3.2) when it is the number the receiver said it expects next.
    if ((theirs & DF_ACK) !== 0 && seq !== page[r + D_LAST_ACK] && seq !== page[f + D_NEXT] && (flags & ACK) === 0) {
      table.note(row, EV_RST_UNACCEPTABLE, packet, fromB, (seq - (page[r + D_LAST_ACK] as number)) | 0);
    }
    const orderly = (rowFlags & (FL_FIN_A | FL_FIN_B)) === (FL_FIN_A | FL_FIN_B);
    const ownClose = (mine & DF_FIN) !== 0 && (rowFlags & FL_DATA_AFTER_CLOSE) === 0;
    if (!orderly && !ownClose) rowFlags |= FL_SUSPECT;
    if ((rowFlags & FL_DATA_AFTER_CLOSE) !== 0) rowFlags |= FL_SUSPECT;
    page[f + D_FLAGS] = (page[f + D_FLAGS] as number) | DF_RST;
    rowFlags |= FL_RST;
  }
  if ((rowFlags & FL_TLS) !== 0 && isUnfinishedHandshake(table, row)) rowFlags |= FL_SUSPECT;
  page[base + H_FLAGS] = rowFlags;
}

/** A TCP header without flags, cut by the snap length: counted, nothing else. */
export function takeHeaderless(
  table: FlowTable,
  row: number,
  fromHigh: boolean,
  packet: number,
  now: number,
  segment: number,
): void {
  const page = table.page(row);
  const doubles = table.doublePage(row);
  const base = table.base(row);
  const flags = page[base + H_FLAGS] as number;
  const f = base + (fromHigh !== ((flags & FL_A_IS_HIGH) !== 0) ? DIR_B : DIR_A);
  page[f + D_PACKETS] = (page[f + D_PACKETS] as number) + 1;
  page[f + D_LAST_PACKET] = packet;
  doubles[(f + D_LAST_TIME) >> 1] = now;
  doubles[(f + D_BYTES) >> 1] = (doubles[(f + D_BYTES) >> 1] as number) + segment;
  page[base + H_FLAGS] = flags | FL_HEADERLESS;
  page[base + H_LAST_PACKET] = packet;
  if (page[base + H_FIRST_PACKET] === 0) {
    page[base + H_FIRST_PACKET] = packet;
    doubles[(base + H_FIRST_TIME) >> 1] = now;
  }
}

/** The survey's rare path for the beginning of flows: new four-tuples, SYNs, ports used again. */
import { ACK } from "../net/tcp-flags.ts";
import { readTcpOptions } from "../wire/tcp-options.ts";
import { EV_PORT_REUSED, EV_SYN, EV_SYN_ACK, EV_SYN_ON_OPEN_FLOW } from "./events.ts";
import type { FlowTable } from "./flow-table.ts";
import {
  C_SYN,
  C_SYN_TIME,
  D_BASE,
  D_FLAGS,
  D_PACKETS,
  D_WINDOW,
  DF_BASE,
  DF_DATA,
  DF_FIN,
  DF_RST,
  DF_SCALE_KNOWN,
  DF_SCALE_OFFERED,
  DF_SCALE_SHIFT,
  DIR_A,
  DIR_B,
  FL_A_IS_HIGH,
  FL_DATA_AFTER_CLOSE,
  FL_FIN_A,
  FL_FIN_B,
  FL_IPV6,
  FL_OVERTAKEN,
  FL_REUSED,
  FL_RST,
  FL_SELF,
  FL_SUSPECT,
  FL_SYN_A,
  FL_SYN_ACK,
  FL_SYN_B,
  H_FLAGS,
  H_HIGH,
  H_LOW,
  H_PORTS,
  H_PREVIOUS,
} from "./layout.ts";

/** A new row for a four-tuple seen for the first time, entered in the index. */
export function openFlow(
  table: FlowTable,
  ipv6: boolean,
  low: number,
  high: number,
  ports: number,
  fromHigh: boolean,
): number {
  const row = table.enter(ipv6, low, high, ports);
  fillKey(table, row, low, high, ports, (fromHigh ? FL_A_IS_HIGH : 0) | (ipv6 ? FL_IPV6 : 0));
  return row;
}

/**
 * A SYN. One with a new initial number starts a new flow on the same four-tuple (a new
 * `tcp.stream`), and the old one may have been open: that is where connections get lost.
 * Returns the row the packet belongs to.
 */
export function takeSyn(
  table: FlowTable,
  row: number,
  fromHigh: boolean,
  flags: number,
  seq: number,
  packet: number,
  now: number,
  view: DataView,
  tcp: number,
  header: number,
  end: number,
): number {
  let page = table.page(row);
  let base = table.base(row);
  let rowFlags = page[base + H_FLAGS] as number;
  let fromB = fromHigh !== ((rowFlags & FL_A_IS_HIGH) !== 0);
  let f = base + (fromB ? DIR_B : DIR_A);
  let r = base + (fromB ? DIR_A : DIR_B);
  const known = ((page[f + D_FLAGS] as number) & DF_BASE) !== 0;
  const initial = page[f + D_BASE] as number;
  if ((flags & ACK) === 0) {
    if (known && seq !== initial) {
      row = reuseTuple(table, row, fromHigh, packet, seq);
      page = table.page(row);
      base = table.base(row);
      rowFlags = page[base + H_FLAGS] as number;
      fromB = false;
      f = base + DIR_A;
      r = base + DIR_B;
    }
    rowFlags |= fromB ? FL_SYN_B : FL_SYN_A;
    if (page[base + C_SYN + (fromB ? 1 : 0)] === 0) {
      table.doublePage(row)[(base + C_SYN_TIME) >> 1] = now;
    }
  } else {
    if (known && seq !== initial) {
      table.note(row, EV_PORT_REUSED, packet, fromB, initial);
      page[f + D_BASE] = seq;
      // What ended before was the connection that answered until now: this one opens, and may be overtaken in its turn.
      rowFlags &= ~(FL_RST | FL_FIN_A | FL_FIN_B | FL_DATA_AFTER_CLOSE);
      for (const side of [f, r]) page[side + D_FLAGS] = (page[side + D_FLAGS] as number) & ~(DF_FIN | DF_RST);
    }
    // Asked again although the client has sent data: the listen queue may be full (TCP_DEFER_ACCEPT waits for data).
    if (known && seq === initial && ((page[r + D_FLAGS] as number) & DF_DATA) !== 0) rowFlags |= FL_SUSPECT;
    rowFlags |= FL_SYN_ACK;
  }
  page[base + H_FLAGS] = rowFlags;
  const slot = base + C_SYN + (fromB ? 1 : 0);
  if (page[slot] === 0) page[slot] = packet;
  else table.note(row, (flags & ACK) !== 0 ? EV_SYN_ACK : EV_SYN, packet, fromB, 0);
  takeWindowScale(page, f, r, flags, view, tcp + 20, Math.min(tcp + header, end));
  return row;
}

/** The next flow of a four-tuple: a new row that the index points at from now on. */
function reuseTuple(table: FlowTable, row: number, fromHigh: boolean, packet: number, seq: number): number {
  const oldPage = table.page(row);
  const oldBase = table.base(row);
  const oldFlags = oldPage[oldBase + H_FLAGS] as number;
  const low = oldPage[oldBase + H_LOW] as number;
  const high = oldPage[oldBase + H_HIGH] as number;
  const ports = oldPage[oldBase + H_PORTS] as number;
  const next = table.enter((oldFlags & FL_IPV6) !== 0, low, high, ports);
  fillKey(table, next, low, high, ports, (fromHigh ? FL_A_IS_HIGH : 0) | (oldFlags & FL_IPV6) | FL_REUSED);
  table.page(next)[table.base(next) + H_PREVIOUS] = row + 1;
  table.note(next, EV_PORT_REUSED, packet, false, 0);
  const closed = (oldFlags & FL_RST) !== 0 || (oldFlags & (FL_FIN_A | FL_FIN_B)) === (FL_FIN_A | FL_FIN_B);
  if (!closed) {
    // An unanswered attempt that is repeated from the same port is no open flow; one that carried anything is.
    const heard = (direction: number): boolean => (oldPage[oldBase + direction + D_PACKETS] as number) > 0;
    const answered = (oldFlags & FL_SYN_ACK) !== 0 || (heard(DIR_A) && heard(DIR_B));
    if (answered) {
      oldPage[oldBase + H_FLAGS] = oldFlags | FL_OVERTAKEN | FL_SUSPECT;
      const page = table.page(next);
      const base = table.base(next);
      page[base + H_FLAGS] = (page[base + H_FLAGS] as number) | FL_SUSPECT;
      table.note(next, EV_SYN_ON_OPEN_FLOW, packet, false, seq);
    }
  }
  return next;
}

/** The window scale option of a SYN (RFC 7323 §2.2): in force only when both SYNs carry it. */
function takeWindowScale(
  page: Int32Array,
  f: number,
  r: number,
  flags: number,
  view: DataView,
  from: number,
  end: number,
): void {
  const scale = readTcpOptions(view, from, end).windowScale ?? -1;
  const mine = page[f + D_FLAGS] as number;
  const kept = mine & ((1 << DF_SCALE_SHIFT) - 1) & ~DF_SCALE_OFFERED;
  page[f + D_FLAGS] = scale < 0 ? kept : kept | DF_SCALE_OFFERED | (scale << DF_SCALE_SHIFT);
  if ((flags & ACK) === 0) return;
  const both = ((page[f + D_FLAGS] as number) & (page[r + D_FLAGS] as number) & DF_SCALE_OFFERED) !== 0;
  for (const side of [f, r]) {
    const value = page[side + D_FLAGS] as number;
    page[side + D_FLAGS] = (both ? value : value & ((1 << DF_SCALE_SHIFT) - 1)) | DF_SCALE_KNOWN;
  }
}

function fillKey(table: FlowTable, row: number, low: number, high: number, ports: number, flags: number): void {
  const page = table.page(row);
  const base = table.base(row);
  page[base + H_LOW] = low;
  page[base + H_HIGH] = high;
  page[base + H_PORTS] = ports;
  page[base + H_FLAGS] = flags | (low === high ? FL_SELF : 0);
  page[base + DIR_A + D_WINDOW] = -1;
  page[base + DIR_B + D_WINDOW] = -1;
}

/** The survey's rare path for single notable packets. */
import { LOC_ICMP_CODE, LOC_ICMP_TYPE, LOC_IP_OFFSET, LOC_IP_VERSION, LOC_TCP_OFFSET } from "../wire/locate.ts";
import { EV_CHALLENGE_ACK, EV_FOREIGN_ACK, EV_ICMP_ERROR, EV_MIRROR_DUPLICATE } from "./events.ts";
import type { FlowTable } from "./flow-table.ts";
import {
  C_ICMP,
  C_UNANSWERED,
  C_UNANSWERED_SINCE,
  D_FINGERPRINT,
  D_LAST_PACKET,
  DIR_A,
  DIR_B,
  FL_A_IS_HIGH,
  FL_CHALLENGED,
  FL_ESTABLISHED,
  FL_FOREIGN_ACK,
  FL_ICMP,
  FL_SUSPECT,
  FL_SYN_ACK,
  H_FLAGS,
} from "./layout.ts";
import { openFlow } from "./survey-opening.ts";

/** The same IP packet seen twice within this time is a mirror's duplicate. */
const MIRROR_WINDOW = 1e6;

/** An acknowledgment of numbers that were never sent here. */
export function noteForeignAck(
  table: FlowTable,
  row: number,
  packet: number,
  fromB: boolean,
  ack: number,
  rowFlags: number,
  bare: boolean,
): number {
  table.note(row, EV_FOREIGN_ACK, packet, fromB, ack);
  const handshake = (rowFlags & FL_ESTABLISHED) === 0 && (rowFlags & FL_SYN_ACK) === 0;
  if (bare && handshake) {
    table.note(row, EV_CHALLENGE_ACK, packet, fromB, ack);
    rowFlags |= FL_CHALLENGED;
  }
  return rowFlags | FL_FOREIGN_ACK | FL_SUSPECT;
}

/** A segment that repeats numbers already sent. */
export function noteRepetition(
  table: FlowTable,
  row: number,
  kind: number,
  packet: number,
  fromB: boolean,
  page: Int32Array,
  base: number,
  since: number,
  ipId: number,
  ipv6: boolean,
): void {
  table.note(row, kind, packet, fromB, 0);
  const f = base + (fromB ? DIR_B : DIR_A);
  if (!ipv6 && ipId > 0 && since < MIRROR_WINDOW && (page[f + D_FINGERPRINT] as number) >>> 16 === ipId) {
    table.note(row, EV_MIRROR_DUPLICATE, packet, fromB, 0);
  }
  countUnanswered(page, base, fromB);
}

/** One more repetition or probe since the other side last sent anything. */
export function countUnanswered(page: Int32Array, base: number, fromB: boolean): void {
  const side = fromB ? 1 : 0;
  const theirLast = page[base + (fromB ? DIR_A : DIR_B) + D_LAST_PACKET] as number;
  const count = page[base + C_UNANSWERED + side] as number;
  if (count > 0 && page[base + C_UNANSWERED_SINCE + side] === theirLast) {
    page[base + C_UNANSWERED + side] = count + 1;
  } else {
    page[base + C_UNANSWERED + side] = 1;
    page[base + C_UNANSWERED_SINCE + side] = theirLast;
  }
}

/** An ICMP error that quotes a segment: it takes a flow number as in Wireshark, and is noted there. */
export function noteIcmpError(table: FlowTable, view: DataView, out: Int32Array, packet: number): void {
  const ipv6 = out[LOC_IP_VERSION] === 6;
  const ip = out[LOC_IP_OFFSET] as number;
  const tcp = out[LOC_TCP_OFFSET] as number;
  let low = ipv6 ? table.intern(view, ip + 8) : view.getInt32(ip + 12);
  let high = ipv6 ? table.intern(view, ip + 24) : view.getInt32(ip + 16);
  let ports = view.getInt32(tcp);
  let fromHigh = false;
  if (low > high || (low === high && ports >>> 16 > (ports & 0xffff))) {
    [low, high] = [high, low];
    ports = (ports << 16) | (ports >>> 16);
    fromHigh = true;
  }
  let row = table.find(ipv6, low, high, ports);
  if (row < 0) row = openFlow(table, ipv6, low, high, ports, fromHigh);
  const page = table.page(row);
  const base = table.base(row);
  page[base + C_ICMP] = (page[base + C_ICMP] as number) + 1;
  page[base + H_FLAGS] = (page[base + H_FLAGS] as number) | FL_ICMP | FL_SUSPECT;
  const fromB = fromHigh !== (((page[base + H_FLAGS] as number) & FL_A_IS_HIGH) !== 0);
  table.note(row, EV_ICMP_ERROR, packet, fromB, ((out[LOC_ICMP_TYPE] as number) << 8) | (out[LOC_ICMP_CODE] as number));
}

/** `HTTP/1.x 502`, `503` or `504` at this place: a proxy answers for a server that did not. */
export function isGatewayError(view: DataView, at: number): boolean {
  if (view.getUint32(at) !== 0x48545450 || view.getUint16(at + 4) !== 0x2f31) return false;
  const status = view.getUint32(at + 8) & 0xffffff;
  return view.getUint8(at + 8) === 0x20 && (status === 0x353032 || status === 0x353033 || status === 0x353034);
}

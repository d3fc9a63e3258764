import type { Layers } from "./layers.ts";
import {
  LOC_END,
  LOC_ICMP_CODE,
  LOC_ICMP_TYPE,
  LOC_IP_ID,
  LOC_IP_OFFSET,
  LOC_IP_VERSION,
  LOC_OUTER_SOURCE,
  LOC_TCP_LENGTH,
  LOC_TCP_OFFSET,
  LOC_TTL,
  LOCATED_ICMP_ERROR,
  LOCATED_OTHER,
} from "./slots.ts";

/** Bytes of the quoted TCP header that every error must hold (RFC 792: "64 bits of data"). */
const QUOTED = 8;

/** ICMP messages that quote a packet (RFC 792): unreachable, source quench, redirect, time exceeded, parameter problem. */
export function locateIcmp4(to: Layers, ip: number, at: number, end: number): number {
  if (at + 8 > end) return LOCATED_OTHER;
  const type = to.view.getUint8(at);
  if (type !== 3 && type !== 4 && type !== 5 && type !== 11 && type !== 12) return LOCATED_OTHER;
  return quoted(to, { type, code: to.view.getUint8(at + 1), source: ip + 12, at: at + 8, end });
}

/** ICMPv6 errors (RFC 4443 §2.1): types below 128. */
export function locateIcmp6(to: Layers, ip: number, at: number, end: number): number {
  if (at + 8 > end) return LOCATED_OTHER;
  const type = to.view.getUint8(at);
  if (type < 1 || type > 4) return LOCATED_OTHER;
  return quoted(to, { type, code: to.view.getUint8(at + 1), source: ip + 8, at: at + 8, end });
}

interface Quotation {
  readonly type: number;
  readonly code: number;
  readonly source: number;
  readonly at: number;
  readonly end: number;
}

function quoted(to: Layers, quotation: Quotation): number {
  const { at, end } = quotation;
  if (at >= end) return LOCATED_OTHER;
  const version = to.view.getUint8(at) >> 4;
  const tcp = version === 4 ? quotedIpv4(to, at, end) : version === 6 ? quotedIpv6(to, at, end) : -1;
  if (tcp < 0 || tcp + QUOTED > end) return LOCATED_OTHER;
  const { out } = to;
  out[LOC_IP_VERSION] = version;
  out[LOC_IP_OFFSET] = at;
  out[LOC_TCP_OFFSET] = tcp;
  out[LOC_END] = end;
  out[LOC_ICMP_TYPE] = quotation.type;
  out[LOC_ICMP_CODE] = quotation.code;
  out[LOC_OUTER_SOURCE] = quotation.source;
  return LOCATED_ICMP_ERROR;
}

/** Where the quoted TCP header starts, or -1. */
function quotedIpv4(to: Layers, at: number, end: number): number {
  if (at + 20 > end) return -1;
  const { view, out } = to;
  const header = (view.getUint8(at) & 0x0f) * 4;
  if (header < 20 || view.getUint8(at + 9) !== 6 || (view.getUint16(at + 6, false) & 0x1fff) !== 0) return -1;
  out[LOC_TTL] = view.getUint8(at + 8);
  out[LOC_IP_ID] = view.getUint16(at + 4, false);
  out[LOC_TCP_LENGTH] = Math.max(0, view.getUint16(at + 2, false) - header);
  return at + header;
}

function quotedIpv6(to: Layers, at: number, end: number): number {
  if (at + 40 > end) return -1;
  const { view, out } = to;
  let next = view.getUint8(at + 6);
  let tcp = at + 40;
  while (next === 0 || next === 43 || next === 60 || next === 44) {
    if (tcp + 8 > end) return -1;
    if (next === 44 && (view.getUint16(tcp + 2, false) & 0xfff8) !== 0) return -1;
    const length = next === 44 ? 8 : (view.getUint8(tcp + 1) + 1) * 8;
    next = view.getUint8(tcp);
    tcp += length;
  }
  if (next !== 6) return -1;
  out[LOC_TTL] = view.getUint8(at + 7);
  out[LOC_IP_ID] = -1;
  out[LOC_TCP_LENGTH] = Math.max(0, view.getUint16(at + 4, false) - (tcp - at - 40));
  return tcp;
}

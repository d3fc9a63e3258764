import type { Layers } from "./layers.ts";
import { LOCATED_OTHER } from "./slots.ts";

const CHECKSUM = 0x8000;
const ROUTING = 0x4000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
const ACKNOWLEDGMENT = 0x0080;
const VERSION = 0x0007;

/** GRE (RFC 2784, RFC 2890), PPTP's version 1 (RFC 2637 §4.1), ERSPAN, NVGRE and MikroTik's EoIP. */
export function locateGre(to: Layers, at: number, end: number, wire: number): number {
  if (at + 4 > end) return to.doubt("snapped-before-ip");
  const { view } = to;
  const flags = view.getUint16(at, false);
  const type = view.getUint16(at + 2, false);
  if ((flags & VERSION) > 1) return LOCATED_OTHER;
  if (flags === 0x2001 && type === 0x6400) return to.ethernet(at + 8, end, wire);
  let next = at + 4;
  if ((flags & (CHECKSUM | ROUTING)) !== 0) next += 4;
  if ((flags & KEY) !== 0) next += 4;
  if ((flags & SEQUENCE) !== 0) next += 4;
  if ((flags & VERSION) === 1 && (flags & ACKNOWLEDGMENT) !== 0) next += 4;
  if ((flags & ROUTING) !== 0) next = pastRoutes(view, next, end);
  if (next > end) return to.doubt("snapped-before-ip");
  switch (type) {
    case 0x88be: // ERSPAN: type I has no header of its own, type II has 8 bytes and a sequence number
      return to.ethernet((flags & SEQUENCE) !== 0 ? next + 8 : next, end, wire);
    case 0x22eb:
      return erspan3(to, next, end, wire);
    case 0x883e: // WCCP: version 2 puts 4 bytes in front of the packet (draft-wilson-wrec-wccp-v2 §4.12.1)
      if (next >= end) return to.doubt("snapped-before-ip");
      return to.ip(view.getUint8(next) >> 4 === 4 ? next : next + 4, end, wire);
    default:
      if ((type >= 0x8200 && type <= 0x8370) || type === 0x9000) return to.wifi(next, end, wire); // Aruba
      return next >= end ? LOCATED_OTHER : to.etherType(type, next, end, wire);
  }
}

/** ERSPAN III (draft-foschiano-erspan-03 §4.3): 12 bytes, and 8 more when the last bit is set. */
function erspan3(to: Layers, at: number, end: number, wire: number): number {
  if (at + 12 > end) return to.doubt("snapped-before-ip");
  const optional = (to.view.getUint8(at + 11) & 1) !== 0;
  return to.ethernet(at + (optional ? 20 : 12), end, wire);
}

/** Source routes of RFC 1701: family, offset, length; an empty one ends them. */
function pastRoutes(view: DataView, from: number, end: number): number {
  let at = from;
  while (at + 4 <= end) {
    const family = view.getUint16(at, false);
    const length = view.getUint8(at + 3);
    at += 4 + length;
    if (family === 0 && length === 0) return at;
  }
  return end + 1;
}

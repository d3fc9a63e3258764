import type { Layers } from "./layers.ts";
import { LOCATED_OTHER } from "./slots.ts";

/** PPP (RFC 1661 §2), with or without HDLC's address and control, with or without a compressed protocol field. */
export function locatePpp(to: Layers, at: number, end: number, wire: number): number {
  let next = at;
  if (next + 2 <= end && CISCO_HDLC.has(to.view.getUint16(next, false))) return locateCiscoHdlc(to, at, end, wire);
  if (next + 2 <= end && to.view.getUint16(next, false) === 0xff03) next += 2;
  if (next >= end) return to.doubt("snapped-before-ip");
  let protocol = to.view.getUint8(next);
  next++;
  // An odd first byte is the whole protocol number (RFC 1661 §6.5).
  if ((protocol & 1) === 0) {
    if (next >= end) return to.doubt("snapped-before-ip");
    protocol = (protocol << 8) | to.view.getUint8(next);
    next++;
  }
  switch (protocol) {
    case 0x0021:
    case 0x0057:
      return to.ip(next, end, wire);
    case 0x0281:
    case 0x0283:
      return to.etherType(0x8847, next, end, wire);
    case 0x0031: // bridged (RFC 3518 §4.2): flags, then the kind of frame
      if (next + 2 > end) return to.doubt("snapped-before-ip");
      return to.view.getUint8(next + 1) === 1 ? to.ethernet(next + 2, end, wire) : LOCATED_OTHER;
    case 0x002d: // RFC 1144: compressed TCP, and TCP whose IP protocol field holds a slot number
    case 0x002f:
    case 0x0003:
    case 0x0005:
    case 0x0061:
    case 0x0065:
    case 0x2063:
      return to.doubt("compressed-headers");
    default:
      return LOCATED_OTHER;
  }
}

/** How Cisco's HDLC starts, which some programs write under PPP's link type: unicast or multicast, control 0. */
const CISCO_HDLC: ReadonlySet<number> = new Set([0x0f00, 0x8f00]);

/** Cisco's HDLC: address, control, EtherType; some interfaces put PPP in its place. */
export function locateCiscoHdlc(to: Layers, at: number, end: number, wire: number): number {
  if (at + 4 > end) return to.doubt("snapped-before-ip");
  const address = to.view.getUint8(at);
  if (address === 0xff) return to.ppp(at, end, wire);
  if (address !== 0x0f && address !== 0x8f) return LOCATED_OTHER;
  return to.etherType(to.view.getUint16(at + 2, false), at + 4, end, wire);
}

/** PPP behind a byte for the direction (LINKTYPE_PPP_PPPD, LINKTYPE_PPP_WITH_DIR). */
export function locateDirectedPpp(to: Layers, at: number, end: number, wire: number): number {
  if (at + 2 > end) return to.doubt("snapped-before-ip");
  const second = to.view.getUint8(at + 1);
  return to.ppp(second === 0x03 ? at + 2 : at + 1, end, wire);
}

import type { Layers } from "./layers.ts";
import { LOCATED_OTHER } from "./slots.ts";

/** Ethernet II, 802.3 and what may stand between their header and IP. */

export const TYPE_IPV4 = 0x0800;
export const TYPE_IPV6 = 0x86dd;
/** Transparent Ethernet bridging: a whole frame (RFC 1701). */
export const TYPE_BRIDGED = 0x6558;

/** Network service header (RFC 8300). */
const TYPE_SERVICE = 0x894f;

/** Values up to this are the length of an 802.3 frame, from 0x600 on a type (IEEE 802.3 §3.2.6). */
const LARGEST_LENGTH = 1500;

/** A frame that starts with the destination address. */
export function locateEthernet(to: Layers, at: number, end: number, wire: number): number {
  if (at + 14 > end) return to.doubt("snapped-before-ip");
  const { view } = to;
  const type = view.getUint16(at + 12, false);
  if (type > LARGEST_LENGTH) return to.etherType(type, at + 14, end, wire);
  if (isInterSwitchLink(view, at)) return to.ethernet(at + 26, end, wire);
  const close = Math.min(wire, at + 14 + type);
  return to.llc(at + 14, Math.min(end, close), close);
}

/** What an EtherType announces. IPv4 and IPv6 are handled by the locator before this is called. */
export function locateEtherType(to: Layers, type: number, at: number, end: number, wire: number): number {
  switch (type) {
    case 0x8100: // VLAN (IEEE 802.1Q)
    case 0x88a8: // provider bridge (802.1ad)
    case 0x9100: // QinQ before the standard
    case 0x9200:
    case 0x9300:
    case 0x8926: // VN-Tag has four more bytes
    case 0x892f: // HSR (IEC 62439-3)
    case 0x893f: // E-Tag (802.1BR)
    case 0x8909: // Cisco MetaData
      return tagged(to, type, at, end, wire);
    case 0x88e7: // provider backbone bridge (802.1ah): I-TAG, then a whole frame
      return to.ethernet(at + 4, end, wire);
    case TYPE_BRIDGED:
      return to.ethernet(at, end, wire);
    case 0x8847:
    case 0x8848:
      return mpls(to, at, end, wire);
    case 0x8864:
      return pppoe(to, at, end, wire);
    case 0x880b:
      return to.ppp(at, end, wire);
    case TYPE_SERVICE:
      return nsh(to, at, end, wire);
    case 0x8903: // Cisco FabricPath: an outer header of 16 bytes ends here
      return to.ethernet(at + 2, end, wire);
    case 0x22f3:
      return trill(to, at, end, wire);
    default:
      return LOCATED_OTHER;
  }
}

/** Tags end in the type of what follows; a small value there is a length, with LLC behind it. */
function tagged(to: Layers, type: number, at: number, end: number, wire: number): number {
  const length = TAG_LENGTHS.get(type) ?? 4;
  if (at + length > end) return to.doubt("snapped-before-ip");
  const next = to.view.getUint16(at + length - 2, false);
  if (next > LARGEST_LENGTH) return to.etherType(next, at + length, end, wire);
  const close = Math.min(wire, at + length + next);
  return to.llc(at + length, Math.min(end, close), close);
}

const TAG_LENGTHS: ReadonlyMap<number, number> = new Map([
  [0x8926, 6],
  [0x892f, 6],
  [0x893f, 8],
  [0x8909, 8],
]);

/** MPLS label stack (RFC 3032 §2.1); what follows is told by its first four bits (RFC 4928 §3). */
function mpls(to: Layers, at: number, end: number, wire: number): number {
  let next = at;
  for (;;) {
    if (next + 4 > end) return to.doubt("snapped-before-ip");
    const bottom = (to.view.getUint8(next + 2) & 1) !== 0;
    next += 4;
    if (bottom) break;
  }
  if (next >= end) return to.doubt("snapped-before-ip");
  const nibble = to.view.getUint8(next) >> 4;
  if (nibble === 4 || nibble === 6) return to.ip(next, end, wire);
  // A pseudowire: Ethernet, with a control word of 4 bytes in front or not (RFC 4448 §4.6).
  if (nibble === 0 && carriesFrame(to, next + 4, end)) return to.ethernet(next + 4, end, wire);
  return carriesFrame(to, next, end) ? to.ethernet(next, end, wire) : LOCATED_OTHER;
}

function carriesFrame(to: Layers, at: number, end: number): boolean {
  return at + 14 <= end && LIKELY_TYPES.has(to.view.getUint16(at + 12, false));
}

const LIKELY_TYPES: ReadonlySet<number> = new Set([TYPE_IPV4, TYPE_IPV6, 0x0806, 0x8100, 0x88a8, 0x8847, 0x8864]);

/** PPPoE session stage (RFC 2516 §4). */
export function pppoe(to: Layers, at: number, end: number, wire: number): number {
  if (at + 6 > end) return to.doubt("snapped-before-ip");
  if (to.view.getUint8(at) !== 0x11) return to.doubt("malformed-link");
  if (to.view.getUint8(at + 1) !== 0) return LOCATED_OTHER;
  const stated = at + 6 + to.view.getUint16(at + 4, false);
  const close = Math.min(wire, stated);
  return to.ppp(at + 6, Math.min(end, close), close);
}

/** Network service header (RFC 8300 §2.2): its length in words, then the next protocol. */
export function nsh(to: Layers, at: number, end: number, wire: number): number {
  if (at + 8 > end) return to.doubt("snapped-before-ip");
  const length = (to.view.getUint8(at + 1) & 0x3f) * 4;
  if (length < 8) return to.doubt("malformed-tunnel");
  switch (to.view.getUint8(at + 3)) {
    case 1:
    case 2:
      return to.ip(at + length, end, wire);
    case 3:
      return to.ethernet(at + length, end, wire);
    case 4:
      return to.etherType(TYPE_SERVICE, at + length, end, wire);
    default:
      return LOCATED_OTHER;
  }
}

/** TRILL (RFC 6325 §3): options, counted in words, before the inner frame. */
function trill(to: Layers, at: number, end: number, wire: number): number {
  if (at + 6 > end) return to.doubt("snapped-before-ip");
  const options = (to.view.getUint16(at, false) >> 6) & 0x1f;
  return to.ethernet(at + 6 + options * 4, end, wire);
}

/** Cisco ISL wraps the frame in 26 bytes addressed to 01-00-0C-00-00 or 0C-00-0C-00-00. */
function isInterSwitchLink(view: DataView, at: number): boolean {
  const start = view.getUint32(at, false);
  return (start === 0x01000c00 || start === 0x0c000c00) && view.getUint8(at + 4) === 0;
}

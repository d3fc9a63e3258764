import type { Layers } from "./layers.ts";
import { LOCATED_OTHER } from "./slots.ts";

/** 802.2 LLC: SNAP (RFC 1042) and the few other ways in which it carries IP. */
export function locateLlc(to: Layers, at: number, end: number, wire: number): number {
  if (at + 3 > end) return LOCATED_OTHER;
  const { view } = to;
  const access = view.getUint16(at, false);
  if (access === 0x0606) return to.ip(at + 3, end, wire);
  if (access === 0xfefe) return nlpid(to, at + 3, end, wire);
  if ((access & 0xfefe) !== 0xaaaa || view.getUint8(at + 2) !== 3) return LOCATED_OTHER;
  if (at + 8 > end) return to.doubt("snapped-before-ip");
  const organisation = (view.getUint16(at + 3, false) << 8) | view.getUint8(at + 5);
  const type = view.getUint16(at + 6, false);
  switch (organisation) {
    case 0x000000: // RFC 1042
    case 0x0000f8: // bridge tunnel (802.1H)
      return to.etherType(type, at + 8, end, wire);
    case 0x0080c2: // bridged frames (RFC 2684 §5.2): 1 and 7 are Ethernet, behind two bytes of padding
      return type === 1 || type === 7 ? to.ethernet(at + 10, end, wire) : LOCATED_OTHER;
    default:
      return LOCATED_OTHER;
  }
}

/** Network layer protocol identifiers (RFC 2427 §3, ISO/IEC TR 9577). */
export function nlpid(to: Layers, at: number, end: number, wire: number): number {
  if (at >= end) return to.doubt("snapped-before-ip");
  switch (to.view.getUint8(at)) {
    case 0xcc:
    case 0x8e:
      return to.ip(at + 1, end, wire);
    case 0xcf:
      return to.ppp(at + 1, end, wire);
    case 0x80: {
      if (at + 6 > end) return to.doubt("snapped-before-ip");
      const organisation = (to.view.getUint16(at + 1, false) << 8) | to.view.getUint8(at + 3);
      const type = to.view.getUint16(at + 4, false);
      if (organisation === 0) return to.etherType(type, at + 6, end, wire);
      return organisation === 0x0080c2 && (type === 1 || type === 7) ? to.ethernet(at + 6, end, wire) : LOCATED_OTHER;
    }
    default:
      return LOCATED_OTHER;
  }
}

/** Frame Relay (RFC 2427): a Q.922 address, then an NLPID, or Cisco's EtherType. */
export function locateFrameRelay(to: Layers, at: number, end: number, wire: number): number {
  let next = at;
  // The lowest bit of the last address byte is set; addresses have 2 to 4 bytes.
  while (next < end && next < at + 4 && (to.view.getUint8(next) & 1) === 0) next++;
  next++;
  if (next + 2 > end || next - at < 2) return to.doubt("malformed-link");
  if (to.view.getUint8(next) !== 0x03) {
    return to.etherType(to.view.getUint16(next, false), next + 2, end, wire);
  }
  const pad = to.view.getUint8(next + 1) === 0 ? 1 : 0;
  return nlpid(to, next + 1 + pad, end, wire);
}

import type { Layers } from "./layers.ts";
import { LOCATED_OTHER } from "./slots.ts";

/** Links that are rare today: rings, ATM, FireWire, switch tags, cable modems. */

/** FDDI (ANSI X3T9.5): frame control, two addresses, LLC. */
export function locateFddi(to: Layers, at: number, end: number, wire: number): number {
  if (at + 13 > end) return to.doubt("snapped-before-ip");
  const control = to.view.getUint8(at);
  // LLC frames are 01L1rrrr: Solaris and others write 0x50 to 0x57.
  return (control & 0xf0) === 0x50 ? to.llc(at + 13, end, wire) : LOCATED_OTHER;
}

/** Token ring (IEEE 802.5 §3.2): access and frame control, two addresses, a route if the source says so. */
export function locateTokenRing(to: Layers, at: number, end: number, wire: number): number {
  if (at + 14 > end) return to.doubt("snapped-before-ip");
  if ((to.view.getUint8(at + 1) & 0xc0) !== 0x40) return LOCATED_OTHER;
  let next = at + 14;
  if ((to.view.getUint8(at + 8) & 0x80) !== 0) {
    if (next + 2 > end) return to.doubt("snapped-before-ip");
    next += to.view.getUint8(next) & 0x1f;
  }
  return to.llc(next, end, wire);
}

/** ARCNET as Linux captures it (LINKTYPE_ARCNET_LINUX): two addresses, two offsets, protocol, RFC 1201's fragment header. */
export function locateArcnet(to: Layers, at: number, end: number, wire: number): number {
  if (at + 8 > end) return to.doubt("snapped-before-ip");
  const protocol = to.view.getUint8(at + 4);
  if (protocol === 240) return to.ip(at + 5, end, wire); // RFC 1051: no fragments
  if (protocol !== 212) return LOCATED_OTHER;
  // A split flag of 255 only pads, to avoid packet lengths that the hardware can't send.
  return to.ip(to.view.getUint8(at + 5) === 0xff ? at + 12 : at + 8, end, wire);
}

/** SunATM (LINKTYPE_SUNATM): flags, virtual path and circuit, then LLC or LAN emulation. */
export function locateSunAtm(to: Layers, at: number, end: number, wire: number): number {
  if (at + 4 > end) return to.doubt("snapped-before-ip");
  switch (to.view.getUint8(at) & 0x0f) {
    case 1: // LAN emulation: a client number, then Ethernet
      return to.ethernet(at + 6, end, wire);
    case 2:
      return to.llc(at + 4, end, wire);
    default:
      return LOCATED_OTHER;
  }
}

/** IP over FireWire (LINKTYPE_APPLE_IP_OVER_IEEE1394): two addresses of 8 bytes, EtherType. */
export function locateFireWire(to: Layers, at: number, end: number, wire: number): number {
  if (at + 18 > end) return to.doubt("snapped-before-ip");
  return to.etherType(to.view.getUint16(at + 16, false), at + 18, end, wire);
}

/** A switch's tag of four bytes between the addresses and the type (Broadcom, Marvell). */
export function locateSwitchTag(to: Layers, at: number, end: number, wire: number): number {
  if (at + 18 > end) return to.doubt("snapped-before-ip");
  const type = to.view.getUint16(at + 16, false);
  if (type > 1500) return to.etherType(type, at + 18, end, wire);
  const close = Math.min(wire, at + 18 + type);
  return to.llc(at + 18, Math.min(end, close), close);
}

/** Marvell's tag with an EtherType in front of it: type, two zero bytes, tag. */
export function locateEthertypeSwitchTag(to: Layers, at: number, end: number, wire: number): number {
  if (at + 22 > end) return to.doubt("snapped-before-ip");
  return to.etherType(to.view.getUint16(at + 20, false), at + 22, end, wire);
}

/** DOCSIS (CableLabs MULPI §6.2): frame control, parameter, length; packets are Ethernet behind an optional header. */
export function locateDocsis(to: Layers, at: number, end: number, wire: number): number {
  if (at + 6 > end) return to.doubt("snapped-before-ip");
  const control = to.view.getUint8(at);
  if ((control & 0xc0) !== 0) return LOCATED_OTHER;
  const extended = (control & 1) !== 0 ? to.view.getUint8(at + 1) : 0;
  return to.ethernet(at + 6 + extended, end, wire);
}

/** SLIP as the BSDs capture it: direction and compression state in 16 bytes. */
export function locateSlip(to: Layers, at: number, end: number, wire: number): number {
  if (at + 16 >= end) return to.doubt("snapped-before-ip");
  return to.ip(at + 16, end, wire);
}

/** Endace ERF (LINKTYPE_ERF): 16 bytes, the kind of record at 8, extensions where its top bit is set. */
export function locateErf(to: Layers, at: number, end: number, wire: number): number {
  if (at + 16 > end) return to.doubt("snapped-before-ip");
  const { view } = to;
  const kind = view.getUint8(at + 8);
  let next = at + 16;
  let more = (kind & 0x80) !== 0;
  while (more && next + 8 <= end) {
    more = (view.getUint8(next) & 0x80) !== 0;
    next += 8;
  }
  switch (kind & 0x7f) {
    case 1: // HDLC
    case 5:
    case 17:
      return locateHdlcLike(to, next, end, wire);
    case 2: // Ethernet, behind two bytes of padding
    case 11:
    case 16:
    case 20:
      return to.ethernet(next + 2, end, wire);
    case 22:
    case 23:
      return to.ip(next, end, wire);
    default:
      return LOCATED_OTHER;
  }
}

function locateHdlcLike(to: Layers, at: number, end: number, wire: number): number {
  if (at + 4 > end) return to.doubt("snapped-before-ip");
  if (to.view.getUint16(at, false) === 0xff03) return to.ppp(at, end, wire);
  return to.etherType(to.view.getUint16(at + 2, false), at + 4, end, wire);
}

import { nsh } from "./ethernet.ts";
import { locateGre } from "./gre.ts";
import type { Layers } from "./layers.ts";
import { LOCATED_OTHER } from "./slots.ts";

/** Tunnels in UDP, told by port and by a header that makes sense. Other UDP is none of ours. */
export function locateUdp(to: Layers, at: number, end: number, wire: number): number {
  if (at + 8 > end) return LOCATED_OTHER;
  const { view } = to;
  const source = view.getUint16(at, false);
  const destination = view.getUint16(at + 2, false);
  const length = view.getUint16(at + 4, false);
  const close = length >= 8 ? Math.min(wire, at + length) : wire;
  const stop = Math.min(end, close);
  const kind = byPort(to, destination, at + 8, stop, close);
  return kind === LOCATED_OTHER ? byPort(to, source, at + 8, stop, close) : kind;
}

function byPort(to: Layers, port: number, at: number, end: number, wire: number): number {
  switch (port) {
    case 4789:
    case 8472:
      return vxlan(to, at, end, wire);
    case 4790:
      return vxlanGpe(to, at, end, wire);
    case 6081:
      return geneve(to, at, end, wire);
    case 2152:
      return gtpUser(to, at, end, wire);
    case 3386:
      return gtpPrime(to, at, end, wire);
    case 3544:
      return teredo(to, at, end, wire);
    case 1701:
      return l2tp(to, at, end, wire);
    case 4341:
      return lisp(to, at, end, wire);
    case 4754:
      return locateGre(to, at, end, wire);
    case 6635:
      return to.etherType(0x8847, at, end, wire);
    case 5247:
      return capwap(to, at, end, wire);
    case 37008:
      return tzsp(to, at, end, wire);
    default:
      return LOCATED_OTHER;
  }
}

/** VXLAN (RFC 7348 §5): the I flag, reserved bytes, network identifier; then an Ethernet frame. */
function vxlan(to: Layers, at: number, end: number, wire: number): number {
  if (at + 8 > end || (to.view.getUint8(at) & 0x08) === 0) return LOCATED_OTHER;
  return to.ethernet(at + 8, end, wire);
}

/** VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe §3): the fourth byte names what follows. */
function vxlanGpe(to: Layers, at: number, end: number, wire: number): number {
  if (at + 8 > end) return LOCATED_OTHER;
  switch (to.view.getUint8(at + 3)) {
    case 1:
    case 2:
      return to.ip(at + 8, end, wire);
    case 3:
      return to.ethernet(at + 8, end, wire);
    case 4:
      return nsh(to, at + 8, end, wire);
    default:
      return LOCATED_OTHER;
  }
}

/** GENEVE (RFC 8926 §3.4): options counted in words, EtherType. Other versions than 0 are read alike. */
function geneve(to: Layers, at: number, end: number, wire: number): number {
  if (at + 8 > end) return LOCATED_OTHER;
  const options = (to.view.getUint8(at) & 0x3f) * 4;
  return to.etherType(to.view.getUint16(at + 2, false), at + 8 + options, end, wire);
}

/** GTP-U version 1 (3GPP TS 29.281 §5.1): message 255 is user data, behind optional fields. */
function gtpUser(to: Layers, at: number, end: number, wire: number): number {
  if (at + 8 > end) return LOCATED_OTHER;
  const { view } = to;
  const flags = view.getUint8(at);
  if ((flags & 0xf0) !== 0x30 || view.getUint8(at + 1) !== 255) return LOCATED_OTHER;
  let next = at + 8;
  if ((flags & 0x07) !== 0) {
    if (next + 4 > end) return to.doubt("snapped-before-ip");
    let extension = (flags & 0x04) !== 0 ? view.getUint8(next + 3) : 0;
    next += 4;
    while (extension !== 0) {
      if (next >= end) return to.doubt("snapped-before-ip");
      const length = view.getUint8(next) * 4;
      if (length === 0 || next + length > end) return to.doubt("malformed-tunnel");
      extension = view.getUint8(next + length - 1);
      next += length;
    }
  }
  return userData(to, next, end, wire);
}

/** GTP version 0 (GSM 09.60 §6): a fixed header of 20 bytes. */
function gtpPrime(to: Layers, at: number, end: number, wire: number): number {
  if (at + 20 > end) return LOCATED_OTHER;
  if (to.view.getUint8(at) >> 5 !== 0 || to.view.getUint8(at + 1) !== 255) return LOCATED_OTHER;
  return userData(to, at + 20, end, wire);
}

/** What a mobile user sends: IP, or PPP, or Ethernet (which nothing here marks). */
function userData(to: Layers, at: number, end: number, wire: number): number {
  if (at >= end) return LOCATED_OTHER;
  const first = to.view.getUint8(at);
  if (first >> 4 === 4 || first >> 4 === 6) return to.ip(at, end, wire);
  return first === 0xff ? to.ppp(at, end, wire) : LOCATED_OTHER;
}

/** Teredo (RFC 4380 §5.1.1): authentication and origin may stand before the IPv6 packet. */
function teredo(to: Layers, at: number, end: number, wire: number): number {
  let next = at;
  if (next + 4 <= end && to.view.getUint16(next, false) === 1) {
    next += 13 + to.view.getUint8(next + 2) + to.view.getUint8(next + 3);
  }
  if (next + 8 <= end && to.view.getUint16(next, false) === 0) next += 8;
  if (next + 40 > end || to.view.getUint8(next) >> 4 !== 6) return LOCATED_OTHER;
  return to.ip(next, end, wire);
}

/** L2TP version 2 data messages (RFC 2661 §3.1) carry PPP. */
function l2tp(to: Layers, at: number, end: number, wire: number): number {
  if (at + 6 > end) return LOCATED_OTHER;
  const flags = to.view.getUint16(at, false);
  if ((flags & 0x000f) !== 2 || (flags & 0x8000) !== 0) return LOCATED_OTHER;
  let next = at + 6;
  if ((flags & 0x4000) !== 0) next += 2;
  if ((flags & 0x0800) !== 0) next += 4;
  if ((flags & 0x0200) !== 0) {
    if (next + 2 > end) return to.doubt("snapped-before-ip");
    next += 2 + to.view.getUint16(next, false);
  }
  return next >= end ? LOCATED_OTHER : to.ppp(next, end, wire);
}

/** LISP data (RFC 9300 §5.1): 8 bytes before the inner IP header. */
function lisp(to: Layers, at: number, end: number, wire: number): number {
  if (at + 8 >= end) return LOCATED_OTHER;
  const version = to.view.getUint8(at + 8) >> 4;
  return version === 4 || version === 6 ? to.ip(at + 8, end, wire) : LOCATED_OTHER;
}

/** CAPWAP data (RFC 5415 §4.3): header length in words; bit T says 802.11, otherwise 802.3. */
function capwap(to: Layers, at: number, end: number, wire: number): number {
  if (at + 8 > end) return LOCATED_OTHER;
  const { view } = to;
  // Version 0 and not DTLS; no keep-alive, no fragment.
  if (view.getUint8(at) !== 0 || (view.getUint8(at + 3) & 0x88) !== 0) return LOCATED_OTHER;
  const length = (view.getUint8(at + 1) >> 3) * 4;
  if (length < 8) return to.doubt("malformed-tunnel");
  const next = at + length;
  return (view.getUint8(at + 2) & 1) !== 0 ? to.wifi(next, end, wire) : to.ethernet(next, end, wire);
}

/** TaZmen Sniffer Protocol: version 1, kind 0 (received), protocol, then tags up to tag 1. */
function tzsp(to: Layers, at: number, end: number, wire: number): number {
  if (at + 5 > end) return LOCATED_OTHER;
  const { view } = to;
  if (view.getUint8(at) !== 1 || view.getUint8(at + 1) > 1) return LOCATED_OTHER;
  let next = at + 4;
  for (;;) {
    if (next >= end) return to.doubt("malformed-tunnel");
    const tag = view.getUint8(next);
    if (tag === 1) break;
    if (tag !== 0 && next + 1 >= end) return to.doubt("malformed-tunnel");
    next += tag === 0 ? 1 : 2 + view.getUint8(next + 1);
  }
  switch (view.getUint16(at + 2, false)) {
    case 1:
      return to.ethernet(next + 1, end, wire);
    case 18:
      return to.wifi(next + 1, end, wire);
    default:
      return LOCATED_OTHER;
  }
}

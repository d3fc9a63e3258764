import type { Layers } from "./layers.ts";
import { LOCATED_OTHER } from "./slots.ts";

/** Link headers that operating systems make up: loopback, "any" devices, firewalls' logs. */

/** Linux "any" device, version 1 (LINKTYPE_LINUX_SLL): 16 bytes, the protocol last. */
export function locateSll(to: Layers, at: number, end: number, wire: number): number {
  if (at + 16 > end) return to.doubt("snapped-before-ip");
  const hardware = to.view.getUint16(at + 2, false);
  return cooked(to, hardware, to.view.getUint16(at + 14, false), at + 16, end, wire);
}

/** Linux "any" device, version 2 (LINKTYPE_LINUX_SLL2): 20 bytes, the protocol first. */
export function locateSll2(to: Layers, at: number, end: number, wire: number): number {
  if (at + 20 > end) return to.doubt("snapped-before-ip");
  const hardware = to.view.getUint16(at + 8, false);
  return cooked(to, hardware, to.view.getUint16(at, false), at + 20, end, wire);
}

/** The ARPHRD_ value decides what the protocol field means. */
function cooked(to: Layers, hardware: number, protocol: number, at: number, end: number, wire: number): number {
  switch (hardware) {
    case 801: // ARPHRD_IEEE80211
      return to.wifi(at, end, wire);
    case 803: // ARPHRD_IEEE80211_RADIOTAP
      return to.link(127, at, end, wire);
    case 824: // ARPHRD_NETLINK
      return LOCATED_OTHER;
    default:
      if (protocol > 1500) return to.etherType(protocol, at, end, wire);
      return protocol === 4 ? to.llc(at, end, wire) : LOCATED_OTHER;
  }
}

/** BSD loopback (LINKTYPE_NULL, LINKTYPE_LOOP): an address family in either byte order. */
export function locateLoopback(to: Layers, at: number, end: number, wire: number): number {
  if (at + 4 > end) return to.doubt("snapped-before-ip");
  const { view } = to;
  if (view.getUint16(at, false) === 0xff03) return to.ppp(at, end, wire);
  const little = view.getUint32(at, true);
  const family = little <= 0xffff ? little : view.getUint32(at, false);
  return byFamily(to, family, at + 4, end, wire);
}

function byFamily(to: Layers, family: number, at: number, end: number, wire: number): number {
  switch (family) {
    case 2: // AF_INET everywhere
    case 10: // AF_INET6 of Linux
    case 23: // of Windows
    case 24: // of NetBSD, OpenBSD
    case 28: // of FreeBSD
    case 30: // of macOS
      return to.ip(at, end, wire);
    default:
      return family >= 0x600 && family <= 0xffff ? to.etherType(family, at, end, wire) : LOCATED_OTHER;
  }
}

/** OpenBSD's packet filter log: length (padded to 4), address family, then the packet. */
export function locatePflog(to: Layers, at: number, end: number, wire: number): number {
  if (at + 4 > end) return to.doubt("snapped-before-ip");
  const length = (to.view.getUint8(at) + 3) & ~3;
  return length < 4 ? to.doubt("malformed-link") : byFamily(to, to.view.getUint8(at + 1), at + length, end, wire);
}

/** OpenBSD's IPsec device: family in the host's order, SPI, flags. */
export function locateEnc(to: Layers, at: number, end: number, wire: number): number {
  return at + 12 > end ? to.doubt("snapped-before-ip") : to.ip(at + 12, end, wire);
}

/** Netfilter's log: family, version, queue, then typed values in the capturing host's byte order. */
export function locateNflog(to: Layers, at: number, end: number, wire: number): number {
  if (at + 8 > end) return to.doubt("snapped-before-ip");
  const { view } = to;
  const family = view.getUint8(at);
  if (view.getUint8(at + 1) !== 0) return to.doubt("malformed-link");
  const little = (view.getUint16(at + 4, true) & 0xff00) === 0;
  let type = 0;
  let next = at + 4;
  while (next + 4 <= end) {
    const length = view.getUint16(next, little);
    const kind = view.getUint16(next + 2, little) & 0x7fff;
    if (length < 4) return to.doubt("malformed-link");
    // NFULA_PACKET_HDR starts with the EtherType, in network order whatever the host's order is.
    if (kind === 1 && next + 6 <= end) type = view.getUint16(next + 4, false);
    if (kind === NFULA_PAYLOAD) {
      const close = Math.min(wire, next + length);
      const stop = Math.min(end, close);
      if (family !== AF_BRIDGE) return byFamily(to, family === 0 ? 2 : family, next + 4, stop, close);
      return to.etherType(type, next + 4, stop, close);
    }
    next += (length + 3) & ~3;
  }
  return LOCATED_OTHER;
}

const NFULA_PAYLOAD = 9;
const AF_BRIDGE = 7;

/** Per-packet information (CACE): length and link type, little-endian. */
export function locatePpi(to: Layers, at: number, end: number, wire: number): number {
  if (at + 8 > end) return to.doubt("snapped-before-ip");
  const length = to.view.getUint16(at + 2, true);
  if (length < 8) return to.doubt("malformed-link");
  return to.link(to.view.getUint32(at + 4, true), at + length, end, wire);
}

/** Apple's packet metadata (LINKTYPE_PKTAP): header length, record kind, link type of the packet. */
export function locatePktap(to: Layers, at: number, end: number, wire: number): number {
  if (at + 12 > end) return to.doubt("snapped-before-ip");
  const length = to.view.getUint32(at, true);
  if (length < 12 || length > 65_535) return to.doubt("malformed-link");
  return to.link(to.view.getUint32(at + 8, true), at + length, end, wire);
}

/** Solaris' ipnet devices: version 1, family, then 22 more bytes. */
export function locateIpnet(to: Layers, at: number, end: number, wire: number): number {
  return at + 24 > end ? to.doubt("snapped-before-ip") : to.ip(at + 24, end, wire);
}

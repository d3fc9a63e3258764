import type { FragmentStore } from "./ip-fragments.ts";
import type { Layers } from "./layers.ts";
import {
  LOC_IP_ID,
  LOC_IP_OFFSET,
  LOC_IP_VERSION,
  LOC_TTL,
  LOCATED_FRAGMENT,
  LOCATED_MALFORMED,
  LOCATED_OTHER,
} from "./slots.ts";

/** IPv4 (RFC 791) and IPv6 (RFC 8200) with options, extension headers and fragments. */

/** Packets with a total length of 0 were captured before the sender's hardware cut them (offload). */
export function locateIpv4(to: Layers, store: FragmentStore, at: number, end: number, wire: number): number {
  if (at + 20 > end) return to.doubt("snapped-before-ip");
  const { view, out } = to;
  const header = (view.getUint8(at) & 0x0f) * 4;
  const total = view.getUint16(at + 2, false);
  if (header < 20 || (total !== 0 && total < header)) return to.doubt("malformed-ip");
  const close = total === 0 ? wire : Math.min(wire, at + total);
  const stop = Math.min(end, close);
  if (at + header > stop) return to.doubt("snapped-before-ip");
  const fragment = view.getUint16(at + 6, false);
  const protocol = view.getUint8(at + 9);
  out[LOC_IP_VERSION] = 4;
  out[LOC_IP_OFFSET] = at;
  out[LOC_TTL] = view.getUint8(at + 8);
  out[LOC_IP_ID] = view.getUint16(at + 4, false);
  if ((fragment & 0x3fff) === 0) return to.transport(protocol, at, at + header, stop, close);

  const offset = (fragment & 0x1fff) * 8;
  // A fragment that was not captured whole can't be joined; the first one may still hold the TCP header.
  if (stop < close || (total !== 0 && close < at + total)) {
    return offset === 0 ? to.transport(protocol, at, at + header, stop, close) : LOCATED_FRAGMENT;
  }
  const key = `4/${view.getUint32(at + 12)}/${view.getUint32(at + 16)}/${out[LOC_IP_ID]}/${protocol}`;
  const more = (fragment & 0x2000) !== 0;
  const outcome = store.add(key, { offset, more, bytes: to.bytes.subarray(at + header, close) });
  if (outcome.kind !== "complete") {
    return outcome.kind === "conflict" ? to.doubt("ip-fragment-conflict") : LOCATED_FRAGMENT;
  }
  return resume(to, { at, header: 20, protocol, payload: outcome.payload });
}

/** Next-header numbers that are IPv6 extension headers with a length in units of 8 bytes. */
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION = 60;
const MOBILITY = 135;
const HOST_IDENTITY = 139;
const SHIM6 = 140;

export function locateIpv6(to: Layers, store: FragmentStore, at: number, end: number, wire: number): number {
  if (at + 40 > end) return to.doubt("snapped-before-ip");
  const { view, out } = to;
  const payload = view.getUint16(at + 4, false);
  // 0 is a jumbogram (RFC 2675) or an offloaded segment: the frame's length decides.
  const close = payload === 0 ? wire : Math.min(wire, at + 40 + payload);
  const stop = Math.min(end, close);
  out[LOC_IP_VERSION] = 6;
  out[LOC_IP_OFFSET] = at;
  out[LOC_TTL] = view.getUint8(at + 7);
  out[LOC_IP_ID] = -1;
  return extensions(to, store, { ip: at, next: view.getUint8(at + 6), at: at + 40, end: stop, wire: close });
}

interface Chain {
  readonly ip: number;
  readonly next: number;
  readonly at: number;
  readonly end: number;
  readonly wire: number;
}

/** Walks the extension headers (RFC 8200 §4.1). */
function extensions(to: Layers, store: FragmentStore, chain: Chain): number {
  const { ip, end, wire } = chain;
  let { next, at } = chain;
  for (;;) {
    switch (next) {
      case HOP_BY_HOP:
      case ROUTING:
      case DESTINATION:
      case MOBILITY:
      case HOST_IDENTITY:
      case SHIM6: {
        if (at + 8 > end) return to.doubt("snapped-before-ip");
        next = to.view.getUint8(at);
        at += (to.view.getUint8(at + 1) + 1) * 8;
        break;
      }
      case FRAGMENT: {
        if (at + 8 > end) return to.doubt("snapped-before-ip");
        const word = to.view.getUint16(at + 2, false);
        const inner = to.view.getUint8(at);
        // An atomic fragment is the whole datagram (RFC 6946).
        if ((word & 0xfff9) !== 0) return fragment6(to, store, { ip, next: inner, at, end, wire });
        next = inner;
        at += 8;
        break;
      }
      default:
        return to.transport(next, ip, at, end, wire);
    }
    if (at > end) return to.doubt("snapped-before-ip");
  }
}

function fragment6(to: Layers, store: FragmentStore, chain: Chain): number {
  const { ip, next, at, end, wire } = chain;
  const { view } = to;
  const word = view.getUint16(at + 2, false);
  const offset = word & 0xfff8;
  if (end < wire) {
    return offset === 0 ? extensions(to, store, { ip, next, at: at + 8, end, wire }) : LOCATED_FRAGMENT;
  }
  let key = `6/${view.getUint32(at + 4)}`;
  for (let i = 8; i < 40; i += 4) key += `/${view.getUint32(ip + i)}`;
  const outcome = store.add(key, { offset, more: (word & 1) !== 0, bytes: to.bytes.subarray(at + 8, end) });
  if (outcome.kind !== "complete") {
    return outcome.kind === "conflict" ? to.doubt("ip-fragment-conflict") : LOCATED_FRAGMENT;
  }
  return resume(to, { at: ip, header: 40, protocol: next, payload: outcome.payload, store });
}

interface Whole {
  readonly at: number;
  readonly header: 20 | 40;
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly store?: FragmentStore;
}

/** Goes on in a reassembled datagram, behind a copy of the fixed IP header. */
function resume(to: Layers, whole: Whole): number {
  const { header, payload, protocol, store } = whole;
  const datagram = new Uint8Array(header + payload.length);
  datagram.set(to.bytes.subarray(whole.at, whole.at + header));
  datagram.set(payload, header);
  if (!to.reassembled(datagram)) return LOCATED_MALFORMED;
  to.out[LOC_IP_OFFSET] = 0;
  const end = datagram.length;
  if (store === undefined) return to.transport(protocol, 0, header, end, end);
  return extensions(to, store, { ip: 0, next: protocol, at: header, end, wire: end });
}

/** Authentication header (RFC 4302 §2): its length counts words, less two. */
export function locateAuthenticated(to: Layers, ip: number, at: number, end: number, wire: number): number {
  if (at + 12 > end) return to.doubt("snapped-before-ip");
  const next = to.view.getUint8(at);
  const length = (to.view.getUint8(at + 1) + 2) * 4;
  if (length < 12) return to.doubt("malformed-ip");
  if (at + length > end) return to.doubt("snapped-before-ip");
  return next === AUTHENTICATION ? LOCATED_OTHER : to.transport(next, ip, at + length, end, wire);
}

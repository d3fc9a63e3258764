import type { Layers } from "./layers.ts";
import { LOCATED_MALFORMED, LOCATED_OTHER } from "./slots.ts";

/** Data frames of IEEE 802.11 (§9.2, §9.3.2), and the headers that radios put in front of them. */
export function locateWifi(to: Layers, at: number, end: number, wire: number): number {
  if (at + 24 > end) return LOCATED_OTHER;
  const { view } = to;
  const control = view.getUint8(at);
  const flags = view.getUint8(at + 1);
  // Version 0, type data, and a subtype that carries data (bit 6 says "null").
  if ((control & 0x0f) !== 0x08 || (control & 0x40) !== 0) return LOCATED_OTHER;
  const quality = (control & 0x80) !== 0;
  let length = (flags & 3) === 3 ? 30 : 24;
  let aggregate = false;
  if (quality) {
    if (at + length + 2 > end) return to.doubt("snapped-before-ip");
    aggregate = (view.getUint8(at + length) & 0x80) !== 0;
    length += 2;
    if ((flags & 0x80) !== 0) length += 4;
  }
  if ((flags & 0x40) !== 0) return to.doubt("encrypted-wifi");
  // A fragment past the first holds no header; the first one may hold all that is wanted.
  if ((view.getUint16(at + 22, true) & 0x0f) !== 0) return LOCATED_OTHER;
  if (aggregate) return firstOfAggregate(to, at + length, end, wire);
  const data = at + length + padding(to, at + length, end);
  return to.llc(data, end, wire);
}

/** Some drivers align the payload with two zero bytes. */
function padding(to: Layers, at: number, end: number): number {
  if (at + 4 > end || to.view.getUint16(at, false) !== 0) return 0;
  return to.view.getUint16(at + 2, false) === 0xaaaa ? 2 : 0;
}

/** An A-MSDU (§9.3.2.2): destination, source, length, LLC. A packet has one number: its first TCP counts. */
function firstOfAggregate(to: Layers, from: number, end: number, wire: number): number {
  let at = from;
  let kind = LOCATED_OTHER;
  while (at + 14 <= end) {
    const length = to.view.getUint16(at + 12, false);
    const close = Math.min(wire, at + 14 + length);
    const found = to.llc(at + 14, Math.min(end, close), close);
    if (found !== LOCATED_OTHER && found !== LOCATED_MALFORMED) return found;
    if (found === LOCATED_MALFORMED) kind = found;
    at += 14 + ((length + 3) & ~3);
  }
  return kind;
}

/** Radiotap (radiotap.org): version 0, then the header's length. */
export function locateRadiotap(to: Layers, at: number, end: number, wire: number): number {
  if (at + 8 > end) return to.doubt("snapped-before-ip");
  const length = to.view.getUint16(at + 2, true);
  if (to.view.getUint8(at) !== 0 || length < 8) return to.doubt("malformed-link");
  return to.wifi(at + length, end, wire);
}

/** Prism's monitor header; drivers that were asked for it may write AVS's instead. */
export function locatePrism(to: Layers, at: number, end: number, wire: number): number {
  if (at + 8 > end) return to.doubt("snapped-before-ip");
  if ((to.view.getUint32(at, false) & 0xfffff000) >>> 0 === 0x80211000) return locateAvs(to, at, end, wire);
  const little = to.view.getUint32(at + 4, true);
  const length = little < 65_536 ? little : to.view.getUint32(at + 4, false);
  if (length < 8 || length > 65_535) return to.wifi(at, end, wire);
  return to.wifi(at + length, end, wire);
}

/** AVS capture header: magic, then its length, both big-endian. */
export function locateAvs(to: Layers, at: number, end: number, wire: number): number {
  if (at + 8 > end) return to.doubt("snapped-before-ip");
  const length = to.view.getUint32(at + 4, false);
  if (length < 8 || length > 65_535) return to.doubt("malformed-link");
  return to.wifi(at + length, end, wire);
}

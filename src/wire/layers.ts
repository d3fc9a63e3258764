import type { Doubt } from "./doubts.ts";

/**
 * What a protocol's reader needs of the locator: the bytes, and the way to the next layer. Every
 * layer is given where it starts, where the captured bytes end, and where the packet would end had
 * it been captured whole (`wire`); it returns a LOCATED_ kind. A layer reads nothing at or past `end`.
 */
export interface Layers {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly out: Int32Array;
  link(linkType: number, at: number, end: number, wire: number): number;
  ethernet(at: number, end: number, wire: number): number;
  etherType(type: number, at: number, end: number, wire: number): number;
  /** IPv4 or IPv6, told by the version field. */
  ip(at: number, end: number, wire: number): number;
  ppp(at: number, end: number, wire: number): number;
  llc(at: number, end: number, wire: number): number;
  wifi(at: number, end: number, wire: number): number;
  /** What an IPv4 protocol or IPv6 next-header number stands for, behind an IP header at `ip`. */
  transport(protocol: number, ip: number, at: number, end: number, wire: number): number;
  /** Makes `bytes`, a reassembled datagram, the bytes to go on in; false when layers are too deep. */
  reassembled(bytes: Uint8Array): boolean;
  /** Counts something that could not be read; returns the kind for it. */
  doubt(what: Doubt): number;
}

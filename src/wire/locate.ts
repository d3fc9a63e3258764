import type { Problem } from "../net/problem.ts";
import { type Doubt, DoubtTally } from "./doubts.ts";
import { locateEthernet, locateEtherType, TYPE_IPV4, TYPE_IPV6 } from "./ethernet.ts";
import { locateGre } from "./gre.ts";
import { locateIcmp4, locateIcmp6 } from "./icmp.ts";
import { locateWifi } from "./ieee80211.ts";
import { locateAuthenticated, locateIpv4, locateIpv6 } from "./ip.ts";
import { FragmentStore } from "./ip-fragments.ts";
import type { Layers } from "./layers.ts";
import { locateLink } from "./links.ts";
import { locateLlc } from "./llc.ts";
import { locatePpp } from "./ppp.ts";
import {
  LOC_END,
  LOC_IP_OFFSET,
  LOC_IP_VERSION,
  LOC_KIND,
  LOC_SLOTS,
  LOC_TCP_LENGTH,
  LOC_TCP_OFFSET,
  LOCATED_MALFORMED,
  LOCATED_OTHER,
  LOCATED_TCP,
  LOCATED_UNKNOWN_LINK,
} from "./slots.ts";
import { locateUdp } from "./udp-tunnels.ts";

export * from "./slots.ts";

/** Tags, labels and tunnels that are followed into each other. */
const DEEPEST = 32;
/** The link type of records that hold no packet. */
const LINK_NONE = 0xffff;
const ETHERNET = 1;
const TCP_HEADER = 20;
const EMPTY: Uint8Array = new Uint8Array(0);

/**
 * Finds the innermost TCP header of a packet behind whatever link layers, tags, tunnels, options
 * and fragments lie before it. Never reads outside the packet, never throws, and counts what it
 * could not read. Only fragments and tunnels allocate.
 */
export class Locator implements Layers {
  /** The slots (LOC_ in slots.ts) of the last packet. */
  readonly out: Int32Array = new Int32Array(LOC_SLOTS);
  /** Where the offsets in `out` point: the bytes given, or a reassembled datagram. */
  bytes: Uint8Array = EMPTY;
  view: DataView = new DataView(EMPTY.buffer);
  readonly #fragments = new FragmentStore();
  readonly #doubts = new DoubtTally();
  #depth = 0;

  /** Looks at one packet; returns its kind (LOCATED_ in slots.ts), which is also in `out[LOC_KIND]`. */
  locate(
    view: DataView,
    bytes: Uint8Array,
    start: number,
    captured: number,
    wireLength: number,
    linkType: number,
    _packetNumber: number,
  ): number {
    this.view = view;
    this.bytes = bytes;
    this.#depth = 0;
    const end = start + captured;
    const wire = start + Math.max(wireLength, captured);
    const kind = linkType === ETHERNET ? this.ethernet(start, end, wire) : this.link(linkType, start, end, wire);
    this.out[LOC_KIND] = kind;
    return kind;
  }

  /** What could not be read so far, each kind with how often. */
  problems(): Problem[] {
    const problems = this.#doubts.list();
    const incomplete = this.#fragments.incomplete;
    if (incomplete === 0) return problems;
    const open = new DoubtTally();
    open.add("ip-fragment-incomplete", incomplete);
    return [...problems, ...open.list()];
  }

  link(linkType: number, at: number, end: number, wire: number): number {
    if (linkType === LINK_NONE) return LOCATED_OTHER;
    if (this.#tooDeep()) return LOCATED_MALFORMED;
    const kind = locateLink(this, linkType, at, end, wire);
    if (kind !== undefined) return kind;
    this.#doubts.unknownLink(linkType);
    return LOCATED_UNKNOWN_LINK;
  }

  ethernet(at: number, end: number, wire: number): number {
    if (this.#tooDeep()) return LOCATED_MALFORMED;
    return locateEthernet(this, at, end, wire);
  }

  etherType(type: number, at: number, end: number, wire: number): number {
    if (type === TYPE_IPV4 || type === TYPE_IPV6) return this.ip(at, end, wire);
    if (this.#tooDeep()) return LOCATED_MALFORMED;
    return locateEtherType(this, type, at, end, wire);
  }

  ip(at: number, end: number, wire: number): number {
    if (at >= end) return this.doubt("snapped-before-ip");
    if (this.#tooDeep()) return LOCATED_MALFORMED;
    switch (this.view.getUint8(at) >> 4) {
      case 4:
        return locateIpv4(this, this.#fragments, at, end, wire);
      case 6:
        return locateIpv6(this, this.#fragments, at, end, wire);
      default:
        return this.doubt("malformed-ip");
    }
  }

  ppp(at: number, end: number, wire: number): number {
    return locatePpp(this, at, end, wire);
  }

  llc(at: number, end: number, wire: number): number {
    return locateLlc(this, at, end, wire);
  }

  wifi(at: number, end: number, wire: number): number {
    return locateWifi(this, at, end, wire);
  }

  transport(protocol: number, ip: number, at: number, end: number, wire: number): number {
    if (protocol === 6) return this.#tcp(ip, at, end, wire);
    if (this.#tooDeep()) return LOCATED_MALFORMED;
    switch (protocol) {
      case 17:
        return locateUdp(this, at, end, wire);
      case 1:
        return this.out[LOC_IP_VERSION] === 4 ? locateIcmp4(this, ip, at, end) : LOCATED_OTHER;
      case 58:
        return locateIcmp6(this, ip, at, end);
      case 4: // RFC 2003
      case 41: // RFC 4213 §3
      case 94:
        return this.ip(at, end, wire);
      case 47:
        return locateGre(this, at, end, wire);
      case 51:
        return locateAuthenticated(this, ip, at, end, wire);
      case 50:
        return this.doubt("encrypted-ipsec");
      case 97: // EtherIP (RFC 3378)
        return this.ethernet(at + 2, end, wire);
      case 137: // MPLS in IP (RFC 4023)
        return this.etherType(0x8847, at, end, wire);
      case 143: // SRv6 (RFC 8986 §4.9)
        return this.ethernet(at, end, wire);
      default:
        return LOCATED_OTHER;
    }
  }

  reassembled(bytes: Uint8Array): boolean {
    if (this.#tooDeep()) return false;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return true;
  }

  doubt(what: Doubt): number {
    this.#doubts.add(what);
    return LOCATED_MALFORMED;
  }

  #tcp(ip: number, at: number, end: number, wire: number): number {
    const { out } = this;
    if (at + TCP_HEADER > end) {
      return this.doubt(at + TCP_HEADER > wire ? "malformed-tcp" : "snapped-before-tcp");
    }
    out[LOC_IP_OFFSET] = ip;
    out[LOC_TCP_OFFSET] = at;
    out[LOC_TCP_LENGTH] = wire - at;
    out[LOC_END] = end;
    return LOCATED_TCP;
  }

  #tooDeep(): boolean {
    this.#depth++;
    if (this.#depth <= DEEPEST) return false;
    this.#doubts.add("too-many-layers");
    return true;
  }
}

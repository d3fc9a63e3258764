import {
  locateEnc,
  locateIpnet,
  locateLoopback,
  locateNflog,
  locatePflog,
  locatePktap,
  locatePpi,
  locateSll,
  locateSll2,
} from "./cooked.ts";
import { pppoe } from "./ethernet.ts";
import { locateAvs, locatePrism, locateRadiotap } from "./ieee80211.ts";
import type { Layers } from "./layers.ts";
import { locateFrameRelay } from "./llc.ts";
import {
  locateArcnet,
  locateDocsis,
  locateErf,
  locateEthertypeSwitchTag,
  locateFddi,
  locateFireWire,
  locateSlip,
  locateSunAtm,
  locateSwitchTag,
  locateTokenRing,
} from "./other-links.ts";
import { locateCiscoHdlc, locateDirectedPpp } from "./ppp.ts";

/** Reads a frame of the given link type (tcpdump.org/linktypes.html); undefined when it is not known. */
export function locateLink(to: Layers, linkType: number, at: number, end: number, wire: number): number | undefined {
  switch (linkType) {
    case 1:
      return to.ethernet(at, end, wire);
    case 12: // RAW as most systems number it in files of old
    case 14: // RAW of OpenBSD
    case 101:
    case 228:
    case 229:
      return to.ip(at, end, wire);
    case 0:
    case 108:
      return locateLoopback(to, at, end, wire);
    case 113:
      return locateSll(to, at, end, wire);
    case 276:
      return locateSll2(to, at, end, wire);
    case 9:
      return to.ppp(at, end, wire);
    case 50: // PPP with HDLC framing, or Cisco's
    case 104:
      return locateCiscoHdlc(to, at, end, wire);
    case 51:
      return pppoe(to, at, end, wire);
    case 166:
    case 204:
      return locateDirectedPpp(to, at, end, wire);
    case 105:
      return to.wifi(at, end, wire);
    case 119:
      return locatePrism(to, at, end, wire);
    case 127:
      return locateRadiotap(to, at, end, wire);
    case 163:
      return locateAvs(to, at, end, wire);
    case 192:
      return locatePpi(to, at, end, wire);
    case 239:
      return locateNflog(to, at, end, wire);
    case 258:
      return locatePktap(to, at, end, wire);
    case 117:
      return locatePflog(to, at, end, wire);
    case 109:
      return locateEnc(to, at, end, wire);
    case 226:
      return locateIpnet(to, at, end, wire);
    case 6:
      return locateTokenRing(to, at, end, wire);
    case 8:
      return locateSlip(to, at, end, wire);
    case 10:
      return locateFddi(to, at, end, wire);
    case 100:
      return to.llc(at, end, wire);
    case 107:
      return locateFrameRelay(to, at, end, wire);
    case 122: // IP over Fibre Channel (RFC 2625): a network header of 16 bytes
      return to.llc(at + 16, end, wire);
    case 123:
      return locateSunAtm(to, at, end, wire);
    case 129:
      return locateArcnet(to, at, end, wire);
    case 138:
      return locateFireWire(to, at, end, wire);
    case 143:
      return locateDocsis(to, at, end, wire);
    case 197:
      return locateErf(to, at, end, wire);
    case 240: // netANALYZER: four bytes of state, the frame
      return to.ethernet(at + 4, end, wire);
    case 241: // the same with preamble
      return to.ethernet(at + 12, end, wire);
    case 274: // mPacket: preamble
      return to.ethernet(at + 8, end, wire);
    case 281:
    case 284:
      return locateSwitchTag(to, at, end, wire);
    case 282:
      return to.ethernet(at + 4, end, wire);
    case 285:
      return locateEthertypeSwitchTag(to, at, end, wire);
    default:
      return undefined;
  }
}

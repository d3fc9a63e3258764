import type { Problem } from "../net/problem.ts";
import { linkTypeName } from "./link-type-names.ts";

/** Why a packet could not be read down to TCP. */
export type Doubt = keyof typeof SENTENCES;

const SENTENCES = {
  "snapped-before-tcp":
    "packets captured too short to hold a TCP header (a small snapshot length); they are missing from their flows",
  "snapped-before-ip": "packets captured too short to hold their IP header (a small snapshot length)",
  "malformed-link": "packets whose link-layer headers contradict themselves",
  "malformed-ip": "packets whose IP headers contradict themselves",
  "malformed-tcp": "packets whose IP length leaves no room for a TCP header",
  "malformed-tunnel": "packets whose tunnel headers contradict themselves",
  "encrypted-wifi": "802.11 frames that are encrypted; capture on the wire or on the host instead",
  "encrypted-ipsec": "IPsec packets that are encrypted; capture inside the tunnel's end instead",
  "compressed-headers": "packets with compressed TCP/IP headers (RFC 1144, RFC 2507, RFC 5795)",
  "too-many-layers": "packets with more tunnels or tags in each other than are followed",
  "ip-fragment-incomplete": "IP datagrams whose fragments are not all in the capture; what they carried is unknown",
  "ip-fragment-conflict": "IP datagrams whose fragments overlap or run past their end",
} as const;

/** Counts doubts by kind, without allocating for a packet. */
export class DoubtTally {
  readonly #counts = new Map<Doubt, number>();
  readonly #links = new Map<number, number>();

  add(what: Doubt, count = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + count);
  }

  unknownLink(linkType: number): void {
    this.#links.set(linkType, (this.#links.get(linkType) ?? 0) + 1);
  }

  /** One problem for each kind that occurred. */
  list(): Problem[] {
    const problems: Problem[] = [];
    for (const [linkType, count] of this.#links) {
      const name = linkTypeName(linkType);
      const message = `packets of link type ${linkType}${name === "" ? "" : ` (${name})`} are not read`;
      problems.push({ kind: "unknown-link-type", message, count });
    }
    for (const [kind, count] of this.#counts) problems.push({ kind, message: SENTENCES[kind], count });
    return problems;
  }
}

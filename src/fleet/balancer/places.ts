/** What stands at an address. */
export type PlaceKind = "client" | "server" | "node" | "nat";

/**
 * Every address of the network, in order: its number is what packets and sockets carry (16 bits). A host has one address; so have a
 * balancer node and each address of a translating box.
 */
export class Places {
  readonly kinds: PlaceKind[] = [];
  readonly addresses: string[] = [];
  readonly names: string[] = [];
  readonly zones: number[] = [];
  /** The translating box that packets of this host go through; -1: none. */
  readonly behind: number[] = [];
  /** Stream of the host's dice. */
  readonly dice: number[] = [];
  /** The host is gone: it takes nothing and sends nothing. */
  readonly lost: boolean[] = [];

  add(place: PlaceToBe): number {
    const id = this.kinds.length;
    if (id > 0xffff) throw new RangeError("a simulated network has at most 65,536 addresses");
    this.kinds.push(place.kind);
    this.addresses.push(place.address);
    this.names.push(place.name);
    this.zones.push(place.zone);
    this.behind.push(-1);
    this.dice.push(place.dice);
    this.lost.push(false);
    return id;
  }
}

export interface PlaceToBe {
  readonly kind: PlaceKind;
  readonly name: string;
  readonly address: string;
  readonly zone: number;
  readonly dice: number;
}

/** Addresses by kind and number, within 10.0.0.0/8 (RFC 1918) or fd00::/8 (RFC 4193). */
export function addressOf(kind: PlaceKind, zone: number, number: number, version: 4 | 6): string {
  const [group, low] = [GROUPS[kind] + zone, number + 4];
  if (version === 6) return `fd00::${group.toString(16)}:${low.toString(16)}`;
  return `10.${group}.${low >> 8}.${low & 255}`;
}

/** Zones are added to these. */
const GROUPS: Readonly<Record<PlaceKind, number>> = { node: 10, server: 40, client: 70, nat: 200 };

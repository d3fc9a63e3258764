/** What stands at an address. */
export type PlaceKind = "client" | "server" | "node" | "nat";

/** What a packet must know of a place, as the bits of `traits`. */
export const IS_SERVER = 1;
export const IS_NODE = 2;
export const IS_NAT = 4;
/** The host is gone: it takes nothing and sends nothing. */
export const IS_LOST = 8;
/** Its packets go through a translating box. */
export const IS_BEHIND = 16;

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
  /** The `IS_` bits: a byte a place, so that those of all hosts stay in cache. */
  readonly traits: Uint8Array = new Uint8Array(MOST_PLACES);

  add(place: PlaceToBe): number {
    const id = this.kinds.length;
    if (id >= MOST_PLACES) throw new RangeError("a simulated network has at most 65,536 addresses");
    this.kinds.push(place.kind);
    this.addresses.push(place.address);
    this.names.push(place.name);
    this.zones.push(place.zone);
    this.behind.push(-1);
    this.dice.push(place.dice);
    this.traits[id] = TRAITS[place.kind];
    return id;
  }

  putBehind(place: number, box: number): void {
    this.behind[place] = box;
    this.traits[place] = (this.traits[place] as number) | IS_BEHIND;
  }

  isLost(place: number): boolean {
    return ((this.traits[place] as number) & IS_LOST) !== 0;
  }

  setLost(place: number, lost: boolean): void {
    const traits = (this.traits[place] as number) & ~IS_LOST;
    this.traits[place] = lost ? traits | IS_LOST : traits;
  }
}

const MOST_PLACES = 65_536;
const TRAITS: Readonly<Record<PlaceKind, number>> = { client: 0, server: IS_SERVER, node: IS_NODE, nat: IS_NAT };

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

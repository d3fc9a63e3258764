import { EV_FINGERPRINT_CHANGE, LAST_CHATTER_EVENT } from "./events.ts";
import {
  C_DROPPED,
  H_CHATTER,
  H_EVENTS,
  H_HIGH,
  H_LOW,
  H_PORTS,
  PAGE_BITS,
  PAGE_MASK,
  PAGE_ROWS,
  ROW_SLOTS,
} from "./layout.ts";

/** Chatter events kept for one flow; the rest is counted. */
const CHATTER_PER_FLOW = 1100;
/** Once this many chatter events are kept in all, a flow keeps a few only, so that memory stays bounded. */
const CHATTER_TOTAL = 1_500_000;
const CHATTER_WHEN_FULL = 16;
/** Other events kept in all, 16 bytes each; the rest is counted. */
const RARE_TOTAL = 4_000_000;
const EVENT_SLOTS = 4;
const EVENT_PAGE_BITS = 14;
const EVENT_PAGE_MASK = (1 << EVENT_PAGE_BITS) - 1;
const DIRECTION_BIT = 0x100;

/** One event as read back: which packet of which direction, and a number whose meaning depends on the kind. */
export interface RawEvent {
  readonly kind: number;
  readonly packet: number;
  readonly fromB: boolean;
  readonly value: number;
}

/** Hash of a direction-free key. Small enough for the survey's loop to inline. */
export function keyHash(low: number, high: number, ports: number): number {
  const mixed = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b) ^ Math.imul(ports, 0xc2b2ae35);
  const hash = Math.imul(mixed ^ (mixed >>> 15), 0x27d4eb2f);
  return hash ^ (hash >>> 13);
}

/**
 * The flows of one vantage point and their events, in typed arrays: rows in pages (layout.ts), an
 * open-addressing index for each IP version, a list of events linked backwards from each row.
 * Nothing here is allocated for a packet; pages and index grow as flows appear.
 */
export class FlowTable {
  readonly pages: Int32Array[] = [];
  readonly doubles: Float64Array[] = [];
  /** Rows in use; row number is `tcp.stream`. */
  rows = 0;
  /** Indexes: [hash, row + 1] pairs; 0 in the second slot means empty. */
  index4: Int32Array = new Int32Array(2 * 4096);
  index6: Int32Array = new Int32Array(2 * 1024);
  count4 = 0;
  count6 = 0;
  /** Distinct IPv6 addresses, 16 bytes each. */
  addresses: Uint8Array = new Uint8Array(16 * 64);
  addressCount = 0;
  #addressIndex = new Int32Array(256);
  readonly #eventPages: Int32Array[] = [];
  events = 0;
  #chatter = 0;

  /** Takes the next row; the caller fills it. */
  newRow(): number {
    const row = this.rows++;
    if (row >> PAGE_BITS === this.pages.length) {
      const page = new ArrayBuffer(PAGE_ROWS * ROW_SLOTS * 4);
      this.pages.push(new Int32Array(page));
      this.doubles.push(new Float64Array(page));
    }
    return row;
  }

  /** The page that holds a row. */
  page(row: number): Int32Array {
    return this.pages[row >> PAGE_BITS] as Int32Array;
  }

  /** The same page as doubles; index it with slot / 2. */
  doublePage(row: number): Float64Array {
    return this.doubles[row >> PAGE_BITS] as Float64Array;
  }

  /** Where a row starts in its page. */
  base(row: number): number {
    return (row & PAGE_MASK) * ROW_SLOTS;
  }

  /** The latest row of a four-tuple (key in canonical order), or -1. */
  find(ipv6: boolean, low: number, high: number, ports: number): number {
    const slot = this.#slotOf(ipv6, low, high, ports, keyHash(low, high, ports));
    return ((ipv6 ? this.index6 : this.index4)[slot + 1] as number) - 1;
  }

  /** A new row, entered in the index as the latest of its four-tuple. */
  enter(ipv6: boolean, low: number, high: number, ports: number): number {
    const hash = keyHash(low, high, ports);
    let index = ipv6 ? this.index6 : this.index4;
    let slot = this.#slotOf(ipv6, low, high, ports, hash);
    if (index[slot + 1] === 0) {
      const count = ipv6 ? ++this.count6 : ++this.count4;
      if (count * 4 > index.length) {
        index = this.growIndex(ipv6);
        slot = this.#slotOf(ipv6, low, high, ports, hash);
      }
    }
    const row = this.newRow();
    index[slot] = hash;
    index[slot + 1] = row + 1;
    return row;
  }

  /** Where a key stands in its index, or the empty place where it would. */
  #slotOf(ipv6: boolean, low: number, high: number, ports: number, hash: number): number {
    const index = ipv6 ? this.index6 : this.index4;
    const wrap = index.length - 1;
    for (let slot = (hash << 1) & wrap; ; slot = (slot + 2) & wrap) {
      const entry = index[slot + 1] as number;
      if (entry === 0) return slot;
      if (index[slot] !== hash) continue;
      const page = this.page(entry - 1);
      const base = this.base(entry - 1);
      if (page[base + H_LOW] === low && page[base + H_HIGH] === high && page[base + H_PORTS] === ports) return slot;
    }
  }

  /** Doubles the index of one IP version and spreads its entries anew. */
  growIndex(ipv6: boolean): Int32Array {
    const old = ipv6 ? this.index6 : this.index4;
    const next = new Int32Array(old.length * 2);
    const mask = next.length / 2 - 1;
    for (let i = 0; i < old.length; i += 2) {
      const entry = old[i + 1] as number;
      if (entry === 0) continue;
      const hash = old[i] as number;
      let slot = hash & mask;
      while (next[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
      next[2 * slot] = hash;
      next[2 * slot + 1] = entry;
    }
    if (ipv6) this.index6 = next;
    else this.index4 = next;
    return next;
  }

  /** The number of an IPv6 address (16 bytes at `offset`), new or known. */
  intern(view: DataView, offset: number): number {
    const w0 = view.getInt32(offset);
    const w1 = view.getInt32(offset + 4);
    const w2 = view.getInt32(offset + 8);
    const w3 = view.getInt32(offset + 12);
    let hash = Math.imul(w0 ^ Math.imul(w1, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(w2, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 15) ^ w3, 0x27d4eb2f);
    hash ^= hash >>> 13;
    let mask = this.#addressIndex.length - 1;
    let slot = hash & mask;
    const known = this.#words;
    for (;;) {
      const entry = this.#addressIndex[slot] as number;
      if (entry === 0) break;
      const at = (entry - 1) * 4;
      if (known[at] === w0 && known[at + 1] === w1 && known[at + 2] === w2 && known[at + 3] === w3) {
        return entry - 1;
      }
      slot = (slot + 1) & mask;
    }
    const number = this.addressCount++;
    if (number * 16 === this.addresses.length) this.#growAddresses();
    for (let i = 0; i < 16; i++) this.addresses[number * 16 + i] = view.getUint8(offset + i);
    this.#words.set([w0, w1, w2, w3], number * 4);
    this.#addressHash[number] = hash;
    this.#addressIndex[slot] = number + 1;
    if (this.addressCount * 2 > this.#addressIndex.length) {
      this.#addressIndex = new Int32Array(this.#addressIndex.length * 2);
      mask = this.#addressIndex.length - 1;
      for (let i = 0; i < this.addressCount; i++) {
        slot = (this.#addressHash[i] as number) & mask;
        while (this.#addressIndex[slot] !== 0) slot = (slot + 1) & mask;
        this.#addressIndex[slot] = i + 1;
      }
    }
    return number;
  }

  #words = new Int32Array(4 * 64);
  #addressHash = new Int32Array(64);

  #growAddresses(): void {
    const bytes = new Uint8Array(this.addresses.length * 2);
    bytes.set(this.addresses);
    this.addresses = bytes;
    const words = new Int32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    const hashes = new Int32Array(this.#addressHash.length * 2);
    hashes.set(this.#addressHash);
    this.#addressHash = hashes;
  }

  /** Writes an event down. Frequent kinds are kept up to a bound for each flow and then only counted. */
  note(row: number, kind: number, packet: number, fromB: boolean, value: number): void {
    const page = this.page(row);
    const base = this.base(row);
    if (kind <= LAST_CHATTER_EVENT || kind === EV_FINGERPRINT_CHANGE) {
      const chatter = page[base + H_CHATTER] as number;
      if (chatter >= (this.#chatter < CHATTER_TOTAL ? CHATTER_PER_FLOW : CHATTER_WHEN_FULL)) {
        page[base + C_DROPPED] = (page[base + C_DROPPED] as number) + 1;
        return;
      }
      page[base + H_CHATTER] = chatter + 1;
      this.#chatter++;
    } else if (this.events - this.#chatter >= RARE_TOTAL) {
      page[base + C_DROPPED] = (page[base + C_DROPPED] as number) + 1;
      return;
    }
    const id = this.events++;
    if (id >> EVENT_PAGE_BITS === this.#eventPages.length) {
      this.#eventPages.push(new Int32Array(EVENT_SLOTS << EVENT_PAGE_BITS));
    }
    const events = this.#eventPages[id >> EVENT_PAGE_BITS] as Int32Array;
    const at = (id & EVENT_PAGE_MASK) * EVENT_SLOTS;
    events[at] = packet;
    events[at + 1] = kind | (fromB ? DIRECTION_BIT : 0);
    events[at + 2] = value;
    events[at + 3] = page[base + H_EVENTS] as number;
    page[base + H_EVENTS] = id + 1;
  }

  /** The events of a row in the order they happened. */
  eventsOf(row: number): RawEvent[] {
    const found: RawEvent[] = [];
    let next = this.page(row)[this.base(row) + H_EVENTS] as number;
    while (next !== 0) {
      const id = next - 1;
      const events = this.#eventPages[id >> EVENT_PAGE_BITS] as Int32Array;
      const at = (id & EVENT_PAGE_MASK) * EVENT_SLOTS;
      const kind = events[at + 1] as number;
      found.push({
        kind: kind & 0xff,
        packet: events[at] as number,
        fromB: (kind & DIRECTION_BIT) !== 0,
        value: events[at + 2] as number,
      });
      next = events[at + 3] as number;
    }
    return found.reverse();
  }
}

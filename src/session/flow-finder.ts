import type { FlowTable } from "../flow/flow-table.ts";
import { FL_A_IS_HIGH, FL_IPV6, H_FIRST_PACKET, H_FLAGS, H_HIGH, H_LOW, H_PORTS, H_PREVIOUS } from "../flow/layout.ts";
import { LOC_IP_OFFSET, LOC_IP_VERSION, LOC_TCP_OFFSET } from "../wire/locate.ts";
import type { Direction } from "./payload/chunk.ts";

/** Finds the flow of a packet again in a second read, among a few that are wanted. */
export class FlowFinder {
  /** The direction of the packet found last. */
  direction: Direction = 0;
  readonly #table: FlowTable;
  readonly #rows: ReadonlySet<number>;
  /** The latest row of each wanted four-tuple is what the table's index finds. */
  readonly #latest: Uint8Array;

  constructor(table: FlowTable, rows: ReadonlySet<number>) {
    this.#table = table;
    this.#rows = rows;
    this.#latest = new Uint8Array(table.rows);
    for (const row of rows) {
      const page = table.page(row);
      const base = table.base(row);
      const ipv6 = ((page[base + H_FLAGS] as number) & FL_IPV6) !== 0;
      const [low, high] = [page[base + H_LOW] as number, page[base + H_HIGH] as number];
      this.#latest[table.find(ipv6, low, high, page[base + H_PORTS] as number)] = 1;
    }
  }

  /** The wanted row that a located TCP packet belongs to, or -1; sets `direction`. */
  find(view: DataView, out: Int32Array, packet: number): number {
    const table = this.#table;
    const ipv6 = out[LOC_IP_VERSION] === 6;
    const ip = out[LOC_IP_OFFSET] as number;
    let low = ipv6 ? table.intern(view, ip + 8) : view.getInt32(ip + 12);
    let high = ipv6 ? table.intern(view, ip + 24) : view.getInt32(ip + 16);
    let ports = view.getInt32(out[LOC_TCP_OFFSET] as number);
    const fromHigh = low > high || (low === high && ports >>> 16 > (ports & 0xffff));
    if (fromHigh) {
      [low, high] = [high, low];
      ports = (ports << 16) | (ports >>> 16);
    }
    let row = table.find(ipv6, low, high, ports);
    if (row < 0 || this.#latest[row] !== 1) return -1;
    // Back to the flow of this four-tuple that the packet fell into.
    for (;;) {
      const page = table.page(row);
      const base = table.base(row);
      const previous = page[base + H_PREVIOUS] as number;
      if (previous === 0 || packet >= (page[base + H_FIRST_PACKET] as number)) {
        const aIsHigh = ((page[base + H_FLAGS] as number) & FL_A_IS_HIGH) !== 0;
        this.direction = fromHigh === aIsHigh ? 0 : 1;
        return this.#rows.has(row) ? row : -1;
      }
      row = previous - 1;
    }
  }
}

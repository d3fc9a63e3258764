import type { FlowTable } from "./flow-table.ts";
import {
  C_UNANSWERED,
  C_UNANSWERED_SINCE,
  D_LAST_PACKET,
  D_PACKETS,
  DIR_A,
  DIR_B,
  FL_A_IS_HIGH,
  FL_IPV6,
  FL_SELF,
  FL_SUSPECT,
  FL_SYN_A,
  FL_SYN_ACK,
  FL_SYN_B,
  H_FLAGS,
  H_HIGH,
  H_LOW,
  H_PORTS,
  H_PREVIOUS,
} from "./layout.ts";

/** Retransmissions at the end of a flow, with nothing from the other side, that make it worth a closer look. */
const UNANSWERED_AT_END = 2;
/** More suspects than this are not looked at closely; the result says how many were left aside. */
const MOST_SUSPECTS = 3000;

/** Flows to look at closely, and how many suspects there were beyond the bound. */
export interface Suspects {
  readonly rows: ReadonlySet<number>;
  readonly leftAside: number;
}

/**
 * Picks the flows that a signature may want to see: those that the survey marked, those that end in
 * unanswered retransmissions or SYNs, and their companions (flows from the same client address and
 * port, and earlier flows of the same four-tuple). A healthy capture has none.
 */
export function selectSuspects(table: FlowTable): Suspects {
  const rows = new Set<number>();
  let leftAside = 0;
  for (let row = 0; row < table.rows; row++) {
    if (!isSuspect(table, row)) continue;
    if (rows.size < MOST_SUSPECTS) rows.add(row);
    else leftAside++;
  }
  if (rows.size > 0) addCompanions(table, rows);
  return { rows, leftAside };
}

function isSuspect(table: FlowTable, row: number): boolean {
  const page = table.page(row);
  const base = table.base(row);
  const flags = page[base + H_FLAGS] as number;
  if ((flags & (FL_SUSPECT | FL_SELF)) !== 0) return true;
  if ((flags & (FL_SYN_A | FL_SYN_B)) !== 0 && (flags & FL_SYN_ACK) === 0) {
    return page[base + DIR_A + D_PACKETS] === 0 || page[base + DIR_B + D_PACKETS] === 0;
  }
  return endsUnanswered(page, base, 0, DIR_B) || endsUnanswered(page, base, 1, DIR_A);
}

function endsUnanswered(page: Int32Array, base: number, side: 0 | 1, other: number): boolean {
  return (
    (page[base + C_UNANSWERED + side] as number) >= UNANSWERED_AT_END &&
    page[base + C_UNANSWERED_SINCE + side] === page[base + other + D_LAST_PACKET]
  );
}

/** Adds flows that share an (address, port) end with a suspect, and the earlier flows of its four-tuple. */
function addCompanions(table: FlowTable, rows: Set<number>): void {
  const ends = new Set<number>();
  for (const row of rows) {
    for (const end of clientEnds(table, row)) ends.add(end);
  }
  const most = 2 * rows.size + 64;
  let added = 0;
  for (const row of [...rows]) {
    let previous = table.page(row)[table.base(row) + H_PREVIOUS] as number;
    for (let depth = 0; previous !== 0 && depth < 4; depth++) {
      rows.add(previous - 1);
      previous = table.page(previous - 1)[table.base(previous - 1) + H_PREVIOUS] as number;
    }
  }
  for (let row = 0; row < table.rows && added < most; row++) {
    if (rows.has(row) || !clientEnds(table, row).some((end) => ends.has(end))) continue;
    rows.add(row);
    added++;
  }
}

/**
 * The client's (address, port) of a row as one number; without a SYN the end with the higher port.
 * Addresses of the two IP versions may collide here, which costs a needless look and nothing else.
 */
function clientEnds(table: FlowTable, row: number): number[] {
  const page = table.page(row);
  const base = table.base(row);
  const flags = page[base + H_FLAGS] as number;
  const ports = page[base + H_PORTS] as number;
  const shift = (flags & FL_IPV6) !== 0 ? 0.5 : 0;
  const low = ((page[base + H_LOW] as number) >>> 0) * 65536 + (ports >>> 16) + shift;
  const high = ((page[base + H_HIGH] as number) >>> 0) * 65536 + (ports & 0xffff) + shift;
  const a = (flags & FL_A_IS_HIGH) !== 0 ? high : low;
  const b = (flags & FL_A_IS_HIGH) !== 0 ? low : high;
  if ((flags & FL_SYN_A) !== 0) return [a];
  if ((flags & (FL_SYN_B | FL_SYN_ACK)) !== 0) return [b];
  return [ports >>> 16 > (ports & 0xffff) ? low : high];
}

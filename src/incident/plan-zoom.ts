import type { FlowTable } from "../flow/flow-table.ts";
import { D_BASE, DIR_A, DIR_B, FL_SYN_A, FL_SYN_B, H_FLAGS, H_PORTS } from "../flow/layout.ts";
import { selectSuspects } from "../flow/select-suspects.ts";
import type { Surveyed } from "./surveyed.ts";

/** Which flows of each capture are looked at closely. */
export interface ZoomPlan {
  /** Rows for each capture, in the order of the captures. */
  readonly rows: readonly ReadonlySet<number>[];
  readonly leftAside: number;
}

/**
 * Suspects of every capture, and the flows that are the same connections seen once more: in another
 * capture, or in the same one where it was taken on a box that translates. They have the same
 * initial numbers, also where addresses and ports were rewritten on the way. `withKeys`: there are secrets to
 * decrypt with, so that a planned going away can be told from others.
 */
export function planZoom(captures: readonly Surveyed[], withKeys = false): ZoomPlan {
  const suspects = captures.map((capture) => selectSuspects(capture.table, withKeys));
  const rows = suspects.map((s) => new Set(s.rows));
  const wanted = new Set<number>();
  for (const [i, capture] of captures.entries()) {
    for (const row of rows[i] ?? []) wanted.add(identityOf(capture.table, row));
  }
  if (wanted.size > 0) {
    for (const [i, capture] of captures.entries()) addSame(capture.table, wanted, rows[i] as Set<number>);
  }
  return { rows, leftAside: suspects.reduce((sum, s) => sum + s.leftAside, 0) };
}

/** A scanner gives all its SYNs one initial number, so that the bound is on what is found, not only on what is wanted. */
function addSame(table: FlowTable, wanted: ReadonlySet<number>, rows: Set<number>): void {
  const most = rows.size + 2 * wanted.size + 64;
  for (let row = 0; row < table.rows && rows.size < most; row++) {
    if (wanted.has(identityOf(table, row))) rows.add(row);
  }
}

/** The client's initial number; where the handshake was not captured, the two ports stand in (negative). */
function identityOf(table: FlowTable, row: number): number {
  const page = table.page(row);
  const base = table.base(row);
  const flags = page[base + H_FLAGS] as number;
  if ((flags & (FL_SYN_A | FL_SYN_B)) === 0) return -1 - ((page[base + H_PORTS] as number) >>> 0);
  const client = (flags & FL_SYN_A) !== 0 ? DIR_A : DIR_B;
  return (page[base + client + D_BASE] as number) >>> 0;
}

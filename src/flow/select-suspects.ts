import type { FlowTable } from "./flow-table.ts";
import {
  C_FIN,
  C_UNANSWERED,
  C_UNANSWERED_SINCE,
  D_BYTES,
  D_LAST_PACKET,
  D_LAST_TIME,
  D_PACKETS,
  DIR_A,
  DIR_B,
  FL_A_IS_HIGH,
  FL_CHALLENGED,
  FL_ESTABLISHED,
  FL_FIN_A,
  FL_FIN_B,
  FL_FOREIGN_ACK,
  FL_IPV6,
  FL_OVERTAKEN,
  FL_RST,
  FL_SELF,
  FL_SUSPECT,
  FL_SYN_A,
  FL_SYN_ACK,
  FL_SYN_B,
  FL_TLS,
  H_FIRST_TIME,
  H_FLAGS,
  H_HIGH,
  H_LOW,
  H_PORTS,
  H_PREVIOUS,
  H_SILENCE,
  H_SILENCE_PACKET,
} from "./layout.ts";

/** Retransmissions or keepalive probes at the end of a flow, with nothing from the other side, that make it worth a closer look. */
const UNANSWERED_AT_END = 2;
/** More suspects than this are not looked at closely; the result says how many were left aside. */
const MOST_SUSPECTS = 3000;

/** Flows to a failing destination that are looked at with it, and how near in time (ns) they must be. */
const MOST_AT_DESTINATION = 64;
const AROUND = 10e9;

/** Flows to look at closely, and how many suspects there were beyond the bound. */
export interface Suspects {
  readonly rows: ReadonlySet<number>;
  readonly leftAside: number;
}

/**
 * Picks the flows that a signature may want to see: those that the survey marked, those that end in
 * unanswered retransmissions or SYNs, and their companions (flows from the same client address and
 * port, earlier flows of the same four-tuple, and for failed attempts flows to the same destination
 * at the time). A healthy capture has none, unless there are secrets to decrypt with (`withKeys`).
 */
export function selectSuspects(table: FlowTable, withKeys = false): Suspects {
  // A flood of SYNs must not push the connections aside, nor they the failed attempts: each kind has at least half the room.
  const attempts: number[] = [];
  const connections: number[] = [];
  const rare: number[] = [];
  let mute = 0;
  for (let row = 0; row < table.rows; row++) {
    if (!isSuspect(table, row) && !(mute < MOST_MUTE && closedMutely(table, row) && ++mute > 0)) continue;
    (isRare(table, row) ? rare : isAttempt(table, row) ? attempts : connections).push(row);
  }
  const room = Math.max(MOST_SUSPECTS / 2, MOST_SUSPECTS - attempts.length);
  const rows = new Set([...rare, ...connections].slice(0, room));
  for (const row of attempts.slice(0, MOST_SUSPECTS - rows.size)) rows.add(row);
  const leftAside = attempts.length + connections.length + rare.length - rows.size;
  if (withKeys) addEncrypted(table, rows);
  if (rows.size > 0) {
    const failed = failedAttempts(table, rows);
    addSameClientPort(table, rows);
    if (failed.size > 0) addSameDestination(table, rows, failed);
    addClosedTogether(table, rows);
  }
  return { rows, leftAside };
}

/** Flows that can perhaps be decrypted and are read for what was said on them, without any other suspicion. */
const MOST_ENCRYPTED = 2000;

function addEncrypted(table: FlowTable, rows: Set<number>): void {
  const most = rows.size + MOST_ENCRYPTED;
  for (let row = 0; row < table.rows && rows.size < most; row++) {
    if (((table.page(row)[table.base(row) + H_FLAGS] as number) & FL_TLS) !== 0) rows.add(row);
  }
}

/** What tells most and happens least: two connections at one four-tuple, numbers of another connection. */
function isRare(table: FlowTable, row: number): boolean {
  return (
    ((table.page(row)[table.base(row) + H_FLAGS] as number) & (FL_OVERTAKEN | FL_CHALLENGED | FL_FOREIGN_ACK)) !== 0
  );
}

/** A SYN was sent and nothing was opened. */
function isAttempt(table: FlowTable, row: number): boolean {
  const flags = table.page(row)[table.base(row) + H_FLAGS] as number;
  return (flags & (FL_SYN_A | FL_SYN_B)) !== 0 && (flags & FL_SYN_ACK) === 0;
}

function isSuspect(table: FlowTable, row: number): boolean {
  const page = table.page(row);
  const base = table.base(row);
  const flags = page[base + H_FLAGS] as number;
  if ((flags & FL_SUSPECT) !== 0) return true;
  // On a loopback interface every flow has one address at both ends; those that were opened are as healthy as any.
  if ((flags & FL_SELF) !== 0 && (flags & FL_ESTABLISHED) === 0) return true;
  if ((flags & (FL_SYN_A | FL_SYN_B)) !== 0 && (flags & FL_SYN_ACK) === 0) {
    return page[base + DIR_A + D_PACKETS] === 0 || page[base + DIR_B + D_PACKETS] === 0;
  }
  return endsUnanswered(page, base, 0, DIR_B) || endsUnanswered(page, base, 1, DIR_A);
}

/** Connections on which the client sent something and FIN, and the server closed without a byte: no more than these are looked at. */
const MOST_MUTE = 256;

/** The client closed its sending side first, and nothing ever came from the server but its own FIN. */
function closedMutely(table: FlowTable, row: number): boolean {
  const page = table.page(row);
  const base = table.base(row);
  const flags = page[base + H_FLAGS] as number;
  if ((flags & (FL_SYN_A | FL_SYN_B | FL_RST)) !== FL_SYN_A || (flags & FL_FIN_A) === 0 || (flags & FL_FIN_B) === 0)
    return false;
  if ((page[base + C_FIN] as number) > (page[base + C_FIN + 1] as number)) return false;
  const doubles = table.doublePage(row);
  return doubles[(base + DIR_B + D_BYTES) >> 1] === 0 && (doubles[(base + DIR_A + D_BYTES) >> 1] as number) > 0;
}

function endsUnanswered(page: Int32Array, base: number, side: 0 | 1, other: number): boolean {
  return (
    (page[base + C_UNANSWERED + side] as number) >= UNANSWERED_AT_END &&
    page[base + C_UNANSWERED_SINCE + side] === page[base + other + D_LAST_PACKET]
  );
}

/** Adds flows from the same client address and port as a suspect, and the earlier flows of its four-tuple. */
function addSameClientPort(table: FlowTable, rows: Set<number>): void {
  const ends = new Set<number>();
  for (const row of rows) ends.add(endsOf(table, row).client);
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
    if (rows.has(row) || !ends.has(endsOf(table, row).client)) continue;
    rows.add(row);
    added++;
  }
}

/** When attempts at a destination failed: the first and the last. */
interface Failure {
  from: number;
  to: number;
  /** Flows to the same destination added so far. */
  added: number;
}

/** Destinations of suspects that were never opened (unanswered or refused), by server end. */
function failedAttempts(table: FlowTable, rows: ReadonlySet<number>): Map<number, Failure> {
  const failed = new Map<number, Failure>();
  for (const row of rows) {
    if (!isAttempt(table, row)) continue;
    const { from, to } = timesOf(table, row);
    const known = failed.get(endsOf(table, row).server);
    if (known === undefined) failed.set(endsOf(table, row).server, { from, to, added: 0 });
    else {
      known.from = Math.min(known.from, from);
      known.to = Math.max(known.to, to);
    }
  }
  return failed;
}

/** Adds flows that reached a failing destination, around the time when others failed. */
function addSameDestination(table: FlowTable, rows: Set<number>, failed: ReadonlyMap<number, Failure>): void {
  for (let row = 0; row < table.rows; row++) {
    const failure = failed.get(endsOf(table, row).server);
    if (failure === undefined || failure.added >= MOST_AT_DESTINATION || rows.has(row)) continue;
    const { from, to } = timesOf(table, row);
    // One that is open and idle still holds its port; one that ended long before does not matter.
    if (from > failure.to + AROUND || (to < failure.from - AROUND && hasEnded(table, row))) continue;
    rows.add(row);
    failure.added++;
  }
}

/** Connections that one end closed with FIN and that met a RST: what else closed at that server then tells whether it was all of them. */
const CLOSED_TOGETHER = 2e9;

/** Adds idle flows of one server that were closed about when a suspect's close met a RST. */
function addClosedTogether(table: FlowTable, rows: Set<number>): void {
  const closes = new Map<number, Failure>();
  for (const row of rows) {
    const flags = table.page(row)[table.base(row) + H_FLAGS] as number;
    if ((flags & FL_RST) === 0 || (flags & (FL_FIN_A | FL_FIN_B)) === 0) continue;
    const { server } = endsOf(table, row);
    const { to } = timesOf(table, row);
    const known = closes.get(server);
    if (known === undefined) closes.set(server, { from: to, to, added: 0 });
    // Closes that lie apart are no common close: the first is looked at with its fellows.
    else if (to <= known.to + CLOSED_TOGETHER) known.to = Math.max(known.to, to);
  }
  if (closes.size === 0) return;
  for (let row = 0; row < table.rows; row++) {
    const close = closes.get(endsOf(table, row).server);
    if (close === undefined || close.added >= MOST_AT_DESTINATION || rows.has(row)) continue;
    const { to } = timesOf(table, row);
    if (!closedIdle(table, row) || to < close.from - CLOSED_TOGETHER || to > close.to + CLOSED_TOGETHER) continue;
    rows.add(row);
    close.added++;
  }
}

/** A FIN ended the longest silence of the flow, a second at the least. */
function closedIdle(table: FlowTable, row: number): boolean {
  const page = table.page(row);
  const base = table.base(row);
  const silence = table.doublePage(row)[(base + H_SILENCE) / 2] as number;
  const ended = page[base + H_SILENCE_PACKET] as number;
  return silence >= 1e9 && (ended === page[base + C_FIN] || ended === page[base + C_FIN + 1]);
}

function hasEnded(table: FlowTable, row: number): boolean {
  const flags = table.page(row)[table.base(row) + H_FLAGS] as number;
  return (flags & FL_RST) !== 0 || (flags & (FL_FIN_A | FL_FIN_B)) === (FL_FIN_A | FL_FIN_B);
}

function timesOf(table: FlowTable, row: number): { readonly from: number; readonly to: number } {
  const doubles = table.doublePage(row);
  const half = table.base(row) / 2;
  const from = doubles[half + H_FIRST_TIME / 2] as number;
  const a = doubles[half + (DIR_A + D_LAST_TIME) / 2] as number;
  const b = doubles[half + (DIR_B + D_LAST_TIME) / 2] as number;
  return { from, to: Math.max(from, a, b) };
}

/**
 * The (address, port) of each end as one number; without a SYN the client is the end with the higher port.
 * Addresses of the two IP versions may collide here, which costs a needless look and nothing else.
 */
function endsOf(table: FlowTable, row: number): { readonly client: number; readonly server: number } {
  const page = table.page(row);
  const base = table.base(row);
  const flags = page[base + H_FLAGS] as number;
  const ports = page[base + H_PORTS] as number;
  const shift = (flags & FL_IPV6) !== 0 ? 0.5 : 0;
  const low = ((page[base + H_LOW] as number) >>> 0) * 65536 + (ports >>> 16) + shift;
  const high = ((page[base + H_HIGH] as number) >>> 0) * 65536 + (ports & 0xffff) + shift;
  const aIsHigh = (flags & FL_A_IS_HIGH) !== 0;
  const clientIsA = (flags & FL_SYN_A) !== 0;
  const seen = clientIsA || (flags & (FL_SYN_B | FL_SYN_ACK)) !== 0;
  const clientIsHigh = seen ? clientIsA === aIsHigh : ports >>> 16 <= (ports & 0xffff);
  return clientIsHigh ? { client: high, server: low } : { client: low, server: high };
}

import { type Endpoint, printEndpoint } from "../net/endpoint.ts";
import type { Nanoseconds } from "../net/time.ts";
import type { FlowTable } from "./flow-table.ts";
import {
  C_SYN_TIME,
  D_BYTES,
  D_FINGERPRINT,
  D_PACKETS,
  DIR_A,
  DIR_B,
  FL_A_IS_HIGH,
  FL_ESTABLISHED,
  FL_IPV6,
  FL_RST,
  FL_SYN_A,
  FL_SYN_ACK,
  FL_SYN_B,
  H_FLAGS,
  H_HIGH,
  H_LOW,
  H_PORTS,
} from "./layout.ts";
import { endpointsOf } from "./read-flow.ts";

/** How many connection attempts to a destination one vantage point saw, and what became of them. */
export interface Destination {
  readonly endpoint: Endpoint;
  /** Flows that began with a SYN towards it. */
  readonly attempts: number;
  /** Of those, flows that got a SYN-ACK. */
  readonly answered: number;
  /** Attempts that got no TCP answer at all (an ICMP error is no TCP answer). */
  readonly unanswered: number;
  /** Flows with payload from it. */
  readonly working: number;
  /** TTLs (or hop limits) of its own first packets on flows that it answered. */
  readonly ttls: readonly number[];
  /** When the first and the last attempt that it answered began: ns since the capture's epoch. */
  readonly answeredFrom: Nanoseconds | undefined;
  readonly answeredTo: Nanoseconds | undefined;
}

interface Tally {
  readonly row: number;
  readonly server: 0 | 1;
  attempts: number;
  answered: number;
  unanswered: number;
  working: number;
  readonly ttls: Set<number>;
  answeredFrom: Nanoseconds | undefined;
  answeredTo: Nanoseconds | undefined;
}

/** Distinct destinations kept; a scan of more is cut here. */
const MOST_DESTINATIONS = 65_536;

/** Sums up the flows of a table by destination, keyed by `printEndpoint`. */
export function destinationsOf(table: FlowTable): ReadonlyMap<string, Destination> {
  const tallies = new Map<number, Tally>();
  for (let row = 0; row < table.rows; row++) tally(table, row, tallies);
  const found = new Map<string, Destination>();
  for (const entry of tallies.values()) {
    const { row, server, ttls, ...counts } = entry;
    const endpoint = endpointsOf(table, row)[server];
    found.set(printEndpoint(endpoint), { endpoint, ...counts, ttls: [...ttls].sort((a, b) => a - b) });
  }
  return found;
}

function tally(table: FlowTable, row: number, tallies: Map<number, Tally>): void {
  const page = table.page(row);
  const base = table.base(row);
  const flags = page[base + H_FLAGS] as number;
  if ((flags & (FL_SYN_A | FL_SYN_B | FL_SYN_ACK)) === 0) return;
  // The server is b when a sent the SYN, a when b did or when a sent the SYN-ACK.
  const server: 0 | 1 = (flags & FL_SYN_A) !== 0 ? 1 : 0;
  const ports = page[base + H_PORTS] as number;
  const serverIsHigh = ((flags & FL_A_IS_HIGH) !== 0) === (server === 0);
  const address = (page[base + (serverIsHigh ? H_HIGH : H_LOW)] as number) >>> 0;
  const port = serverIsHigh ? ports & 0xffff : ports >>> 16;
  const key = (address * 65536 + port) * 2 + ((flags & FL_IPV6) !== 0 ? 1 : 0);
  let entry = tallies.get(key);
  if (entry === undefined) {
    if (tallies.size >= MOST_DESTINATIONS) return;
    entry = {
      row,
      server,
      attempts: 0,
      answered: 0,
      unanswered: 0,
      working: 0,
      ttls: new Set(),
      answeredFrom: undefined,
      answeredTo: undefined,
    };
    tallies.set(key, entry);
  }
  const direction = base + (server === 0 ? DIR_A : DIR_B);
  const half = base / 2;
  const doubles = table.doublePage(row);
  entry.attempts++;
  if ((flags & FL_SYN_ACK) !== 0) {
    entry.answered++;
    entry.ttls.add((page[direction + D_FINGERPRINT] as number) & 0xff);
    const began = doubles[half + C_SYN_TIME / 2] as number;
    if (entry.answeredFrom === undefined || began < entry.answeredFrom) entry.answeredFrom = began;
    if (entry.answeredTo === undefined || began > entry.answeredTo) entry.answeredTo = began;
  } else if (page[direction + D_PACKETS] === 0 && (flags & (FL_RST | FL_ESTABLISHED)) === 0) {
    entry.unanswered++;
  }
  if ((doubles[(direction + D_BYTES) / 2] as number) > 0) entry.working++;
}

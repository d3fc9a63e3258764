import { printIPv4, printIPv6 } from "../net/address.ts";
import type { Endpoint } from "../net/endpoint.ts";
import { EV_FIN, EV_PORT_REUSED, EV_RST, EV_SYN, EV_SYN_ACK, EVENT_NAMES, type EventName } from "./events.ts";
import type { Flow, FlowState } from "./flow.ts";
import type { FlowTable, RawEvent } from "./flow-table.ts";
import {
  C_DROPPED,
  C_FIN,
  C_RST,
  C_SYN,
  D_BASE,
  D_BYTES,
  D_FINGERPRINT,
  D_LAST_TIME,
  D_PACKETS,
  DIR_A,
  DIR_B,
  FL_A_IS_HIGH,
  FL_ESTABLISHED,
  FL_FIN_A,
  FL_FIN_B,
  FL_IPV6,
  FL_RST,
  FL_SYN_A,
  FL_SYN_ACK,
  FL_SYN_B,
  H_FIRST_PACKET,
  H_FIRST_RTT,
  H_FIRST_TIME,
  H_FLAGS,
  H_HIGH,
  H_LAST_PACKET,
  H_LOW,
  H_PORTS,
  H_PREVIOUS,
  H_SILENCE,
  H_SILENCE_PACKET,
} from "./layout.ts";

/** A row of the table as a value that people and signatures can read. */
export function readFlow(table: FlowTable, row: number): Flow {
  const page = table.page(row);
  const base = table.base(row);
  const doubles = table.doublePage(row);
  const half = base / 2;
  const slot = (n: number): number => page[base + n] as number;
  const double = (n: number): number => doubles[half + n / 2] as number;
  const flags = slot(H_FLAGS);
  const [a, b] = endpointsOf(table, row);
  const events = table.eventsOf(row);
  const syn: number[] = [];
  const synAck: number[] = [];
  for (const side of [0, 1] as const) {
    const packet = slot(C_SYN + side);
    if (packet === 0) continue;
    const signed = side === 0 ? packet : -packet;
    if ((flags & (side === 0 ? FL_SYN_A : FL_SYN_B)) !== 0) syn.push(signed);
    else synAck.push(signed);
  }
  const client = clientSide(flags, a, b);
  return {
    stream: row,
    a,
    b,
    client: client.side,
    clientSeen: client.seen,
    state: stateOf(flags, slot(DIR_A + D_PACKETS), slot(DIR_B + D_PACKETS)),
    packets: [slot(DIR_A + D_PACKETS), slot(DIR_B + D_PACKETS)],
    bytes: [double(DIR_A + D_BYTES), double(DIR_B + D_BYTES)],
    firstPacket: slot(H_FIRST_PACKET),
    lastPacket: slot(H_LAST_PACKET),
    from: double(H_FIRST_TIME),
    to: Math.max(
      slot(DIR_A + D_PACKETS) > 0 ? double(DIR_A + D_LAST_TIME) : -Infinity,
      slot(DIR_B + D_PACKETS) > 0 ? double(DIR_B + D_LAST_TIME) : -Infinity,
      double(H_FIRST_TIME),
    ),
    firstRtt: double(H_FIRST_RTT),
    syn: withMore(syn, events, EV_SYN),
    synAck: withMore(synAck, events, EV_SYN_ACK),
    fin: withMore(firstOfSides(slot(C_FIN), slot(C_FIN + 1)), events, EV_FIN),
    rst: withMore(firstOfSides(slot(C_RST), slot(C_RST + 1)), events, EV_RST),
    events: withFirstSynAck(byName(events), table, row, events),
    eventsDropped: slot(C_DROPPED),
    silence: { length: double(H_SILENCE), packet: slot(H_SILENCE_PACKET) },
    ttl: [ttls(slot(DIR_A + D_FINGERPRINT)), ttls(slot(DIR_B + D_FINGERPRINT))],
    previous: slot(H_PREVIOUS) === 0 ? undefined : slot(H_PREVIOUS) - 1,
  };
}

/** The two ends of a row: a sent the first packet. */
export function endpointsOf(table: FlowTable, row: number): readonly [Endpoint, Endpoint] {
  const page = table.page(row);
  const base = table.base(row);
  const flags = page[base + H_FLAGS] as number;
  const ports = page[base + H_PORTS] as number;
  const print = (value: number): string =>
    (flags & FL_IPV6) !== 0 ? printIPv6(table.addresses, value * 16) : printIPv4(value);
  const low: Endpoint = { address: print(page[base + H_LOW] as number), port: ports >>> 16 };
  const high: Endpoint = { address: print(page[base + H_HIGH] as number), port: ports & 0xffff };
  return (flags & FL_A_IS_HIGH) !== 0 ? [high, low] : [low, high];
}

function clientSide(flags: number, a: Endpoint, b: Endpoint): { readonly side: "a" | "b"; readonly seen: boolean } {
  if ((flags & FL_SYN_A) !== 0) return { side: "a", seen: true };
  if ((flags & FL_SYN_B) !== 0) return { side: "b", seen: true };
  if ((flags & FL_SYN_ACK) !== 0) return { side: "b", seen: true };
  return { side: a.port >= b.port ? "a" : "b", seen: false };
}

function stateOf(flags: number, fromA: number, fromB: number): FlowState {
  const asked = (flags & (FL_SYN_A | FL_SYN_B)) !== 0;
  if (fromA + fromB === 0) return "quoted";
  if ((flags & FL_RST) !== 0) {
    return asked && (flags & (FL_SYN_ACK | FL_ESTABLISHED)) === 0 ? "refused" : "reset";
  }
  const fins = flags & (FL_FIN_A | FL_FIN_B);
  if (fins === (FL_FIN_A | FL_FIN_B)) return "closed";
  if (fins !== 0) return "half-closed";
  if ((flags & FL_ESTABLISHED) !== 0) return "open";
  if (asked && (flags & FL_SYN_ACK) === 0 && (fromA === 0 || fromB === 0)) return "unanswered";
  if (asked || (flags & FL_SYN_ACK) !== 0) return "opening";
  return "partial";
}

/** The packet numbers of both directions in order, b's negative. */
function firstOfSides(a: number, b: number): number[] {
  const found: number[] = [];
  if (a !== 0) found.push(a);
  if (b !== 0) found.push(-b);
  return found;
}

function withMore(first: number[], events: readonly RawEvent[], kind: number): number[] {
  for (const event of events) {
    if (event.kind === kind) first.push(event.fromB ? -event.packet : event.packet);
  }
  return first.sort((x, y) => Math.abs(x) - Math.abs(y));
}

function byName(events: readonly RawEvent[]): Partial<Record<EventName, number[]>> {
  const found: Partial<Record<EventName, number[]>> = {};
  for (const event of events) {
    if (event.kind >= EV_SYN && event.kind <= EV_RST) continue;
    const name = EVENT_NAMES[event.kind] as EventName;
    const list = found[name];
    if (list === undefined) found[name] = [event.packet];
    else list.push(event.packet);
  }
  return found;
}

/**
 * SYN-ACKs with different numbers on one flow contradict each other; Wireshark, which reads twice,
 * marks the first of them too unless the last one has its number.
 */
function withFirstSynAck(
  named: Partial<Record<EventName, number[]>>,
  table: FlowTable,
  row: number,
  events: readonly RawEvent[],
): Partial<Record<EventName, number[]>> {
  const base = table.base(row);
  const page = table.page(row);
  const conflict = events.find((e) => e.kind === EV_PORT_REUSED && e.packet !== page[base + H_FIRST_PACKET]);
  if (conflict === undefined) return named;
  const side = conflict.fromB ? 1 : 0;
  const first = page[base + C_SYN + side] as number;
  const last = page[base + (conflict.fromB ? DIR_B : DIR_A) + D_BASE] as number;
  const wasSyn = ((page[base + H_FLAGS] as number) & (conflict.fromB ? FL_SYN_B : FL_SYN_A)) !== 0;
  if (!wasSyn && conflict.value !== last && first !== 0 && first < conflict.packet) named.portReused?.unshift(first);
  return named;
}

function ttls(print: number): readonly [number, number] {
  return [print & 0xff, (print >>> 8) & 0xff];
}

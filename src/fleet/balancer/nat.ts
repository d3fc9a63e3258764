/**
 * A translating box in front of clients (a NAT gateway): every client's connection leaves with one of its addresses and, where it can,
 * with the client's own port. A port serves one connection for each destination (endpoint-dependent mapping), as Linux masquerading
 * does. A SYN for which no port is free is dropped. Rows live for five days, a minute after both FINs or a RST
 * (nf_conntrack_tcp_timeout_established; the short ones are rounded).
 */
import * as tcpFlags from "../../net/tcp-flags.ts";
import { mix } from "../engine/dice.ts";
import * as endpoints from "../engine/endpoint.ts";
import { TupleTable } from "../engine/tuple-table.ts";
import type { Kernel } from "../kernel/kernel.ts";
import * as packetLayout from "../kernel/packets.ts";
import * as flowLayout from "./flow-rows.ts";
import { FlowRows } from "./flow-rows.ts";
import type { Links } from "./links.ts";

const { ACK, FIN, RST, SYN } = tcpFlags;
const { endpoint, placeOf, portOf } = endpoints;
const { P_FLAGS, P_FROM, P_TO, P_TTL_ID, PACKET_WORDS } = packetLayout;
const {
  C_FIN_CLIENT,
  C_FIN_TARGET,
  C_RESET,
  FLOW_TIMES,
  FLOW_WORDS,
  W_CLIENT,
  W_CLOSING,
  W_LAST,
  W_NODE,
  W_ORDER_CLIENT,
  W_ORDER_TARGET,
  W_OUTSIDE,
} = flowLayout;

export class Nat {
  /** Connections for which no port was free. */
  portErrors = 0;
  readonly #kernel: Kernel;
  readonly #links: Links;
  readonly #low: number;
  readonly #high: number;
  readonly #rows: FlowRows = new FlowRows();
  /** By the client's four-tuple, and by the outside one. */
  readonly #inside: TupleTable = new TupleTable();
  readonly #outside: TupleTable = new TupleTable();

  constructor(kernel: Kernel, links: Links, portRange: readonly [number, number]) {
    this.#kernel = kernel;
    this.#links = links;
    [this.#low, this.#high] = portRange;
  }

  /** A packet arrived at one of the box's addresses, from either side. */
  forward(packet: number, nat: number): void {
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    if (placeOf(rows[p + P_TO] as number) === nat) this.#inward(packet, nat);
    else this.#outward(packet, nat);
  }

  #outward(packet: number, nat: number): void {
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    const flags = rows[p + P_FLAGS] as number;
    const client = rows[p + P_FROM] as number;
    const remote = rows[p + P_TO] as number;
    let row = this.#inside.get(client, remote);
    if (row < 0 && (flags & (SYN | ACK | RST)) === SYN) row = this.#open(client, remote, nat);
    if (row < 0) {
      this.#links.drop(packet);
      return;
    }
    this.#touch(row, flags, C_FIN_CLIENT);
    rows[p + P_FROM] = this.#rows.words[row * FLOW_WORDS + W_OUTSIDE] as number;
    rows[p + P_TTL_ID] = (rows[p + P_TTL_ID] as number) - (1 << 16);
    this.#links.tap?.forwarded(packet, nat);
    this.#links.cross(packet, placeOf(remote), this.#rows.times, row * FLOW_TIMES + W_ORDER_TARGET);
  }

  #inward(packet: number, nat: number): void {
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    const row = this.#outside.get(rows[p + P_TO] as number, rows[p + P_FROM] as number);
    if (row < 0) {
      this.#links.drop(packet);
      return;
    }
    this.#touch(row, rows[p + P_FLAGS] as number, C_FIN_TARGET);
    const client = this.#rows.words[row * FLOW_WORDS + W_CLIENT] as number;
    rows[p + P_TO] = client;
    rows[p + P_TTL_ID] = (rows[p + P_TTL_ID] as number) - (1 << 16);
    this.#links.tap?.forwarded(packet, nat);
    this.#links.cross(packet, placeOf(client), this.#rows.times, row * FLOW_TIMES + W_ORDER_CLIENT);
  }

  #open(client: number, remote: number, nat: number): number {
    const outside = this.#freeEnd(nat, client, remote);
    if (outside === 0) {
      this.portErrors++;
      return -1;
    }
    const row = this.#rows.take();
    const w = row * FLOW_WORDS;
    const words = this.#rows.words;
    words[w + W_CLIENT] = client;
    words[w + W_NODE] = remote;
    words[w + W_OUTSIDE] = outside;
    this.#inside.set(client, remote, row);
    this.#outside.set(outside, remote, row);
    return row;
  }

  /** The box's own end of a new connection; 0: no port is free. */
  #freeEnd(nat: number, client: number, remote: number): number {
    const wanted = portOf(client);
    const same = endpoint(nat, wanted);
    if (wanted >= this.#low && wanted <= this.#high && this.#isFree(same, remote)) return same;
    const count = this.#high - this.#low + 1;
    const from = (mix(mix(placeOf(client), wanted), remote) >>> 0) % count;
    for (let i = 0; i < count; i++) {
      const outside = endpoint(nat, this.#low + ((from + i) % count));
      if (this.#isFree(outside, remote)) return outside;
    }
    return 0;
  }

  #isFree(outside: number, remote: number): boolean {
    const row = this.#outside.get(outside, remote);
    if (row < 0) return true;
    const closing = this.#rows.words[row * FLOW_WORDS + W_CLOSING] as number;
    const closed = (closing & C_RESET) !== 0 || closing === (C_FIN_CLIENT | C_FIN_TARGET);
    const silent = this.#kernel.now - (this.#rows.times[row * FLOW_TIMES + W_LAST] as number);
    if (silent <= (closed ? CLOSED_FOR : ESTABLISHED_FOR)) return false;
    this.#remove(row);
    return true;
  }

  #touch(row: number, flags: number, side: number): void {
    this.#rows.times[row * FLOW_TIMES + W_LAST] = this.#kernel.now;
    const w = row * FLOW_WORDS + W_CLOSING;
    if ((flags & (FIN | RST)) !== 0)
      this.#rows.words[w] =
        (this.#rows.words[w] as number) | ((flags & FIN) !== 0 ? side : 0) | ((flags & RST) !== 0 ? C_RESET : 0);
    else if ((flags & (SYN | ACK)) === SYN) this.#rows.words[w] = 0;
  }

  #remove(row: number): void {
    const w = row * FLOW_WORDS;
    const words = this.#rows.words;
    const remote = words[w + W_NODE] as number;
    this.#inside.delete(words[w + W_CLIENT] as number, remote);
    this.#outside.delete(words[w + W_OUTSIDE] as number, remote);
    this.#rows.release(row);
  }
}

const CLOSED_FOR = 60e9;
const ESTABLISHED_FOR = 432_000e9;

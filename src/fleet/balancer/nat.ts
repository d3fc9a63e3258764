/**
 * A translating box in front of clients (a NAT gateway): every client's connection leaves with one of its addresses and, where it can,
 * with the client's own port. A port serves one connection for each destination (endpoint-dependent mapping), as Linux masquerading
 * does. A SYN for which no port is free is dropped. Rows live for five days, a minute after both FINs or a RST
 * (nf_conntrack_tcp_timeout_established; the short ones are rounded).
 */
import * as tcpFlags from "../../net/tcp-flags.ts";
import { mix } from "../engine/dice.ts";
import { TupleTable } from "../engine/tuple-table.ts";
import type { Kernel } from "../kernel/kernel.ts";
import * as packetLayout from "../kernel/packets.ts";
import * as flowLayout from "./flow-rows.ts";
import { FlowRows } from "./flow-rows.ts";
import type { Links } from "./links.ts";

const { ACK, FIN, RST, SYN } = tcpFlags;
const { P_FLAGS, P_FROM, P_FROM_PORT, P_TO, P_TO_PORT, P_TTL_ID, PACKET_WORDS } = packetLayout;
const {
  C_FIN_CLIENT,
  C_FIN_TARGET,
  C_RESET,
  FLOW_TIMES,
  FLOW_WORDS,
  W_CLIENT,
  W_CLIENT_PORT,
  W_CLOSING,
  W_LAST,
  W_NODE,
  W_ORDER_CLIENT,
  W_ORDER_TARGET,
  W_OUTSIDE,
  W_OUTSIDE_PORT,
  W_PORT,
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
    if (rows[p + P_TO] === nat) this.#inward(packet, nat);
    else this.#outward(packet, nat);
  }

  #outward(packet: number, nat: number): void {
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    const flags = rows[p + P_FLAGS] as number;
    const from = ((rows[p + P_FROM] as number) << 16) | (rows[p + P_FROM_PORT] as number);
    const to = ((rows[p + P_TO] as number) << 16) | (rows[p + P_TO_PORT] as number);
    let row = this.#inside.get(from, to);
    if (row < 0 && (flags & (SYN | ACK | RST)) === SYN) row = this.#open(packet, nat);
    if (row < 0) {
      this.#links.drop(packet);
      return;
    }
    this.#touch(row, flags, C_FIN_CLIENT);
    const w = row * FLOW_WORDS;
    rows[p + P_FROM] = this.#rows.words[w + W_OUTSIDE] as number;
    rows[p + P_FROM_PORT] = this.#rows.words[w + W_OUTSIDE_PORT] as number;
    rows[p + P_TTL_ID] = (rows[p + P_TTL_ID] as number) - (1 << 16);
    this.#links.tap?.forwarded(packet, nat);
    this.#links.cross(packet, rows[p + P_TO] as number, this.#rows.times, row * FLOW_TIMES + W_ORDER_TARGET);
  }

  #inward(packet: number, nat: number): void {
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    const row = this.#outside.get(
      ((rows[p + P_TO] as number) << 16) | (rows[p + P_TO_PORT] as number),
      ((rows[p + P_FROM] as number) << 16) | (rows[p + P_FROM_PORT] as number),
    );
    if (row < 0) {
      this.#links.drop(packet);
      return;
    }
    this.#touch(row, rows[p + P_FLAGS] as number, C_FIN_TARGET);
    const w = row * FLOW_WORDS;
    const client = this.#rows.words[w + W_CLIENT] as number;
    rows[p + P_TO] = client;
    rows[p + P_TO_PORT] = this.#rows.words[w + W_CLIENT_PORT] as number;
    rows[p + P_TTL_ID] = (rows[p + P_TTL_ID] as number) - (1 << 16);
    this.#links.tap?.forwarded(packet, nat);
    this.#links.cross(packet, client, this.#rows.times, row * FLOW_TIMES + W_ORDER_CLIENT);
  }

  #open(packet: number, nat: number): number {
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    const client = rows[p + P_FROM] as number;
    const clientPort = rows[p + P_FROM_PORT] as number;
    const remote = rows[p + P_TO] as number;
    const remotePort = rows[p + P_TO_PORT] as number;
    const port = this.#freePort(nat, clientPort, client, (remote << 16) | remotePort);
    if (port === 0) {
      this.portErrors++;
      return -1;
    }
    const row = this.#rows.take();
    const w = row * FLOW_WORDS;
    const words = this.#rows.words;
    words[w + W_CLIENT] = client;
    words[w + W_CLIENT_PORT] = clientPort;
    words[w + W_NODE] = remote;
    words[w + W_PORT] = remotePort;
    words[w + W_OUTSIDE] = nat;
    words[w + W_OUTSIDE_PORT] = port;
    this.#inside.set((client << 16) | clientPort, (remote << 16) | remotePort, row);
    this.#outside.set((nat << 16) | port, (remote << 16) | remotePort, row);
    return row;
  }

  #freePort(nat: number, wanted: number, client: number, remote: number): number {
    if (wanted >= this.#low && wanted <= this.#high && this.#isFree(nat, wanted, remote)) return wanted;
    const count = this.#high - this.#low + 1;
    const from = (mix(mix(client, wanted), remote) >>> 0) % count;
    for (let i = 0; i < count; i++) {
      const port = this.#low + ((from + i) % count);
      if (this.#isFree(nat, port, remote)) return port;
    }
    return 0;
  }

  #isFree(nat: number, port: number, remote: number): boolean {
    const row = this.#outside.get((nat << 16) | port, remote);
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
    const remote = ((words[w + W_NODE] as number) << 16) | (words[w + W_PORT] as number);
    this.#inside.delete(((words[w + W_CLIENT] as number) << 16) | (words[w + W_CLIENT_PORT] as number), remote);
    this.#outside.delete(((words[w + W_OUTSIDE] as number) << 16) | (words[w + W_OUTSIDE_PORT] as number), remote);
    this.#rows.release(row);
  }
}

const CLOSED_FOR = 60e9;
const ESTABLISHED_FOR = 432_000e9;

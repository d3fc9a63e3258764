/**
 * The nodes of a layer 4 balancer: one address a zone, a table of flows each. What they do with packets is what was seen with AWS
 * Network Load Balancers and built again from nftables: destination rewritten, source kept or translated, a flow that was silent
 * for the idle timeout forgotten without a word, any later packet but a SYN answered with RST (number: what it acknowledged; no
 * options, IP identification 0) or dropped.
 *
 * The way back of a flow whose client address was kept is decided behind the target, by its four-tuple there: the node that
 * forwarded latest (or first). Where two nodes forward one client port to one target, one of them gets the replies of both.
 *
 * Not modelled: TLS listeners, the share of targets that must be healthy, DNS caches other than `dnsMs`, and resets because a target became
 * unhealthy: only new flows avoid it. An AWS Network Load Balancer resets what comes on the old ones unless its target group's
 * target_health_state.unhealthy.connection_termination.enabled is false (it is true by default): stories in which a target is silent are
 * those of a balancer without it.
 */
import * as tcpFlags from "../../net/tcp-flags.ts";
import type { NetworkBalancer as Settings } from "../../scenario/scenario.ts";
import { type Dice, mix } from "../engine/dice.ts";
import * as endpoints from "../engine/endpoint.ts";
import type { Numbers } from "../engine/numbers.ts";
import { TupleTable } from "../engine/tuple-table.ts";
import type { Kernel } from "../kernel/kernel.ts";
import * as layout from "../kernel/layout.ts";
import * as packetLayout from "../kernel/packets.ts";
import { resetAnswering } from "../kernel/tcp-output.ts";
import * as flowLayout from "./flow-rows.ts";
import { FlowRows } from "./flow-rows.ts";
import type { Links } from "./links.ts";
import type { Places } from "./places.ts";
import * as traits from "./places.ts";
import { Targets } from "./targets.ts";

const { ACK, FIN, RST, SYN } = tcpFlags;
const { endpoint, placeOf } = endpoints;
const { S_FLOW, SOCKET_WORDS } = layout;
const { P_FLAGS, P_FROM, P_SEQ, P_SOCKET, P_TO, P_TTL_ID, PACKET_WORDS } = packetLayout;
const {
  BOUND,
  C_FIN_CLIENT,
  C_FIN_TARGET,
  C_RESET,
  FLOW_TIMES,
  FLOW_WORDS,
  LIVE,
  W_CLIENT,
  W_CLOSING,
  W_ISN,
  W_LAST,
  W_NODE,
  W_ORDER_CLIENT,
  W_ORDER_TARGET,
  W_OUTSIDE,
  W_TARGET,
  W_USE,
} = flowLayout;
const { IS_NODE } = traits;

export class NetworkBalancer {
  readonly targets: Targets;
  /** New flows for which no port was free, resets of its own, collisions of two flows at one target. */
  portErrors = 0;
  resets = 0;
  collisions = 0;
  readonly #settings: Settings;
  readonly #kernel: Kernel;
  readonly #links: Links;
  readonly #port: number;
  readonly #places: Places;
  readonly #dice: Dice;
  readonly #stream: number;
  readonly #secret: number;
  readonly #idle: number;
  readonly #rows: FlowRows = new FlowRows();
  /** Rows by the client's four-tuple at the node, and by the target's four-tuple. */
  readonly #flows: TupleTable = new TupleTable();
  readonly #bindings: TupleTable = new TupleTable();
  /** Next port to try, by node and target. */
  readonly #nextPort: TupleTable = new TupleTable();

  constructor(settings: Settings, parts: BalancerParts) {
    this.#settings = settings;
    this.#kernel = parts.kernel;
    this.#links = parts.links;
    this.#port = parts.port;
    this.#places = parts.places;
    this.#dice = parts.dice;
    this.#stream = parts.dice.stream("balancer");
    this.#secret = parts.dice.bits(this.#stream);
    this.#idle = settings.idleTimeoutMs * 1e6;
    this.targets = new Targets(parts.places, parts.servers, settings);
  }

  /** The node that a packet from a target goes to; -1: nobody knows the way. */
  wayBack(packet: number): number {
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    const to = rows[p + P_TO] as number;
    const place = placeOf(to);
    if (((this.#places.traits[place] as number) & IS_NODE) !== 0) return place;
    const row = this.#bindings.get(to, rows[p + P_FROM] as number);
    return row < 0 ? -1 : placeOf(this.#rows.words[row * FLOW_WORDS + W_NODE] as number);
  }

  /** Reads these flows (look-ahead.ts). */
  readFlows(rows: Numbers): number {
    const { words } = this.#rows;
    let sum = 0;
    for (let i = 0; i < rows.count; i++) sum ^= words[(rows.of[i] as number) * FLOW_WORDS] as number;
    return sum;
  }

  /** A packet arrived at a node: it is sent on, answered or dropped. */
  forward(packet: number, place: number): void {
    const node = endpoint(place, this.#port);
    if (this.#kernel.packets.rows[packet * PACKET_WORDS + P_TO] === node) this.#towardsTarget(packet, node);
    else this.#towardsClient(packet, node);
  }

  /** The node is gone or new: it knows no flow. */
  forgetFlows(place: number): void {
    const node = endpoint(place, this.#port);
    for (let row = 0; row < this.#rows.used; row++) {
      const w = row * FLOW_WORDS;
      if (this.#rows.words[w + W_USE] !== 0 && this.#rows.words[w + W_NODE] === node) this.#remove(row);
    }
  }

  /** Takes out rows whose time is over. Called now and then; what they decide is decided by time alone. */
  sweep(): void {
    for (let row = 0; row < this.#rows.used; row++) {
      if (this.#rows.words[row * FLOW_WORDS + W_USE] === 0) continue;
      const silent = this.#kernel.now - (this.#rows.times[row * FLOW_TIMES + W_LAST] as number);
      if (silent > this.#lifetime(row)) this.#remove(row);
    }
  }

  #towardsTarget(packet: number, node: number): void {
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    const client = rows[p + P_FROM] as number;
    const flags = rows[p + P_FLAGS] as number;
    const syn = (flags & (SYN | ACK | RST)) === SYN;
    let row = this.#flowOf(packet, client, node);
    if (row >= 0 && this.#isForgotten(row, syn, rows[p + P_SEQ] as number)) {
      this.#remove(row);
      row = -1;
    }
    if (row < 0) {
      if (!syn) {
        this.#refuse(packet, node);
        return;
      }
      row = this.#open(client, node, rows[p + P_SEQ] as number);
      if (row < 0) {
        this.#links.drop(packet);
        return;
      }
    }
    const w = row * FLOW_WORDS;
    const words = this.#rows.words;
    const target = words[w + W_TARGET] as number;
    if (this.#endedByDeregistration(target)) {
      this.#remove(row);
      this.#refuse(packet, node);
      return;
    }
    this.#touch(row, flags, C_FIN_CLIENT);
    this.#bind(row);
    rows[p + P_FROM] = words[w + W_OUTSIDE] as number;
    rows[p + P_TO] = target;
    rows[p + P_TTL_ID] = (rows[p + P_TTL_ID] as number) - (1 << 16);
    this.#links.tap?.forwarded(packet, placeOf(node));
    this.#links.cross(packet, placeOf(target), this.#rows.times, row * FLOW_TIMES + W_ORDER_TARGET);
  }

  #towardsClient(packet: number, node: number): void {
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    const to = rows[p + P_TO] as number;
    const target = rows[p + P_FROM] as number;
    const isOwn = placeOf(to) === placeOf(node);
    const row = isOwn ? this.#boundTo(packet, to, target) : this.#flowOf(packet, to, node);
    const w = row * FLOW_WORDS;
    if (row < 0 || this.#rows.words[w + W_TARGET] !== target || this.#isForgotten(row, false, 0)) {
      if (row >= 0 && this.#rows.words[w + W_TARGET] === target) this.#remove(row);
      this.#refuse(packet, node);
      return;
    }
    if (this.#endedByDeregistration(target)) {
      this.#remove(row);
      this.#refuse(packet, node);
      return;
    }
    this.#touch(row, rows[p + P_FLAGS] as number, C_FIN_TARGET);
    const client = this.#rows.words[w + W_CLIENT] as number;
    rows[p + P_FROM] = node;
    rows[p + P_TO] = client;
    rows[p + P_TTL_ID] = (rows[p + P_TTL_ID] as number) - (1 << 16);
    this.#links.tap?.forwarded(packet, placeOf(node));
    this.#links.cross(packet, placeOf(client), this.#rows.times, row * FLOW_TIMES + W_ORDER_CLIENT);
  }

  /** The flow of a client's port at a node: where the socket's last one was, or by the table. */
  #flowOf(packet: number, client: number, node: number): number {
    const sender = this.#kernel.packets.rows[packet * PACKET_WORDS + P_SOCKET] as number;
    const hint = sender < 0 ? 0 : (this.#kernel.sockets.words[sender * SOCKET_WORDS + S_FLOW] as number);
    const w = hint * FLOW_WORDS;
    const { words } = this.#rows;
    if (words[w + W_CLIENT] === client && words[w + W_NODE] === node && words[w + W_USE] !== 0) return hint;
    const row = this.#flows.get(client, node);
    if (row >= 0 && sender >= 0) this.#kernel.sockets.words[sender * SOCKET_WORDS + S_FLOW] = row;
    return row;
  }

  /** The flow that an answer of a target to one of a node's own ports belongs to. */
  #boundTo(packet: number, outside: number, target: number): number {
    const sender = this.#kernel.packets.rows[packet * PACKET_WORDS + P_SOCKET] as number;
    const hint = sender < 0 ? 0 : (this.#kernel.sockets.words[sender * SOCKET_WORDS + S_FLOW] as number);
    const w = hint * FLOW_WORDS;
    const { words } = this.#rows;
    if (words[w + W_OUTSIDE] === outside && words[w + W_TARGET] === target && words[w + W_USE] === BOUND) return hint;
    const row = this.#bindings.get(outside, target);
    if (row >= 0 && sender >= 0) this.#kernel.sockets.words[sender * SOCKET_WORDS + S_FLOW] = row;
    return row;
  }

  #open(client: number, node: number, isn: number): number {
    const eligible = this.targets.eligible(placeOf(node));
    if (eligible.length === 0) return -1;
    const draw =
      this.#settings.choice === "random"
        ? this.#dice.below(this.#stream, eligible.length)
        : (mix(mix(mix(this.#secret, client), node), isn) >>> 0) % eligible.length;
    const target = endpoint(eligible[draw] as number, this.#port);
    const outside = this.#settings.preserveClientIp ? client : this.#freeEnd(node, target);
    if (outside === 0) {
      this.portErrors++;
      return -1;
    }
    const row = this.#rows.take();
    const w = row * FLOW_WORDS;
    const words = this.#rows.words;
    words[w + W_CLIENT] = client;
    words[w + W_NODE] = node;
    words[w + W_TARGET] = target;
    words[w + W_OUTSIDE] = outside;
    words[w + W_ISN] = isn;
    this.#flows.set(client, node, row);
    this.#rows.times[row * FLOW_TIMES + W_LAST] = this.#kernel.now;
    return row;
  }

  /** The node's own end of a flow; 0: all its ports towards this target are taken. */
  #freeEnd(node: number, target: number): number {
    const [first, last] = this.#settings.snatPorts;
    const count = last - first + 1;
    const from = Math.max(0, this.#nextPort.get(node, target));
    for (let i = 0; i < count; i++) {
      const outside = endpoint(placeOf(node), first + ((from + i) % count));
      const held = this.#bindings.get(outside, target);
      if (held >= 0) {
        const silent = this.#kernel.now - (this.#rows.times[held * FLOW_TIMES + W_LAST] as number);
        if (silent <= this.#lifetime(held)) continue;
        this.#remove(held);
      }
      this.#nextPort.set(node, target, (from + i + 1) % count);
      return outside;
    }
    return 0;
  }

  /** Whose replies the target's answers are taken for. */
  #bind(row: number): void {
    const { words } = this.#rows;
    const w = row * FLOW_WORDS;
    if (words[w + W_USE] === BOUND) return;
    const outside = words[w + W_OUTSIDE] as number;
    const target = words[w + W_TARGET] as number;
    const bound = this.#bindings.get(outside, target);
    const other = bound >= 0 && !this.#isForgotten(bound, false, 0) && !this.#isClosed(bound);
    if (other && this.#settings.replyPath === "first") return;
    if (bound >= 0) words[bound * FLOW_WORDS + W_USE] = LIVE;
    words[w + W_USE] = BOUND;
    this.#bindings.set(outside, target, row);
  }

  #isForgotten(row: number, syn: boolean, isn: number): boolean {
    const w = row * FLOW_WORDS;
    if (this.#kernel.now - (this.#rows.times[row * FLOW_TIMES + W_LAST] as number) > this.#idle) return true;
    // A new connection from a port whose last one was closed is a new flow.
    return syn && this.#rows.words[w + W_CLOSING] !== 0 && this.#rows.words[w + W_ISN] !== isn;
  }

  #lifetime(row: number): number {
    return this.#isClosed(row) ? Math.min(this.#idle, CLOSED_FOR) : this.#idle;
  }

  #isClosed(row: number): boolean {
    const closing = this.#rows.words[row * FLOW_WORDS + W_CLOSING] as number;
    return (closing & C_RESET) !== 0 || closing === (C_FIN_CLIENT | C_FIN_TARGET);
  }

  #touch(row: number, flags: number, side: number): void {
    this.#rows.times[row * FLOW_TIMES + W_LAST] = this.#kernel.now;
    if ((flags & (FIN | RST)) === 0) return;
    const w = row * FLOW_WORDS + W_CLOSING;
    this.#rows.words[w] =
      (this.#rows.words[w] as number) | ((flags & FIN) !== 0 ? side : 0) | ((flags & RST) !== 0 ? C_RESET : 0);
  }

  #endedByDeregistration(target: number): boolean {
    return this.#settings.resetAfterDeregistration && this.#kernel.now >= this.targets.endsAt(placeOf(target));
  }

  #refuse(packet: number, node: number): void {
    if (this.#settings.forgotten === "reset") {
      const reset = resetAnswering(this.#kernel, packet);
      if (reset >= 0) {
        this.resets++;
        this.#links.tap?.forwarded(reset, placeOf(node));
        const to = this.#kernel.packets.rows[reset * PACKET_WORDS + P_TO] as number;
        this.#links.cross(reset, placeOf(to), NO_ORDER, -1);
      }
    }
    this.#links.drop(packet);
  }

  #remove(row: number): void {
    const w = row * FLOW_WORDS;
    const words = this.#rows.words;
    this.#flows.delete(words[w + W_CLIENT] as number, words[w + W_NODE] as number);
    if (words[w + W_USE] === BOUND)
      this.#bindings.delete(words[w + W_OUTSIDE] as number, words[w + W_TARGET] as number);
    this.#rows.release(row);
  }
}

const NO_ORDER: Float64Array = new Float64Array(0);

/** How long a closed flow keeps its port. */
const CLOSED_FOR = 60e9;

export interface BalancerParts {
  readonly kernel: Kernel;
  readonly links: Links;
  readonly places: Places;
  readonly dice: Dice;
  /** Of the listener, and of the targets. */
  readonly port: number;
  readonly servers: readonly number[];
}

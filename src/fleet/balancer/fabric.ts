import * as endpoints from "../engine/endpoint.ts";
import type { Kernel } from "../kernel/kernel.ts";
import * as layout from "../kernel/layout.ts";
import * as packetLayout from "../kernel/packets.ts";
import { receive } from "../kernel/tcp-input.ts";
import type { Links } from "./links.ts";
import type { Nat } from "./nat.ts";
import type { NetworkBalancer } from "./network-balancer.ts";
import type { Places } from "./places.ts";
import * as traits from "./places.ts";

const { placeOf, portOf } = endpoints;
const { SOCKET_TIMES, T_ORDER } = layout;
const { P_FROM, P_HOP, P_SOCKET, P_TO, PACKET_WORDS } = packetLayout;
const { IS_BEHIND, IS_LOST, IS_NAT, IS_NODE, IS_SERVER } = traits;

/** Takes packets from place to place: host, translating box, balancer node, host. */
export class Fabric {
  balancer: NetworkBalancer | undefined;
  readonly nats: Map<number, Nat> = new Map();
  readonly #kernel: Kernel;
  readonly #links: Links;
  readonly #places: Places;
  readonly #servicePort: number;

  constructor(kernel: Kernel, links: Links, places: Places, servicePort: number) {
    this.#kernel = kernel;
    this.#links = links;
    this.#places = places;
    this.#servicePort = servicePort;
  }

  /** A packet leaves its host. */
  transmit(packet: number): void {
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    const place = placeOf(rows[p + P_FROM] as number);
    if (this.#links.tap !== undefined) this.#links.tap.sent(packet, place);
    const socket = rows[p + P_SOCKET] as number;
    const traits = this.#places.traits[place] as number;
    const next = (traits & IS_LOST) !== 0 ? -1 : this.#firstHop(packet, place, traits);
    if (next < 0) this.#links.drop(packet);
    else if (socket < 0) this.#links.cross(packet, next, NO_ORDER, -1);
    else this.#links.cross(packet, next, this.#kernel.sockets.times, socket * SOCKET_TIMES + T_ORDER);
  }

  #firstHop(packet: number, place: number, traits: number): number {
    const p = packet * PACKET_WORDS;
    const rows = this.#kernel.packets.rows;
    const isServer = (traits & IS_SERVER) !== 0;
    if (this.balancer !== undefined && isServer && portOf(rows[p + P_FROM] as number) === this.#servicePort)
      return this.balancer.wayBack(packet);
    return (traits & IS_BEHIND) !== 0 ? (this.#places.behind[place] as number) : placeOf(rows[p + P_TO] as number);
  }

  /** A packet reaches the place it was on its way to. */
  arrive(packet: number): void {
    const place = this.#kernel.packets.rows[packet * PACKET_WORDS + P_HOP] as number;
    const traits = this.#places.traits[place] as number;
    if ((traits & IS_LOST) !== 0) {
      this.#links.drop(packet);
      return;
    }
    if (this.#links.tap !== undefined) this.#links.tap.arrived(packet, place);
    if ((traits & IS_NODE) !== 0 && this.balancer !== undefined) this.balancer.forward(packet, place);
    else if ((traits & IS_NAT) !== 0) this.nats.get(place)?.forward(packet, place);
    else {
      receive(this.#kernel, packet);
      this.#links.drop(packet);
    }
  }
}

const NO_ORDER: Float64Array = new Float64Array(0);

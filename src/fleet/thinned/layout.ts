import type { Clients, Scenario } from "../../scenario/scenario.ts";
import { Places } from "../balancer/places.ts";
import { Dice } from "../engine/dice.ts";

/** What does not change: who there is, and where. A slot is one connection that a client keeps: whichever it has at the time. */
export interface Layout {
  readonly places: Places;
  readonly dice: Dice;
  /** Places. */
  readonly servers: readonly number[];
  readonly nodes: readonly number[];
  readonly groups: readonly Group[];
  /** By slot. */
  readonly groupOf: Int32Array;
  readonly hostOf: Int32Array;
  /** The address that the balancer sees: the host's, or the translating box's. */
  readonly outsideOf: Int32Array;
  /** The node whose lease and status this slot carries; -1: none. */
  readonly nodeOf: Int32Array;
  /** First watch of a slot; those of slot s end before that of slot s + 1. */
  readonly firstWatch: Int32Array;
  readonly slots: number;
  readonly watches: number;
  /** Kubelets, over all groups. */
  readonly kubelets: number;
  /** Watches through which controllers see leases; the first controller leads. */
  readonly leaseWatches: ReadonlySet<number>;
  /** The leader's; -1: there is none. */
  readonly leaseWatch: number;
}

export interface Group {
  readonly name: string;
  readonly settings: Clients;
  readonly exempt: boolean;
}

export function layOut({ network }: Omit<Scenario, "variants">, seed: number): Layout {
  const dice = new Dice(seed);
  const places = new Places();
  const zones = network.zones.length;
  const place = (kind: "server" | "node" | "client" | "nat", name: string, zone: number): number =>
    places.add({ kind, name, address: name, zone, dice: dice.stream(name) });
  const servers = Array.from({ length: network.servers.count }, (_, i) => place("server", `server ${i}`, i % zones));
  const nodes = network.balancer === undefined ? [] : network.zones.map((_, i) => place("node", `node ${i}`, i));
  const groups: Group[] = [];
  const groupOf: number[] = [];
  const hostOf: number[] = [];
  const outsideOf: number[] = [];
  const nodeOf: number[] = [];
  const firstWatch: number[] = [];
  let watches = 0;
  let kubelets = 0;
  const leaseWatches = new Set<number>();
  for (const [name, settings] of Object.entries(network.clients)) {
    const group =
      groups.push({ name, settings, exempt: network.servers.goaway.exempt.some((agent) => name.startsWith(agent)) }) -
      1;
    const boxes = Array.from({ length: settings.nat?.addresses ?? 0 }, (_, i) =>
      place("nat", `${name} nat ${i}`, i % zones),
    );
    for (let client = 0; client < settings.count; client++) {
      const host =
        settings.hosts === "servers"
          ? (servers[client % servers.length] as number)
          : place("client", `${name} ${client}`, client % zones);
      const kubelet = settings.kind === "kubelet" && network.kubernetes !== undefined ? kubelets++ : -1;
      for (let i = 0; i < settings.connections; i++) {
        const sees = settings.kind === "controller" && network.kubernetes !== undefined && i === 0;
        if (sees && settings.watches.count > 0) leaseWatches.add(watches);
        groupOf.push(group);
        hostOf.push(host);
        outsideOf.push(boxes.length > 0 ? (boxes[client % boxes.length] as number) : host);
        nodeOf.push(i === 0 ? kubelet : -1);
        firstWatch.push(watches);
        watches += settings.watches.count;
      }
    }
  }
  firstWatch.push(watches);
  return {
    places,
    dice,
    servers,
    nodes,
    groups,
    groupOf: Int32Array.from(groupOf),
    hostOf: Int32Array.from(hostOf),
    outsideOf: Int32Array.from(outsideOf),
    nodeOf: Int32Array.from(nodeOf),
    firstWatch: Int32Array.from(firstWatch),
    slots: groupOf.length,
    watches,
    kubelets,
    leaseWatches,
    leaseWatch: [...leaseWatches][0] ?? -1,
  };
}

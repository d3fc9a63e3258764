import type { Clients, Scenario } from "../scenario/scenario.ts";
import { MessageBytes } from "./app/message-bytes.ts";
import type { Actor, Group, World } from "./app/world.ts";
import { addressOf, type PlaceKind, Places } from "./balancer/places.ts";
import type { Dice } from "./engine/dice.ts";
import type { EventQueue } from "./engine/event-queue.ts";
import type { KeepaliveSettings, Kernel } from "./kernel/kernel.ts";
import { Ports } from "./kernel/ports.ts";
import type { Recorder } from "./measure/recorder.ts";

/** Who is where: hosts, balancer nodes, actors, and their addresses. */
export interface Layout {
  readonly places: Places;
  readonly servers: readonly number[];
  readonly nodes: readonly number[];
  readonly actors: readonly Actor[];
  readonly groups: readonly Group[];
  readonly keepalives: readonly KeepaliveSettings[];
  readonly serverKeepalive: number;
  /** Addresses of each group's translating box. */
  readonly nats: ReadonlyMap<number, readonly number[]>;
}

/** Lays out a scenario's network. Everything is spread over the zones in turn. */
export function layOut(scenario: Omit<Scenario, "variants">, dice: Dice): Layout {
  const { network } = scenario;
  const places = new Places();
  const zones = Math.max(1, network.zones.length);
  const keepalives: KeepaliveSettings[] = [];
  const keepalive = (settings: Clients["keepalive"]): number => {
    if (settings === undefined) return -1;
    const { idleMs, intervalMs, probes } = settings;
    return keepalives.push({ idleNs: idleMs * 1e6, intervalNs: intervalMs * 1e6, probes }) - 1;
  };
  const counts: Record<PlaceKind, number> = { client: 0, server: 0, node: 0, nat: 0 };
  const add = (kind: PlaceKind, name: string, zone: number): number => {
    const address = addressOf(kind, zone, counts[kind]++, network.ipVersion);
    return places.add({ kind, name, address, zone, dice: dice.stream(name) });
  };
  const servers = range(network.servers.count).map((i) => add("server", `server-${i}`, i % zones));
  const nodes =
    network.balancer === undefined
      ? []
      : range(zones).map((zone) => add("node", `balancer-${network.zones[zone] ?? zone}`, zone));
  const actors: Actor[] = [];
  const groups: Group[] = [];
  const nats = new Map<number, readonly number[]>();
  let kubelets = 0;
  for (const [name, clients] of Object.entries(network.clients)) {
    const group = groups.push({ name, clients, keepalive: keepalive(clients.keepalive) }) - 1;
    const box = range(clients.nat?.addresses ?? 0).map((i) => add("nat", `nat-${name}-${i}`, i % zones));
    if (box.length > 0) nats.set(group, box);
    for (let i = 0; i < clients.count; i++) {
      const shared = clients.hosts === "servers";
      const place = shared ? (servers[i % servers.length] as number) : add("client", `${name}-${i}`, i % zones);
      if (box.length > 0) places.putBehind(place, box[i % box.length] as number);
      const node = clients.kind === "kubelet" ? kubelets++ : -1;
      actors.push({ id: actors.length, group, place, node });
    }
  }
  return {
    places,
    servers,
    nodes,
    actors,
    groups,
    keepalives,
    serverKeepalive: keepalive(network.servers.keepalive),
    nats,
  };
}

export interface WorldParts {
  readonly scenario: Omit<Scenario, "variants">;
  readonly layout: Layout;
  readonly kernel: Kernel;
  readonly queue: EventQueue;
  readonly dice: Dice;
  readonly recorder: Recorder;
  readonly secret: number;
}

export function buildWorld(parts: WorldParts): World {
  const { scenario, layout, kernel, queue, dice, recorder, secret } = parts;
  const { places, servers, nodes, actors, groups } = layout;
  const kubelets = actors.filter(({ node }) => node >= 0).length;
  const bytes = new MessageBytes(
    scenario,
    Uint16Array.from(actors, ({ group }) => group),
    kubelets,
  );
  return {
    scenario,
    kernel,
    queue,
    dice,
    places,
    ports: new Ports(dice, secret),
    bytes,
    recorder,
    actors,
    groups,
    servers,
    nodes,
  };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

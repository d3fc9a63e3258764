/**
 * A scenario in memory: every request, every segment and every timer is an event, in one order that scenario and seed decide.
 * Equal scenario and seed give equal results and equal capture bytes on every machine.
 */
import type { Scenario } from "../scenario/scenario.ts";
import { FleetClients } from "./app/clients.ts";
import { NodeLifecycle } from "./app/node-lifecycle.ts";
import { ProxyNodes } from "./app/proxy.ts";
import { Servers } from "./app/servers.ts";
import * as world from "./app/world.ts";
import { Fabric } from "./balancer/fabric.ts";
import { Links } from "./balancer/links.ts";
import { Nat } from "./balancer/nat.ts";
import { NetworkBalancer } from "./balancer/network-balancer.ts";
import * as traits from "./balancer/places.ts";
import { buildWorld, layOut } from "./build-world.ts";
import { Dice } from "./engine/dice.ts";
import { placeOf } from "./engine/endpoint.ts";
import * as kinds from "./engine/event-kinds.ts";
import { EVENTS_A_SLOT, EventQueue } from "./engine/event-queue.ts";
import type { Kernel } from "./kernel/kernel.ts";
import * as layout from "./kernel/layout.ts";
import { Messages } from "./kernel/messages.ts";
import { Packets } from "./kernel/packets.ts";
import { SocketTimers } from "./kernel/socket-timers.ts";
import { Sockets } from "./kernel/sockets.ts";
import { fireKeep, fireTimer } from "./kernel/tcp-timers.ts";
import { EVENTS_TOGETHER, LookAhead, MANY_CONNECTIONS } from "./look-ahead.ts";
import { Recorder } from "./measure/recorder.ts";
import type { Simulation } from "./simulation.ts";
import { agenda } from "./story.ts";
import { tap } from "./tap/tap.ts";
import type { Taps } from "./tap/taps.ts";

const { MS } = world;
const { IS_NODE } = traits;
const {
  ARRIVAL,
  BACK_TIMER,
  CLIENT_TIMER,
  DEADLINE,
  ERRAND,
  FRONT_TIMER,
  HEALTH,
  HEALTH_OVER,
  MONITOR,
  REDIAL,
  SAMPLE,
  SERVED,
  SERVER_TIMER,
  SOCKET_KEEP,
  SOCKET_TIMER,
  STORY,
  SWEEP,
  WATCH_OVER,
} = kinds;
const { F_ACCEPTED, S_FLAGS, S_LOCAL, S_USER, SOCKET_WORDS } = layout;

export interface SimulateOptions {
  readonly seed: number;
  /** The variant's name, for the result; "base" unless told. */
  readonly variant?: string;
  /** Distance of the series' values; a second for short scenarios, a 600th of long ones. */
  readonly stepMs?: number;
  /** Captures and logs; absent: none are made. */
  readonly taps?: Taps;
  /**
   * Whether memory is read ahead of the events (look-ahead.ts), which changes nothing but the time it takes; never with an application
   * balancer. Default: from 10,000 connections on.
   */
  readonly lookAhead?: boolean;
  /** Called after each step with how much of the time is over, from 0 to 1, the events so far and those that wait. */
  readonly onProgress?: (fraction: number, events: number, pending: number) => void;
}

export function simulate(scenario: Omit<Scenario, "variants">, options: SimulateOptions): Simulation {
  const { seed, variant = "base", stepMs = Math.max(1000, Math.ceil(scenario.durationMs / 600)) } = options;
  const { network, durationMs } = scenario;
  const dice = new Dice(seed);
  const layout = layOut(scenario, dice);
  const secret = dice.bits(dice.stream("secrets"));
  const { places, servers: serverPlaces, nodes, actors } = layout;
  const { lookAhead = connectionsOf(scenario) >= MANY_CONNECTIONS } = options;
  const looks = lookAhead && network.balancer?.kind !== "application";
  const tickNs = (looks ? EVENTS_TOGETHER : EVENTS_A_SLOT) / eventsPerNs(scenario, actors.length);
  const queue = new EventQueue(tickNs);
  const messages = new Messages();
  const sockets = new Sockets(messages);
  const packets = new Packets();
  const recorder = new Recorder(serverPlaces.length, durationMs, stepMs, scenario.expect.fromMs);
  const accepted = (sk: number): boolean => ((sockets.words[sk * SOCKET_WORDS + S_FLAGS] as number) & F_ACCEPTED) !== 0;

  const isProxy = (sk: number): boolean =>
    ((places.traits[placeOf(sockets.words[sk * SOCKET_WORDS + S_LOCAL] as number)] as number) & IS_NODE) !== 0;

  const kernel: Kernel = {
    now: 0,
    queue,
    timers: new SocketTimers(queue, SOCKET_TIMER, sockets),
    keepKind: SOCKET_KEEP,
    sockets,
    packets,
    messages,
    transmit: (packet) => fabric.transmit(packet),
    user: {
      listens: (place, port) =>
        places.kinds[place] === "node"
          ? proxy !== undefined && port === network.servers.port
          : servers.listens(place, port),
      opened: (sk) => {
        if (proxy !== undefined && isProxy(sk)) proxy.opened(sk, accepted(sk));
        else if (accepted(sk)) servers.opened(sk);
        else clients.opened(sk);
      },
      message: (sk, kind, a, b, size, sender) => {
        if (proxy !== undefined && isProxy(sk)) {
          proxy.message(sk, accepted(sk), [kind, a, b], sockets.words[sender * SOCKET_WORDS + S_USER] as number);
        } else if (accepted(sk))
          servers.message(sk, kind, a, b, sockets.words[sender * SOCKET_WORDS + S_USER] as number);
        else clients.message(sk, kind, a, b, size);
      },
      ended: (sk) => {
        if (proxy !== undefined && isProxy(sk)) proxy.finished(sk, accepted(sk));
        else if (accepted(sk)) servers.finished(sk);
        else clients.finished(sk);
      },
      gone: (sk, why) => {
        if (proxy !== undefined && isProxy(sk)) proxy.gone(sk, accepted(sk), why);
        else if (accepted(sk)) servers.gone(sk);
        else clients.gone(sk, why);
      },
      collided: () => void recorder.totals.collisions++,
    },
    secret,
    segmentBytes: network.ipVersion === 6 ? 1428 : 1448,
    keepalives: layout.keepalives,
  };
  const links = new Links(network.links, {
    dice,
    queue,
    kind: ARRIVAL,
    kernel,
    changes: scenario.story.some(({ what }) => what === "latency"),
  });
  const fabric = new Fabric(kernel, links, places, network.servers.port);
  const world = buildWorld({ scenario, layout, kernel, queue, dice, recorder, secret });
  const endTaps = options.taps === undefined ? undefined : tap(world, links, options.taps);
  const servers = new Servers(world, layout.serverKeepalive);
  const clients = new FleetClients(world, network.servers.port);
  const lifecycle = new NodeLifecycle(world, clients, servers);
  const proxy = network.balancer?.kind === "application" ? new ProxyNodes(world, network.balancer) : undefined;
  (proxy ?? servers).ended = (peer, openedMs) => clients.peerEnded(peer, openedMs);
  let balancer: NetworkBalancer | undefined;
  if (network.balancer?.kind === "network") {
    const parts = { kernel, links, places, dice, port: network.servers.port, servers: serverPlaces };
    balancer = new NetworkBalancer(network.balancer, parts);
    fabric.balancer = balancer;
  }
  for (const [group, addresses] of layout.nats) {
    const range = layout.groups[group]?.clients.nat?.portRange ?? [1024, 65_535];
    const nat = new Nat(kernel, links, range);
    for (const address of addresses) fabric.nats.set(address, nat);
  }
  const targets = balancer?.targets ?? proxy?.targets;
  const deeds = agenda(scenario.story, {
    world,
    servers,
    clients,
    links,
    balancer,
    targets,
    nodeLost: (node) => proxy?.lose(node),
  });

  if (looks) {
    const ahead = new LookAhead({ queue, kernel, places, clients, servers, balancer });
    queue.onSlot = () => ahead.look();
  }
  clients.start();
  lifecycle.start();
  if (deeds.length > 0) queue.push(Math.floor((deeds[0]?.atMs ?? 0) * MS), STORY, 0);
  for (const [i, node] of nodes.entries())
    if (network.balancer !== undefined)
      queue.push(Math.floor(((i + 0.5) / nodes.length) * network.balancer.healthCheck.intervalMs * MS), HEALTH, node);
  queue.push(stepMs * MS, SAMPLE, 0);
  queue.push(SWEEP_NS, SWEEP, 0);

  const end = durationMs * MS;
  let events = 0;
  let steps = 0;
  while (queue.pop()) {
    if (queue.at > end) break;
    kernel.now = queue.at;
    const { kind, index, stamp } = queue;
    // A slot of timers that begins is the queue's own affair.
    if (index >= 0) events++;
    switch (kind) {
      case ARRIVAL:
        fabric.arrive(index);
        break;
      case SOCKET_TIMER:
        fireTimer(kernel, index, stamp);
        break;
      case SOCKET_KEEP:
        fireKeep(kernel, index, stamp);
        break;
      case SERVED:
        servers.served(index);
        break;
      case CLIENT_TIMER:
        clients.timer(index, stamp);
        break;
      case SERVER_TIMER:
        servers.timer(index, stamp);
        break;
      case ERRAND:
        clients.errand(index);
        break;
      case REDIAL:
        clients.redial(index, stamp);
        break;
      case STORY:
        deeds[index]?.act();
        if (index + 1 < deeds.length)
          queue.push(Math.max(kernel.now, Math.floor((deeds[index + 1]?.atMs ?? 0) * MS)), STORY, index + 1);
        break;
      case SAMPLE:
        recorder.sample();
        steps++;
        queue.push((steps + 1) * stepMs * MS, SAMPLE, 0);
        options.onProgress?.(Math.min(1, kernel.now / end), events, queue.size);
        break;
      case MONITOR:
        lifecycle.monitor();
        break;
      case HEALTH:
        if (network.balancer === undefined) break;
        // First the end of this round, then the next: they may be due at one instant.
        if (!places.isLost(index) && targets?.check(index, (server) => servers.answer(server)))
          queue.push(kernel.now + network.balancer.healthCheck.timeoutMs * MS, HEALTH_OVER, index);
        queue.push(kernel.now + network.balancer.healthCheck.intervalMs * MS, HEALTH, index);
        break;
      case HEALTH_OVER:
        if (!places.isLost(index)) targets?.checksOver(index);
        break;
      case SWEEP:
        balancer?.sweep();
        queue.push(kernel.now + SWEEP_NS, SWEEP, 0);
        break;
      case WATCH_OVER:
        servers.watchOver(index);
        break;
      case FRONT_TIMER:
        proxy?.frontTimer(index, stamp);
        break;
      case BACK_TIMER:
        proxy?.backTimer(index, stamp);
        break;
      case DEADLINE:
        servers.deadline(index, stamp);
        break;
    }
  }
  kernel.now = end;
  while (steps * stepMs < durationMs) {
    recorder.sample();
    steps++;
  }
  clients.finish();
  lifecycle.finish();
  endTaps?.();
  options.onProgress?.(1, events, queue.size);
  return recorder.result({ scenario: scenario.name, variant, seed, durationMs, events });
}

const SWEEP_NS = 60e9;

/** Events a nanosecond, about: ten a request, and what the links and timers add. */
function eventsPerNs(scenario: Omit<Scenario, "variants">, actors: number): number {
  const { kubernetes, clients } = scenario.network;
  let perSecond = 10;
  for (const group of Object.values(clients)) {
    if (group.requests.everyMs > 0) perSecond += (group.count * group.connections * 12_000) / group.requests.everyMs;
    if (group.kind === "kubelet" && kubernetes !== undefined)
      perSecond += (group.count * 24_000) / kubernetes.leaseRenewMs;
  }
  return Math.max(1e-6, (perSecond + actors / 10) / 1e9);
}

const connectionsOf = ({ network }: Omit<Scenario, "variants">): number =>
  Object.values(network.clients).reduce((sum, { count, connections }) => sum + count * connections, 0);

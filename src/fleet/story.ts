import type { Happening } from "../scenario/scenario.ts";
import type { FleetClients } from "./app/clients.ts";
import type { Servers } from "./app/servers.ts";
import type { World } from "./app/world.ts";
import type { Links } from "./balancer/links.ts";
import type { NetworkBalancer } from "./balancer/network-balancer.ts";
import type { Targets } from "./balancer/targets.ts";

/** A deed at a time (milliseconds). */
export interface Deed {
  readonly atMs: number;
  readonly act: () => void;
}

export interface StoryParts {
  readonly world: World;
  readonly servers: Servers;
  readonly clients: FleetClients;
  readonly links: Links;
  readonly balancer: NetworkBalancer | undefined;
  readonly targets: Targets | undefined;
  /** The program of an application balancer's node is gone. */
  readonly nodeLost?: (node: number) => void;
}

/** What a story makes happen, in order of time; equal times in the story's order. */
export function agenda(story: readonly Happening[], parts: StoryParts): Deed[] {
  return story.flatMap((happening) => deedsOf(happening, parts)).sort((a, b) => a.atMs - b.atMs);
}

function deedsOf(happening: Happening, parts: StoryParts): Deed[] {
  const { world, servers, clients, links } = parts;
  const { atMs } = happening;
  switch (happening.what) {
    case "rolling-update":
      return world.servers.flatMap((_, server) =>
        restart(atMs + server * happening.stepMs, server, happening.downMs, parts),
      );
    case "server-restart":
      return restart(atMs, happening.server, happening.downMs, parts);
    case "server-killed":
      return [
        { atMs, act: () => servers.kill(happening.server) },
        { atMs: atMs + happening.downMs, act: () => servers.restart(happening.server) },
      ];
    case "server-lost":
      return [
        { atMs, act: () => servers.lose(happening.server) },
        { atMs: atMs + happening.downMs, act: () => servers.restart(happening.server) },
      ];
    case "server-hung":
      return [
        { atMs, act: () => servers.hang(happening.server) },
        { atMs: atMs + happening.forMs, act: () => servers.wake(happening.server) },
      ];
    case "deregister":
      return [{ atMs, act: () => parts.targets?.deregister(placeOf(world, happening.server), world.kernel.now) }];
    case "balancer-node-lost":
      return nodeLost(happening, parts);
    case "latency":
      return [
        { atMs, act: () => links.slow(happening.addMs * 1e6) },
        { atMs: atMs + happening.forMs, act: () => links.slow(-happening.addMs * 1e6) },
      ];
    case "goaway-chance":
      return [{ atMs, act: () => servers.setGoawayChance(happening.chance) }];
    case "traffic":
      return [
        { atMs, act: () => clients.scale(happening.factor) },
        { atMs: atMs + happening.forMs, act: () => clients.scale(1 / happening.factor) },
      ];
    case "quiet": {
      const group = world.groups.findIndex(({ name }) => name === happening.clients);
      return [
        { atMs, act: () => clients.quiet.add(group) },
        { atMs: atMs + happening.forMs, act: () => clients.quiet.delete(group) },
      ];
    }
  }
}

/** Out of the balancer (or of what clients dial themselves), drained, stopped after the grace, started again, back in. */
function restart(atMs: number, server: number, downMs: number, parts: StoryParts): Deed[] {
  const { world, servers, targets } = parts;
  const { drainGraceMs } = world.scenario.network.servers;
  const stopMs = atMs + drainGraceMs;
  const place = placeOf(world, server);
  const direct = world.nodes.length === 0;
  return [
    {
      atMs,
      act: () => {
        targets?.deregister(place, world.kernel.now);
        if (direct) parts.clients.avoid(place);
        servers.drain(server);
      },
    },
    { atMs: stopMs, act: () => servers.kill(server) },
    {
      atMs: stopMs + downMs,
      act: () => {
        servers.restart(server);
        targets?.register(place);
        if (direct) parts.clients.dialAgain(place);
      },
    },
  ];
}

function nodeLost(happening: Extract<Happening, { what: "balancer-node-lost" }>, parts: StoryParts): Deed[] {
  const { world, clients, balancer } = parts;
  const { atMs, forMs, dnsMs } = happening;
  const node = world.nodes[happening.node] ?? -1;
  const others = world.nodes.filter((other) => other !== node);
  return [
    {
      atMs,
      act: () => {
        world.places.setLost(node, true);
        balancer?.forgetFlows(node);
        parts.nodeLost?.(node);
      },
    },
    ...(dnsMs < forMs && others.length > 0 ? [{ atMs: atMs + dnsMs, act: () => clients.dialTo(others) }] : []),
    {
      atMs: atMs + forMs,
      act: () => {
        world.places.setLost(node, false);
        clients.dialTo(world.nodes);
      },
    },
  ];
}

const placeOf = (world: World, server: number): number => world.servers[server] ?? -1;

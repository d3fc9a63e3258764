import type { Scenario } from "../../scenario/scenario.ts";
import { including, without } from "../destinations.ts";
import { STORY } from "./event-kinds.ts";
import type { FleetState } from "./fleet-state.ts";
import { redraw } from "./redraw.ts";
import { cutAll, loseAll, loseNode, returned, sendAway } from "./story-turns.ts";

/** Puts the story into the fleet's queue. */
export function tellStory(fleet: FleetState, { network, story }: Omit<Scenario, "variants">): void {
  const at = (ms: number, run: () => void): void => {
    fleet.queue.push(ms, STORY, fleet.agenda.push(run) - 1);
  };
  const up = (server: number): void => {
    fleet.serverStates[server] = "up";
    fleet.stopped[server] = 0;
    returned(fleet, fleet.layout.servers[server] as number);
  };
  /** Out of the balancer, drained, stopped after the grace, started again, back in the balancer. */
  const restart = (atMs: number, server: number, downMs: number): void => {
    const { drain, drainGraceMs } = network.servers;
    const place = fleet.layout.servers[server] as number;
    const direct = fleet.targets === undefined;
    at(atMs, () => {
      fleet.targets?.deregister(place, atMs * 1e6);
      if (direct) fleet.destinations = without(fleet.destinations, place);
      fleet.serverStates[server] = "down";
      if (drain === "cut") cutAll(fleet, server, true);
      else sendAway(fleet, server);
    });
    at(atMs + drainGraceMs, () => {
      fleet.stopped[server] = 1;
      cutAll(fleet, server);
    });
    at(atMs + drainGraceMs + downMs, () => {
      up(server);
      fleet.targets?.register(place);
      if (direct) fleet.destinations = including(fleet.destinations, place);
    });
  };
  for (const each of story)
    switch (each.what) {
      case "rolling-update":
        for (let i = 0; i < network.servers.count; i++) restart(each.atMs + i * each.stepMs, i, each.downMs);
        break;
      case "server-restart":
        restart(each.atMs, each.server, each.downMs);
        break;
      case "server-killed":
        at(each.atMs, () => {
          fleet.serverStates[each.server] = "down";
          fleet.stopped[each.server] = 1;
          cutAll(fleet, each.server);
        });
        at(each.atMs + each.downMs, () => up(each.server));
        break;
      case "server-lost":
        at(each.atMs, () => {
          fleet.serverStates[each.server] = "gone";
          fleet.stopped[each.server] = 1;
          loseAll(fleet, each.server);
        });
        at(each.atMs + each.downMs, () => up(each.server));
        break;
      case "deregister":
        at(each.atMs, () => fleet.targets?.deregister(fleet.layout.servers[each.server] as number, each.atMs * 1e6));
        break;
      case "balancer-node-lost": {
        const node = fleet.layout.nodes[each.node];
        if (node === undefined) break;
        const others = fleet.layout.nodes.filter((other) => other !== node);
        at(each.atMs, () => {
          fleet.lostNodes.add(node);
          loseNode(fleet, node);
        });
        if (each.dnsMs < each.forMs && others.length > 0)
          at(each.atMs + each.dnsMs, () => (fleet.destinations = others));
        at(each.atMs + each.forMs, () => {
          fleet.lostNodes.delete(node);
          returned(fleet, node);
          fleet.destinations = fleet.layout.nodes;
        });
        break;
      }
      case "goaway-chance":
        at(each.atMs, () => redraw(fleet, () => (fleet.chance = each.chance)));
        break;
      case "traffic":
        at(each.atMs, () => redraw(fleet, () => (fleet.factor = each.factor)));
        at(each.atMs + each.forMs, () => redraw(fleet, () => (fleet.factor = 1)));
        break;
      // So short, compared with every timeout, that it decides nothing (check-representable.ts).
      case "latency":
      // Refused there.
      case "server-hung":
      case "quiet":
    }
}

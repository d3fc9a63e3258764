import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Simulation } from "../../src/fleet/simulation.ts";
import { readScenario } from "../../src/scenario/read-scenario.ts";
import type { Scenario } from "../../src/scenario/scenario.ts";
import { CONTROLLER, KUBELETS, KUBERNETES, PLAIN, smallFleet } from "./small-fleet.ts";

/** What a run counts. */
export type Total = keyof Simulation["totals"];

/** A fleet to simulate both ways. */
export interface ComparedFleet {
  readonly name: string;
  readonly fleet: Scenario;
  /** Full simulations: as many as show a difference of a fifth. */
  readonly fullSeeds: number;
  /** What happens in a run at least once on average: what the fleet is here for. */
  readonly shows: readonly Total[];
}

const MINUTE = 60_000;
const SHORT_WATCHES = { count: 1, minMs: MINUTE, maxMs: 2 * MINUTE };
const FEW_PORTS = [40_000, 40_127] as const;
const kubernetes = { kubernetes: KUBERNETES };

/** Fleets, and what happens in a run of each, at least once on average: what it is here for. */
const FLEETS: Readonly<Record<string, readonly [fleet: Scenario, shows: readonly Total[]]>> = {
  "plain clients on few ports: collisions, and losses that a later reset ends": [
    smallFleet({
      durationMs: 12 * MINUTE,
      chance: 0.02,
      clients: { plain: { ...PLAIN, count: 6, connections: 4, portRange: [40_000, 40_031] } },
    }),
    ["collisions", "connectionsLost"],
  ],
  "the chance changes, then the traffic": [
    smallFleet({
      durationMs: 12 * MINUTE,
      chance: 0.001,
      clients: { plain: { ...PLAIN, count: 12, requests: { ...PLAIN.requests, spacing: "steady" } } },
      story: [
        { what: "goaway-chance", atMs: 3 * MINUTE, chance: 0.02 },
        { what: "traffic", atMs: 6 * MINUTE, forMs: 3 * MINUTE, factor: 3 },
      ],
    }),
    ["goaways"],
  ],
  "kubelets and a controller whose watch hangs now and then": [
    smallFleet({
      durationMs: 20 * MINUTE,
      chance: 0.02,
      clients: {
        kubelets: { ...KUBELETS, count: 20 },
        controller: { ...CONTROLLER, connections: 6, portRange: FEW_PORTS, watches: SHORT_WATCHES },
      },
      network: kubernetes,
    }),
    ["collisions", "missedLeaseUpdates", "notReady"],
  ],
  "a rolling update, controllers on the servers' hosts: hairpins": [
    smallFleet({
      durationMs: 20 * MINUTE,
      chance: 0.01,
      clients: {
        kubelets: { ...KUBELETS, count: 30 },
        controllers: { ...CONTROLLER, hosts: "servers", count: 2, connections: 3 },
      },
      network: kubernetes,
      story: [{ what: "rolling-update", atMs: 100_000, stepMs: MINUTE, downMs: 20_000 }],
    }),
    ["connectionsLost", "connectsFailed", "relists"],
  ],
  "a server killed, another one lost": [
    smallFleet({
      durationMs: 10 * MINUTE,
      chance: 0.002,
      clients: { kubelets: { ...KUBELETS, count: 30 }, controller: { ...CONTROLLER, connections: 3 } },
      network: kubernetes,
      story: [
        { what: "server-killed", atMs: 100_000, server: 1, downMs: MINUTE },
        { what: "server-lost", atMs: 5 * MINUTE, server: 2, downMs: MINUTE },
      ],
    }),
    ["connectionsLost", "notReady"],
  ],
  "a balancer node lost": [
    smallFleet({
      durationMs: 10 * MINUTE,
      chance: 0.002,
      clients: { kubelets: { ...KUBELETS, count: 30 }, controller: { ...CONTROLLER, connections: 3 } },
      network: kubernetes,
      story: [{ what: "balancer-node-lost", atMs: 100_000, node: 1, forMs: 2 * MINUTE, dnsMs: MINUTE }],
    }),
    ["connectionsLost", "connectsFailed", "notReady"],
  ],
  "many clients behind one translating box": [
    smallFleet({
      durationMs: 10 * MINUTE,
      chance: 0.02,
      clients: { plain: { ...PLAIN, count: 30, nat: { addresses: 1, portRange: [20_000, 20_255] } } },
    }),
    ["collisions", "connectionsLost"],
  ],
  "replies that keep to the first flow": [
    smallFleet({
      durationMs: 20 * MINUTE,
      chance: 0.02,
      balancer: { replyPath: "first" },
      clients: { plain: { ...PLAIN, count: 4, connections: 4, portRange: FEW_PORTS, watches: SHORT_WATCHES } },
    }),
    ["collisions", "connectsFailed"],
  ],
  "preservation off, cross-zone off": [
    smallFleet({
      durationMs: 20 * MINUTE,
      chance: 0.02,
      balancer: { preserveClientIp: false, crossZone: false },
      clients: { plain: { ...PLAIN, count: 10, portRange: FEW_PORTS, watches: SHORT_WATCHES } },
    }),
    ["goaways"],
  ],
  "no balancer": [
    smallFleet({
      durationMs: 20 * MINUTE,
      chance: 0.01,
      balancer: null,
      clients: { plain: { ...PLAIN, count: 20, watches: SHORT_WATCHES } },
      story: [{ what: "server-restart", atMs: 5 * MINUTE, server: 0, downMs: 30_000 }],
    }),
    ["goaways", "connectionsLost"],
  ],
};

/** Built-in stories and their variants that can be thinned, and how many full simulations of each: as many as show a difference of a fifth. */
const STORIES: readonly (readonly [story: string, variant: string, fullSeeds: number, shows: readonly Total[]])[] = [
  ["goaway-behind-network-balancer", "base", 40, ["collisions", "connectionsLost", "notReady"]],
  ["goaway-behind-network-balancer", "preservation-off", 12, ["goaways"]],
  ["goaway-behind-network-balancer", "grace-and-health-check", 40, ["collisions", "connectionsLost"]],
  ["goaway-behind-network-balancer", "first-path", 40, ["collisions", "connectsFailed"]],
  ["goaway-behind-network-balancer", "behind-nat", 24, ["collisions", "connectionsLost"]],
  ["hairpin-loopback", "base", 40, ["connectsFailed"]],
  ["hairpin-loopback", "exemption", 24, ["goaways"]],
  ["balancer-node-lost", "base", 24, ["connectionsLost", "requestsFailed"]],
  ["rolling-update-imbalance", "goaway-chance", 6, ["goaways"]],
  ["server-killed", "base", 12, ["connectionsLost", "connectsFailed"]],
  ["server-killed", "drained", 12, ["goaways"]],
  ["silent-server", "health-check", 24, ["connectionsLost", "requestsFailed"]],
];

/** Small fleets and built-in stories that can be thinned. */
export const COMPARED_FLEETS: readonly ComparedFleet[] = [
  ...Object.entries(FLEETS).map(([name, [fleet, shows]]) => ({ name, fleet, fullSeeds: 12, shows })),
  ...STORIES.map(([story, variant, fullSeeds, shows]) => ({
    name: `${story}, ${variant}`,
    fleet: builtIn(story, variant),
    fullSeeds,
    shows,
  })),
];

function builtIn(name: string, variant: string): Scenario {
  const file = join(import.meta.dirname, "../../scenarios", `${name}.yaml`);
  const scenario = readScenario(file, readFileSync(file, "utf8"));
  const chosen = variant === "base" ? scenario : scenario.variants[variant]?.scenario;
  if (chosen === undefined) throw new Error(`${name} has no variant ${variant}`);
  return { ...chosen, variants: {} };
}

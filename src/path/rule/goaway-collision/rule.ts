import type { Demand, Option } from "../../demand.ts";
import type { Hop, Load } from "../../hop.ts";
import type { Rule } from "../../rule.ts";
import type { Scene, Segment } from "../../scene.ts";
import { type CollisionLoad, collisionOdds, collisionsPerDay, largestChance } from "./odds.ts";

export const rule: Rule = {
  id: "goaway-collision",
  title: "GOAWAY makes clients reconnect through a balancer where one client port can meet itself at a target",
  level: "error",
  causes: ["backend-tuple-collision"],
  references: [
    "RFC 5961 §3, §4 (challenge ACK)",
    "awsdocs/elb-network-load-balancers-user-guide: doc_source/load-balancer-troubleshooting.md:79",
    "kubernetes/apiserver: pkg/server/filters/goaway.go",
  ],
  demands: (scene) =>
    scene.segments.flatMap((segment) => segment.boxes.flatMap((box) => demandOf(scene, segment, box))),
};

/** Collisions a day that one client host may have. */
const MOST_PER_DAY = 1;

function demandOf(scene: Scene, { branch, opener, acceptor }: Segment, box: Hop): readonly Demand[] {
  const chance = scene.value(acceptor, "goawayChance");
  const preserved = scene.value(box, "clientIpPreservation");
  const crossZone = scene.value(box, "crossZone");
  if (chance === undefined || chance === 0 || preserved === undefined || crossZone === undefined) return [];
  const load = known(scene.path.load);
  const off = (key: "clientIpPreservation" | "crossZone"): Option => [
    { lesser: [{ hop: box.id, key }], offset: 0, margin: 0 },
  ];
  const most = load === undefined ? 0 : largestChance(load, MOST_PER_DAY);
  return [
    {
      rule: rule.id,
      level: load === undefined ? "warning" : "error",
      branch,
      hops: [opener.id, box.id, acceptor.id],
      anyOf: [
        [{ lesser: [{ hop: acceptor.id, key: "goawayChance" }], offset: most, margin: 0 }],
        off("crossZone"),
        off("clientIpPreservation"),
      ],
      settings: [
        { hop: acceptor.id, key: "goawayChance" },
        { hop: box.id, key: "clientIpPreservation" },
        { hop: box.id, key: "crossZone" },
      ],
      says: `${acceptor.id} tells clients to go away (goawayChance ${chance}); ${box.id} keeps client addresses and its nodes share targets, so that ${opener.id} can reach one target from one port through two nodes: the newer connection kills the older. ${odds(load, chance)}`,
      remedy: `Lower goawayChance${load === undefined ? "" : ` to ${Number(most.toPrecision(2))} at most`}, or turn off cross-zone balancing or client IP preservation of ${box.id}. Each has its price: uneven load, or a limit of connections for each target.`,
    },
  ];
}

function odds(load: CollisionLoad | undefined, chance: number): string {
  if (load === undefined) return "How often depends on the load, which is not stated.";
  const share = (collisionOdds(load, chance) * 100).toPrecision(2);
  return `With the load stated, ${Number(share)} % of new connections collide, ${Number(collisionsPerDay(load, chance).toPrecision(2))} a day and host.`;
}

/** The load, if enough of it is stated. */
function known(load: Load): CollisionLoad | undefined {
  const { connectionsPerClient, targets, requestsPerSecondPerConnection, balancerNodes = 3, lingerMs = 450_000 } = load;
  if (connectionsPerClient === undefined || targets === undefined || requestsPerSecondPerConnection === undefined) {
    return undefined;
  }
  return { connectionsPerClient, targets, requestsPerSecondPerConnection, balancerNodes, lingerMs };
}

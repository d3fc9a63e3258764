import type { Demand } from "../../demand.ts";
import type { Hop } from "../../hop.ts";
import type { Rule } from "../../rule.ts";
import type { Scene, Segment } from "../../scene.ts";

export const rule: Rule = {
  id: "port-range-too-small",
  title: "More connections than source ports: new ones cannot be opened",
  level: "error",
  causes: ["snat-port-exhaustion", "client-port-exhaustion"],
  references: [
    "https://docs.kernel.org/networking/ip-sysctl.html (ip_local_port_range)",
    "awsdocs/elb-network-load-balancers-user-guide: doc_source/load-balancer-target-groups.md:77",
  ],
  demands: (scene) =>
    scene.segments
      .filter(({ opener }) => opener.role === "client")
      .flatMap((segment) => [
        ...localPorts(scene, segment),
        ...segment.boxes.flatMap((box) => translatedPorts(scene, segment, box)),
      ]),
};

/** TIME_WAIT on Linux, compiled in. */
const TIME_WAIT_S = 60;

/** A client host towards one destination: open connections, and those that wait in TIME_WAIT. */
function localPorts(scene: Scene, { branch, opener, acceptor }: Segment): readonly Demand[] {
  const { connectionsPerClient, newConnectionsPerSecond = 0 } = scene.path.load;
  const first = scene.value(opener, "localPortFirst");
  const last = scene.value(opener, "localPortLast");
  if (connectionsPerClient === undefined || first === undefined || last === undefined) return [];
  const needed = connectionsPerClient + Math.ceil(newConnectionsPerSecond * TIME_WAIT_S);
  return [
    {
      rule: rule.id,
      level: "error",
      branch,
      hops: [opener.id, acceptor.id],
      anyOf: [
        [
          {
            lesser: [{ hop: opener.id, key: "localPortFirst" }],
            plus: needed - 1,
            greater: { hop: opener.id, key: "localPortLast" },
            margin: Math.ceil(needed / 10),
            least: 0,
          },
        ],
      ],
      settings: [
        { hop: opener.id, key: "localPortFirst" },
        { hop: opener.id, key: "localPortLast" },
      ],
      says: `${opener.id} has the ports ${first} to ${last}, ${last - first + 1} towards one destination, and needs ${needed} (${connectionsPerClient} open, the rest in TIME_WAIT).`,
      remedy: "Widen net.ipv4.ip_local_port_range, keep connections for reuse, or use more destinations.",
    },
  ];
}

/** A box that puts its own address in place of its clients'. */
function translatedPorts(scene: Scene, { branch, opener, acceptor }: Segment, box: Hop): readonly Demand[] {
  const ports = scene.value(box, "snatPorts");
  const { connectionsPerClient, clients, targets } = scene.path.load;
  if (ports === undefined || connectionsPerClient === undefined || clients === undefined || targets === undefined)
    return [];
  if (scene.value(box, "clientIpPreservation") !== 0) return [];
  const each = Math.ceil((connectionsPerClient * clients) / targets);
  return [
    {
      rule: rule.id,
      level: "error",
      branch,
      hops: [opener.id, box.id, acceptor.id],
      anyOf: [
        [
          {
            lesser: [],
            plus: each,
            greater: { hop: box.id, key: "snatPorts" },
            margin: Math.ceil(each / 10),
            least: 0,
          },
        ],
        [{ lesser: [], plus: 1, greater: { hop: box.id, key: "clientIpPreservation" }, margin: 0 }],
      ],
      settings: [
        { hop: box.id, key: "snatPorts" },
        { hop: box.id, key: "clientIpPreservation" },
      ],
      says: `${box.id} puts its own address in place of its clients' and has ${ports} ports towards each target; ${each} connections are to be expected there.`,
      remedy: `More targets, or client IP preservation of ${box.id} (at the price of goaway-collision and hairpin-prone).`,
    },
  ];
}

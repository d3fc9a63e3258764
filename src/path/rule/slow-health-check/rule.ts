import { printMs } from "../../../net/duration.ts";
import type { Demand } from "../../demand.ts";
import type { Hop } from "../../hop.ts";
import type { Rule } from "../../rule.ts";
import type { Scene } from "../../scene.ts";

export const rule: Rule = {
  id: "slow-health-check",
  title: "A lost connection is noticed later than the failure detector behind it waits",
  level: "error",
  causes: ["slow-health-check"],
  references: [
    "https://github.com/kubernetes/kubernetes/issues/121793",
    "https://github.com/kubernetes/kubernetes/pull/126287 (50 s since 1.32)",
    "golang/net: http2/transport.go, ReadIdleTimeout and PingTimeout",
  ],
  demands: (scene) =>
    scene.path.detectors.flatMap(({ hop, hearsThrough }) =>
      clientsOf(scene, hearsThrough).flatMap((client) => demandOf(scene, hop, client)),
    ),
};

/** How often a node says that it lives where nobody says otherwise: a quarter of the kubelet's lease of 40 s. */
const HEARTBEAT_MS = 10_000;

/** The hops through which a detector hears: the one named, or every client. */
const clientsOf = (scene: Scene, id: string | undefined): readonly Hop[] =>
  scene.path.hops.filter((hop) => (id === undefined ? hop.role === "client" : hop.id === id));

function demandOf(scene: Scene, detector: Hop, client: Hop): readonly Demand[] {
  const readIdle = scene.value(client, "readIdleTimeoutMs");
  const ping = scene.value(client, "pingTimeoutMs");
  const grace = scene.value(detector, "nodeMonitorGracePeriodMs");
  if (readIdle === undefined || ping === undefined || grace === undefined) return [];
  const branch = Math.max(
    0,
    scene.path.branches.findIndex(({ hops }) => hops.includes(client.id)),
  );
  const heartbeat = heartbeatOf(scene);
  return [
    {
      rule: rule.id,
      level: "error",
      branch,
      hops: [client.id, detector.id],
      anyOf: [
        [
          {
            lesser: [
              { hop: client.id, key: "readIdleTimeoutMs" },
              { hop: client.id, key: "pingTimeoutMs" },
            ],
            greater: { hop: detector.id, key: "nodeMonitorGracePeriodMs" },
            margin: heartbeat,
            least: 1,
          },
        ],
      ],
      settings: [
        { hop: client.id, key: "readIdleTimeoutMs" },
        { hop: client.id, key: "pingTimeoutMs" },
        { hop: detector.id, key: "nodeMonitorGracePeriodMs" },
      ],
      says: `${client.id} notices a lost connection after ${printMs(readIdle)} + ${printMs(ping)} = ${printMs(readIdle + ping)}, and heartbeats are up to ${printMs(heartbeat)} old by then; ${detector.id} waits ${printMs(grace)} before it declares nodes dead that are well.`,
      remedy: `Let the health check take less than the grace period by one heartbeat (${printMs(heartbeat)}): shorten readIdleTimeout or pingTimeout, or lengthen the grace period.`,
    },
  ];
}

function heartbeatOf(scene: Scene): number {
  const stated = scene.path.detectors.flatMap(({ hop }) => {
    const renew = scene.value(hop, "leaseRenewIntervalMs");
    return renew === undefined ? [] : [renew];
  });
  return stated.length > 0 ? Math.max(...stated) : HEARTBEAT_MS;
}

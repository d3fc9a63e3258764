import { printMs } from "../../../net/duration.ts";
import type { Demand } from "../../demand.ts";
import type { Hop } from "../../hop.ts";
import type { Rule } from "../../rule.ts";
import type { Scene } from "../../scene.ts";
import { NEVER } from "../../setting.ts";
import { clientsOf } from "./clients.ts";

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

function demandOf(scene: Scene, detector: Hop, client: Hop): readonly Demand[] {
  const readIdle = scene.value(client, "readIdleTimeoutMs");
  // Where no PING is sent its answer is waited for no longer than never.
  const stated = scene.value(client, "pingTimeoutMs");
  const ping = stated ?? (readIdle === NEVER ? 0 : undefined);
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
              ...(stated === undefined ? [] : [{ hop: client.id, key: "pingTimeoutMs" as const }]),
            ],
            greater: { hop: detector.id, key: "nodeMonitorGracePeriodMs" },
            margin: heartbeat,
            least: 1,
          },
        ],
      ],
      settings: [
        { hop: client.id, key: "readIdleTimeoutMs" },
        ...(stated === undefined ? [] : [{ hop: client.id, key: "pingTimeoutMs" as const }]),
        { hop: detector.id, key: "nodeMonitorGracePeriodMs" },
      ],
      says: `${client.id} ${noticed(readIdle, ping, heartbeat)}; ${detector.id} waits ${printMs(grace)} before it declares nodes dead that are well.`,
      remedy: `Let the health check take less than the grace period by one heartbeat (${printMs(heartbeat)}): ${readIdle === NEVER ? "turn it on" : "shorten readIdleTimeout or pingTimeout"}${readIdle === NEVER ? "" : ", or lengthen the grace period"}.`,
    },
  ];
}

const noticed = (readIdleMs: number, pingMs: number, heartbeatMs: number): string =>
  readIdleMs === NEVER
    ? "asks nobody whether a connection still lives: a lost one is noticed when the kernel gives up"
    : `notices a lost connection after ${printMs(readIdleMs)} + ${printMs(pingMs)} = ${printMs(readIdleMs + pingMs)}, and heartbeats are up to ${printMs(heartbeatMs)} old by then`;

function heartbeatOf(scene: Scene): number {
  const stated = scene.path.detectors.flatMap(({ hop }) => {
    const renew = scene.value(hop, "leaseRenewIntervalMs");
    return renew === undefined ? [] : [renew];
  });
  return stated.length > 0 ? Math.max(...stated) : HEARTBEAT_MS;
}

import { printMs } from "../../../net/duration.ts";
import type { Demand, Option } from "../../demand.ts";
import type { Hop } from "../../hop.ts";
import type { Rule } from "../../rule.ts";
import type { Scene } from "../../scene.ts";
import type { SettingKey } from "../../setting.ts";

export const rule: Rule = {
  id: "drain-before-deregistration",
  title: "A server stops before the balancer in front of it has stopped sending",
  level: "error",
  causes: ["process-gone", "connection-refused"],
  references: [
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html",
    "https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/2366",
  ],
  demands: (scene) =>
    scene.path.branches.flatMap((branch, index) =>
      branch.hops.slice(0, -1).flatMap((id, place) => {
        const balancer = hopOf(scene, id);
        const server = hopOf(scene, branch.hops[place + 1]);
        return balancer === undefined || server === undefined ? [] : demandsOf(scene, index, balancer, server);
      }),
    ),
};

const hopOf = (scene: Scene, id: string | undefined): Hop | undefined => scene.path.hops.find((hop) => hop.id === id);

function demandsOf(scene: Scene, branch: number, balancer: Hop, server: Hop): readonly Demand[] {
  const preStop = scene.value(server, "preStopMs");
  const delay = scene.value(balancer, "deregistrationDelayMs");
  const interval = scene.value(balancer, "healthCheckIntervalMs");
  const failures = scene.value(balancer, "unhealthyThreshold");
  // Nothing is said of a server of which nobody says how it stops.
  if (preStop === undefined || server.settings.get("preStopMs")?.stated === "assumed-default") return [];
  const drain = scene.value(server, "drainMs") ?? 0;
  const shared = { rule: rule.id, branch, hops: [balancer.id, server.id] } as const;
  const demands: Demand[] = [];
  if (delay !== undefined) {
    demands.push({
      ...shared,
      // A delay that nobody chose is mostly longer than anything in flight: 70 s of preStop were enough under one of 300 s.
      level: balancer.settings.get("deregistrationDelayMs")?.stated === "assumed-default" ? "warning" : "error",
      anyOf: [stays(server, [{ hop: balancer.id, key: "deregistrationDelayMs" }], 0, drain)],
      settings: [
        { hop: balancer.id, key: "deregistrationDelayMs" },
        { hop: server.id, key: "preStopMs" },
      ],
      says: `${balancer.id} serves connections of a target that was taken out for ${printMs(delay)}; ${server.id} goes on for ${printMs(preStop + drain)} once it is told to stop (${printMs(preStop)} before, ${printMs(drain)} for what is in flight): what is left is cut.`,
      remedy: `Shorten the deregistration delay, or let ${server.id} wait at least that long before it stops.`,
    });
  }
  if (
    interval !== undefined &&
    failures !== undefined &&
    balancer.settings.get("healthCheckIntervalMs")?.stated !== "assumed-default"
  ) {
    demands.push({
      ...shared,
      level: "error",
      anyOf: [stays(server, [], interval * failures, 0)],
      settings: [
        { hop: balancer.id, key: "healthCheckIntervalMs" },
        { hop: server.id, key: "preStopMs" },
      ],
      says: `${balancer.id} notices that a target has stopped after ${failures} checks ${printMs(interval)} apart, ${printMs(interval * failures)}; ${server.id} stops taking requests after ${printMs(preStop)}: those in between are refused.`,
      remedy: `Let ${server.id} wait longer before it stops, or ${balancer.id} check more often.`,
    });
  }
  return demands;
}

/** The server goes on at least as long as that. */
const stays = (
  server: Hop,
  lesser: readonly { hop: string; key: SettingKey }[],
  plus: number,
  drain: number,
): Option => [{ lesser, plus, greater: { hop: server.id, key: "preStopMs" }, offset: drain, margin: 5000, least: 0 }];

import { inVersionRange } from "../../../catalogue/version-range.ts";
import { printMs } from "../../../net/duration.ts";
import type { Demand, Level } from "../../demand.ts";
import type { Hop } from "../../hop.ts";
import type { Rule } from "../../rule.ts";
import type { Scene } from "../../scene.ts";
import type { SettingKey } from "../../setting.ts";

export const rule: Rule = {
  id: "server-contradiction",
  title: "Two settings of one hop contradict each other",
  level: "error",
  causes: ["keep-alive-race", "process-gone"],
  references: [
    "https://github.com/nodejs/node/issues/27363",
    "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
  ],
  demands: (scene) =>
    [...scene.path.hops, ...scene.path.detectors.map(({ hop }) => hop)].flatMap((hop) => [
      ...headers(scene, hop),
      ...pair(scene, hop, PRE_STOP),
      ...pair(scene, hop, CHECK_TIMEOUT),
      ...pair(scene, hop, LEADER),
    ]),
};

interface Pair {
  readonly lesser: SettingKey;
  readonly greater: SettingKey;
  readonly extra?: SettingKey;
  readonly level: Level;
  /** What must lie between them: 0 where equal is allowed. */
  readonly least: number;
  readonly says: (id: string, lesser: string, greater: string) => string;
  readonly remedy: string;
}

const PRE_STOP: Pair = {
  level: "error",
  least: 1,
  lesser: "preStopMs",
  extra: "drainMs",
  greater: "terminationGraceMs",
  says: (id, lesser, greater) =>
    `${id} takes ${lesser} to stop (waiting and draining), and is killed after ${greater}: what is in flight then is cut.`,
  remedy: "Raise terminationGracePeriodSeconds above the preStop wait and the drain together.",
};
const CHECK_TIMEOUT: Pair = {
  level: "warning",
  least: 0,
  lesser: "healthCheckTimeoutMs",
  greater: "healthCheckIntervalMs",
  says: (id, lesser, greater) =>
    `${id} waits ${lesser} for the answer to a health check and sends one every ${greater}.`,
  remedy: "Let a health check time out before the next is due.",
};
const LEADER: Pair = {
  level: "error",
  least: 1,
  lesser: "leaderRenewDeadlineMs",
  greater: "leaderLeaseMs",
  says: (id, lesser, greater) => `${id} tries to renew its lease for ${lesser}, and others take over after ${greater}.`,
  remedy: "Let the renew deadline be shorter than the lease.",
};

function pair(scene: Scene, hop: Hop, { lesser, greater, extra, level, least, says, remedy }: Pair): readonly Demand[] {
  const less = scene.value(hop, lesser);
  const more = scene.value(hop, greater);
  if (less === undefined || more === undefined || isDefault(hop, lesser) || isDefault(hop, greater)) return [];
  const plus = extra === undefined ? 0 : (scene.value(hop, extra) ?? 0);
  return [
    {
      ...shared(scene, hop, lesser, greater),
      level,
      anyOf: [
        [
          {
            lesser: [{ hop: hop.id, key: lesser }],
            plus,
            greater: { hop: hop.id, key: greater },
            margin: least,
          },
        ],
      ],
      says: says(hop.id, printMs(less + plus), printMs(more)),
      remedy,
    },
  ];
}

/** Figures that nobody chose do not contradict each other. */
const isDefault = (hop: Hop, key: SettingKey): boolean => hop.settings.get(key)?.stated === "assumed-default";

/**
 * Node counted headersTimeout from the end of the previous request on a kept connection, so that a longer keepAliveTimeout
 * was cut short by it (nodejs/node#27363). Since version 18 a request's own time counts; what was in between is not known here.
 */
function headers(scene: Scene, hop: Hop): readonly Demand[] {
  const idle = scene.value(hop, "idleTimeoutMs");
  const header = scene.value(hop, "headersTimeoutMs");
  if (hop.product !== "node-server" || idle === undefined || header === undefined) return [];
  if (hop.version !== undefined && inVersionRange(hop.version, ">=18")) return [];
  return [
    {
      ...shared(scene, hop, "idleTimeoutMs", "headersTimeoutMs"),
      level: hop.version === undefined ? "warning" : "error",
      anyOf: [
        [
          {
            lesser: [{ hop: hop.id, key: "idleTimeoutMs" }],
            greater: { hop: hop.id, key: "headersTimeoutMs" },
            margin: 1000,
            least: 1,
          },
        ],
      ],
      says: `${hop.id} keeps idle connections for ${printMs(idle)}, and its headersTimeout of ${printMs(header)} resets a kept connection sooner${hop.version === undefined ? " if it is older than Node 18" : ""}.`,
      remedy: "Set headersTimeout above keepAliveTimeout.",
    },
  ];
}

const shared = (scene: Scene, hop: Hop, lesser: SettingKey, greater: SettingKey) => ({
  rule: rule.id,
  branch: Math.max(
    0,
    scene.path.branches.findIndex(({ hops }) => hops.includes(hop.id)),
  ),
  hops: [hop.id],
  settings: [
    { hop: hop.id, key: lesser },
    { hop: hop.id, key: greater },
  ],
});

import { printMs } from "../../../net/duration.ts";
import type { Demand, Option } from "../../demand.ts";
import type { Hop } from "../../hop.ts";
import type { Rule } from "../../rule.ts";
import type { Scene, Segment } from "../../scene.ts";
import type { SettingKey } from "../../setting.ts";

export const rule: Rule = {
  id: "no-health-check",
  title: "Nobody asks whether a long-lived connection still lives, so that a dead peer goes unnoticed",
  level: "error",
  causes: ["peer-vanished"],
  references: [
    "https://github.com/kubernetes/kubernetes/pull/95981",
    "https://github.com/golang/go/issues/39337",
    "https://docs.kernel.org/networking/ip-sysctl.html (tcp_retries2: 924.6 s at least)",
  ],
  demands: (scene) =>
    scene.segments
      .filter(({ carries }) => carries.some((traffic) => traffic !== "http"))
      .flatMap((segment) => demandOf(scene, segment)),
};

/** Noticed later than this is as good as never: what Linux takes to give up on unacknowledged data (tcp_retries2 15). */
const TOO_LATE_MS = 900_000;

/** Soon enough: the fastest PING that gRPC servers tolerate unless told otherwise. */
const GOOD_MS = 300_000;

const KEYS = [
  "readIdleTimeoutMs",
  "pingIntervalMs",
  "tcpUserTimeoutMs",
  "heartbeatMs",
] as const satisfies readonly SettingKey[];

function demandOf(scene: Scene, { opener, branch, http2, carries, acceptor }: Segment): readonly Demand[] {
  // Only where the opener is known to have no health check: where nothing is known nothing is said.
  if (scene.value(opener, "readIdleTimeoutMs") === undefined && scene.value(opener, "pingIntervalMs") === undefined)
    return [];
  // Who only passes bytes on passes the PINGs of others on.
  if (!http2 || opener.layer === 4) return [];
  const slow = (["readIdleTimeoutMs", "pingIntervalMs"] as const).find((key) =>
    Number.isFinite(scene.value(opener, key)),
  );
  const sends = slow === undefined ? "no HTTP/2 PING" : `a PING only every ${printMs(scene.value(opener, slow) ?? 0)}`;
  return [
    {
      rule: rule.id,
      level: carries.includes("watches") ? "error" : "warning",
      branch,
      hops: [opener.id, acceptor.id],
      anyOf: KEYS.map((key) => within(opener, key)),
      settings: [{ hop: opener.id, key: slow ?? "readIdleTimeoutMs" }],
      says: `${opener.id} sends ${sends} on a silent connection: when ${acceptor.id} or the way to it is gone, ${carries.includes("watches") ? "a watch waits for ever" : "calls wait until the kernel gives up, about 15 minutes"}.`,
      remedy: `${slow === undefined ? "Turn on" : "Quicken"} the health check of ${opener.id}: a PING after 30 s of silence, 15 s for its answer.`,
    },
  ];
}

const within = (hop: Hop, key: SettingKey): Option => [
  { lesser: [{ hop: hop.id, key }], offset: TOO_LATE_MS, margin: TOO_LATE_MS - GOOD_MS, least: 0 },
];

import { printMs } from "../../../net/duration.ts";
import type { Demand } from "../../demand.ts";
import type { Hop } from "../../hop.ts";
import type { Rule } from "../../rule.ts";
import { type Scene, type Segment, TIMER_MARGIN_MS } from "../../scene.ts";
import type { SettingKey } from "../../setting.ts";

export const rule: Rule = {
  id: "ping-not-activity",
  title: "A proxy ends silent streams and does not count PINGs or keepalives as activity",
  level: "error",
  causes: ["silent-idle-drop"],
  references: [
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
    "envoyproxy/data-plane-api: envoy/config/core/v3/protocol.proto, idle_timeout",
  ],
  demands: (scene) =>
    scene.segments
      .filter(({ carries }) => carries.some((traffic) => traffic !== "http"))
      .flatMap((segment) => demandOf(scene, segment)),
};

const TRUSTED = ["pingIntervalMs", "readIdleTimeoutMs", "tcpKeepaliveMs"] as const satisfies readonly SettingKey[];

function demandOf(scene: Scene, segment: Segment): readonly Demand[] {
  const { opener, acceptor } = segment;
  const limit = scene.value(acceptor, "streamIdleTimeoutMs");
  if (acceptor.role !== "proxy" || limit === undefined || limit === Number.POSITIVE_INFINITY) return [];
  const trusted = TRUSTED.flatMap((key) => trust(scene, opener, acceptor, key, limit))[0];
  const speaker = scene.segments.find(
    ({ branch, opener: hop }) => branch === segment.branch && scene.value(hop, "heartbeatMs") !== undefined,
  )?.opener;
  return [
    {
      rule: rule.id,
      level: trusted === undefined ? "warning" : "error",
      branch: segment.branch,
      hops: [opener.id, acceptor.id],
      anyOf: [
        [
          {
            lesser: [{ hop: (speaker ?? opener).id, key: "heartbeatMs" }],
            greater: { hop: acceptor.id, key: "streamIdleTimeoutMs" },
            margin: TIMER_MARGIN_MS + scene.path.roundTripMs,
            least: scene.path.roundTripMs,
          },
        ],
      ],
      settings: [
        { hop: opener.id, key: trusted ?? "heartbeatMs" },
        { hop: acceptor.id, key: "streamIdleTimeoutMs" },
      ],
      says:
        trusted === undefined
          ? `${acceptor.id} ends a stream that is silent for ${printMs(limit)}, and nothing is known that speaks on a quiet one before.`
          : `${acceptor.id} ends a stream that is silent for ${printMs(limit)}, and what ${opener.id} sends every ${printMs(scene.value(opener, trusted) ?? 0)} (${trusted.replace(/Ms$/, "")}) does not count as activity there.`,
      remedy: `Send data on quiet streams more often than every ${printMs(limit)} (a heartbeat message of the application), or raise that timeout above the longest silence.`,
    },
  ];
}

/** A PING or keepalive that comes in time, and that this proxy is known not to count. */
function trust(
  scene: Scene,
  opener: Hop,
  acceptor: Hop,
  key: (typeof TRUSTED)[number],
  limit: number,
): readonly (typeof TRUSTED)[number][] {
  const every = scene.value(opener, key);
  const counted = scene.value(acceptor, key === "tcpKeepaliveMs" ? "countsTcpKeepalive" : "countsPing");
  return every !== undefined && every < limit && counted === 0 ? [key] : [];
}

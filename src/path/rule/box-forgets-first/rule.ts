import { forMs, printMs } from "../../../net/duration.ts";
import type { Demand } from "../../demand.ts";
import type { Rule } from "../../rule.ts";
import type { Scene, Segment } from "../../scene.ts";
import type { SettingKey } from "../../setting.ts";
import {
  closingOptions,
  type Forgetter,
  forgettersOn,
  hintedPoolMs,
  isHeard,
  speakerOn,
  speakingOptions,
} from "../forgetting.ts";
import { neverIdle } from "../never-idle.ts";
import { conflictAt } from "../opposite-demands/conflict.ts";

export const rule: Rule = {
  id: "box-forgets-first",
  title: "A layer-4 box forgets a silent connection before either end speaks or closes it",
  level: "error",
  causes: ["silent-idle-drop"],
  references: [
    "RFC 9293 §3.5.1 (half-open connections)",
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html",
    "https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset",
  ],
  demands: (scene) =>
    scene.segments.flatMap((segment) =>
      forgettersOn(scene, segment).flatMap((forgetter) => [
        ...idleDemand(scene, segment, forgetter),
        ...openDemand(scene, segment, forgetter),
      ]),
    ),
};

/** Idle connections kept for the next request. */
function idleDemand(scene: Scene, segment: Segment, forgetter: Forgetter): readonly Demand[] {
  const { opener, acceptor, carries } = segment;
  const pool = scene.value(opener, "poolIdleTimeoutMs");
  const idle = scene.value(acceptor, "idleTimeoutMs");
  if (!carries.includes("http") || neverIdle(scene, segment)) return [];
  // A keepalive that is there but too slow is keepalive-too-slow's; a pool that can't be shortened opposite-demands'.
  if ((pool === undefined && idle === undefined) || speakerOn(scene, segment, "idle") !== undefined) return [];
  if (conflictAt(scene, acceptor) !== undefined) return [];
  const both = pool !== undefined && idle !== undefined;
  return [
    {
      ...common(segment, forgetter),
      level: both ? "error" : "warning",
      anyOf: [...closingOptions(scene, segment, forgetter), ...speakingOptions(scene, segment, forgetter, false)],
      settings: [
        { hop: opener.id, key: pool === undefined ? "tcpKeepaliveMs" : ("poolIdleTimeoutMs" as SettingKey) },
        { hop: forgetter.hop.id, key: forgetter.key },
        ...(idle === undefined ? [] : [{ hop: acceptor.id, key: "idleTimeoutMs" as SettingKey }]),
      ],
      says: `${forgetter.hop.id} forgets a connection after ${printMs(forgetter.limitMs)} of silence and tells nobody; ${keeps(opener.id, hintedPoolMs(scene, segment) ?? pool)}, ${keeps(acceptor.id, idle)}, and neither speaks on an idle connection before: the next request finds nobody.`,
      remedy: `Let either end close idle connections or send TCP keepalives before ${printMs(forgetter.limitMs)} have passed.`,
    },
  ];
}

const keeps = (hop: string, ms: number | undefined): string =>
  ms === undefined ? `how long ${hop} keeps it is not known` : `${hop} keeps it ${forMs(ms)}`;

/** Streams and watches that are open and silent: idle timeouts of the ends do not count there. */
function openDemand(scene: Scene, segment: Segment, forgetter: Forgetter): readonly Demand[] {
  const { opener, carries } = segment;
  const what = carries.find((traffic) => traffic !== "http");
  if (what === undefined || isHeard(scene, forgetter) || speakerOn(scene, segment, "open") !== undefined) return [];
  const silent = opener.settings.size > 0 ? "error" : "warning";
  return [
    {
      ...common(segment, forgetter),
      level: silent,
      anyOf: speakingOptions(scene, segment, forgetter, true),
      settings: [
        { hop: opener.id, key: "tcpKeepaliveMs" },
        { hop: forgetter.hop.id, key: forgetter.key },
      ],
      says: `${forgetter.hop.id} forgets a connection after ${printMs(forgetter.limitMs)} of silence and tells nobody; on an open ${what === "watches" ? "watch" : "stream"} neither ${opener.id} nor ${segment.acceptor.id} is known to send a keepalive or PING before: it goes half-open, and who waits on it waits for ever.`,
      remedy: `Send TCP keepalives or HTTP/2 PINGs from either end more often than every ${printMs(forgetter.limitMs)}.`,
    },
  ];
}

const common = ({ branch, opener, acceptor }: Segment, { hop }: Forgetter) => ({
  rule: rule.id,
  branch,
  hops: hop.id === opener.id || hop.id === acceptor.id ? [opener.id, acceptor.id] : [opener.id, hop.id, acceptor.id],
});

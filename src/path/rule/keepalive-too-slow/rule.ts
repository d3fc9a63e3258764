import { printMs } from "../../../net/duration.ts";
import type { Demand } from "../../demand.ts";
import type { Rule } from "../../rule.ts";
import type { Scene, Segment } from "../../scene.ts";
import { closingOptions, type Forgetter, forgettersOn, slowSpeaker, speakingOptions } from "../forgetting.ts";
import { neverIdle } from "../never-idle.ts";

export const rule: Rule = {
  id: "keepalive-too-slow",
  title: "A keepalive or PING comes later than the box on the way forgets the connection",
  level: "error",
  causes: ["silent-idle-drop"],
  references: [
    "RFC 9293 §3.8.4 (keepalives; the interval defaults to two hours at least)",
    "https://docs.kernel.org/networking/ip-sysctl.html (tcp_keepalive_time)",
  ],
  demands: (scene) =>
    scene.segments.flatMap((segment) =>
      forgettersOn(scene, segment).flatMap((forgetter) => demandOf(scene, segment, forgetter)),
    ),
};

function demandOf(scene: Scene, segment: Segment, forgetter: Forgetter): readonly Demand[] {
  const speaker = slowSpeaker(scene, segment);
  if (speaker === undefined) return [];
  const open = segment.carries.some((traffic) => traffic !== "http");
  const idle = segment.carries.includes("http") && !neverIdle(scene, segment);
  if (!open && !idle) return [];
  const box = forgetter.hop.id;
  return [
    {
      rule: rule.id,
      level: "error",
      branch: segment.branch,
      hops: [...new Set([segment.opener.id, box, segment.acceptor.id])],
      anyOf: [
        ...speakingOptions(scene, segment, forgetter, open),
        ...(open ? [] : closingOptions(scene, segment, forgetter)),
      ],
      settings: [
        { hop: speaker.hop.id, key: speaker.key },
        { hop: box, key: forgetter.key },
      ],
      says: `${speaker.hop.id} speaks on a silent connection after ${printMs(speaker.ms)} (${speaker.key.replace(/Ms$/, "")}), and ${box} has forgotten it after ${printMs(forgetter.limitMs)}.`,
      remedy: `Speak more often than every ${printMs(forgetter.limitMs)}, with room for one lost probe.`,
    },
  ];
}

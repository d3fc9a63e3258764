import { printMs } from "../../../net/duration.ts";
import type { Demand } from "../../demand.ts";
import type { Hop } from "../../hop.ts";
import type { Rule } from "../../rule.ts";
import type { Scene } from "../../scene.ts";
import { before, speakingOptions } from "../forgetting.ts";
import { conflictAt } from "./conflict.ts";

export const rule: Rule = {
  id: "opposite-demands",
  title: "Layer 7 asks a server for a longer idle timeout and layer 4 for a shorter one",
  level: "error",
  causes: ["silent-idle-drop", "keep-alive-race"],
  references: [
    "https://docs.cloud.google.com/load-balancing/docs/https (600 s towards backends, fixed)",
    "https://github.com/cloudfoundry/routing-release/pull/116",
  ],
  demands: (scene) => acceptors(scene).flatMap((acceptor) => demandOf(scene, acceptor)),
};

const acceptors = (scene: Scene): readonly Hop[] => [
  ...new Map(scene.segments.map(({ acceptor }) => [acceptor.id, acceptor])).values(),
];

function demandOf(scene: Scene, acceptor: Hop): readonly Demand[] {
  const conflict = conflictAt(scene, acceptor);
  if (conflict === undefined) return [];
  const { above, below } = conflict;
  const { forgetter, segment } = below;
  const box = forgetter.hop.id;
  return [
    {
      rule: rule.id,
      level: "error",
      branch: segment.branch,
      hops: [...new Set([above.segment.opener.id, box, acceptor.id])],
      anyOf: [
        [before(scene, forgetter, above.segment.opener, "poolIdleTimeoutMs")],
        ...speakingOptions(scene, segment, forgetter, false),
      ],
      settings: [
        { hop: above.segment.opener.id, key: "poolIdleTimeoutMs" },
        { hop: box, key: forgetter.key },
        { hop: acceptor.id, key: "idleTimeoutMs" },
      ],
      says: `${above.segment.opener.id} keeps idle connections for ${printMs(above.poolMs)} and cannot be told otherwise, so ${acceptor.id} must keep them longer; ${box} forgets them after ${printMs(forgetter.limitMs)}, so ${acceptor.id} must close them sooner. No idle timeout of ${acceptor.id} does both.`,
      remedy: `Speak on idle connections: TCP keepalives of either end more often than every ${printMs(forgetter.limitMs)}, or raise what ${box} remembers above ${printMs(above.poolMs)}.`,
    },
  ];
}

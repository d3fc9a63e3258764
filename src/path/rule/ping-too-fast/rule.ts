import { inPathUnit } from "../../../catalogue/look-up.ts";
import { printMs } from "../../../net/duration.ts";
import type { Demand } from "../../demand.ts";
import { entriesOfHop } from "../../entries-of-hop.ts";
import type { Hop } from "../../hop.ts";
import type { Rule } from "../../rule.ts";
import type { Scene, Segment } from "../../scene.ts";
import type { SettingKey } from "../../setting.ts";

export const rule: Rule = {
  id: "ping-too-fast",
  title: "A client sends PINGs more often than its server tolerates",
  level: "error",
  causes: ["goaway-error"],
  references: [
    "grpc/grpc-go: internal/transport/http2_server.go, handlePing (third strike: ENHANCE_YOUR_CALM)",
    "https://github.com/grpc/grpc/blob/master/doc/keepalive.md",
  ],
  demands: (scene) =>
    [...scene.segments, ...scene.through].filter(({ http2 }) => http2).flatMap((segment) => demandsOf(scene, segment)),
};

function demandsOf(scene: Scene, segment: Segment): readonly Demand[] {
  const idle = scene.value(segment.opener, "pingsWithoutStreams") === 1;
  return [
    ...demandOf(scene, segment, "pingIntervalMs", "minPingIntervalMs"),
    ...(idle ? demandOf(scene, segment, "pingIntervalMs", "minPingIntervalIdleMs") : []),
    ...demandOf(scene, segment, "readIdleTimeoutMs", "minPingIntervalMs"),
  ];
}

function demandOf(
  scene: Scene,
  { branch, opener, acceptor }: Segment,
  key: SettingKey,
  limit: SettingKey,
): readonly Demand[] {
  const stated = scene.value(opener, key);
  const every = stated === undefined ? undefined : Math.max(stated, leastOf(opener, key));
  const least = scene.value(acceptor, limit);
  if (every === undefined || least === undefined || every === Number.POSITIVE_INFINITY) return [];
  // What is set too low is raised by the product itself, and that is slow enough.
  if (stated !== every && every >= least) return [];
  const when = limit === "minPingIntervalIdleMs" ? " while no call is open" : "";
  return [
    {
      rule: rule.id,
      level: "error",
      branch,
      hops: [opener.id, acceptor.id],
      anyOf: [[{ lesser: [{ hop: acceptor.id, key: limit }], greater: { hop: opener.id, key }, margin: 0 }]],
      settings: [
        { hop: opener.id, key },
        { hop: acceptor.id, key: limit },
      ],
      says: `${opener.id} sends a PING every ${printMs(every)}${when}, ${acceptor.id} tolerates one every ${printMs(least)}: it answers with GOAWAY ENHANCE_YOUR_CALM and closes, calls in flight with it.`,
      remedy: `Let ${opener.id} PING no more often than ${acceptor.id} tolerates, or ${acceptor.id} tolerate more.`,
    },
  ];
}

/** What a product raises a lower figure to by itself; 0 where it takes what it is given. */
function leastOf(hop: Hop, key: SettingKey): number {
  const entry = entriesOfHop(hop).find(({ governs }) => governs.includes(key));
  return entry?.raises === true && entry.range?.least !== undefined ? inPathUnit(entry, entry.range.least) : 0;
}

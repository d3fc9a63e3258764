import type { Demand } from "../../demand.ts";
import type { Rule } from "../../rule.ts";
import type { Scene, Segment } from "../../scene.ts";
import { neverIdle } from "../never-idle.ts";

export const rule: Rule = {
  id: "connection-lifetime",
  title: "A proxy uses one HTTP/2 connection for more requests than the other end allows on it",
  level: "error",
  causes: ["goaway-mishandled"],
  references: [
    "awsdocs/elb-application-load-balancers-user-guide: doc_source/load-balancer-troubleshooting.md:56 (10,000 requests)",
    "https://github.com/envoyproxy/envoy/issues/36450",
  ],
  demands: (scene) => scene.segments.flatMap((segment) => demandOf(scene, segment)),
};

function demandOf(scene: Scene, segment: Segment): readonly Demand[] {
  const { branch, opener, acceptor, http2 } = segment;
  const limit = scene.value(acceptor, "maxRequests");
  const used = scene.value(opener, "poolMaxRequests");
  // Over HTTP/1 the last answer says Connection: close, and nothing can cross it.
  if (!http2 || limit === undefined || used === undefined || limit === Number.POSITIVE_INFINITY) return [];
  if (neverIdle(scene, segment)) return [];
  return [
    {
      rule: rule.id,
      level: opener.role === "proxy" ? "error" : "warning",
      branch,
      hops: [opener.id, acceptor.id],
      anyOf: [
        [
          {
            lesser: [{ hop: opener.id, key: "poolMaxRequests" }],
            greater: { hop: acceptor.id, key: "maxRequests" },
            // Requests in flight when the last one is counted: as many as streams may be open.
            margin: Math.min(limit / 2, scene.value(acceptor, "maxStreams") ?? 100),
            least: 0,
          },
        ],
      ],
      settings: [
        { hop: opener.id, key: "poolMaxRequests" },
        { hop: acceptor.id, key: "maxRequests" },
      ],
      says: `${acceptor.id} sends GOAWAY after ${limit} requests on a connection, and ${opener.id} uses one for ${used === Number.POSITIVE_INFINITY ? "any number" : used}: requests that are on their way at that moment fail unless they are repeated.`,
      remedy: `Let ${opener.id} change connections before ${acceptor.id} does, at ${Math.floor(limit * 0.95)} requests.`,
    },
  ];
}

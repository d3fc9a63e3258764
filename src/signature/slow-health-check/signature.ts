import { SECOND } from "../../net/time.ts";
import { captureAt } from "../capture-advice.ts";
import type { Scene } from "../scene.ts";
import type { Finding, Signature } from "../signature.ts";
import { type Outage, outagesOf } from "./outage.ts";
import { evidenceOf, summaryOf } from "./story.ts";

export const signature: Signature = {
  id: "slow-health-check",
  kind: "incident",
  contributes: true,
  title:
    "A dead connection was noticed later than the failure detector that depends on it loses patience: healthy nodes were given up",
  symptoms: ["node-not-ready", "lost-ping"],
  certainFrom:
    "the controller's log (nodes given up when its watch was dead) and the API server's audit log (their leases were renewed all the while)",
  remedy:
    "Let the health check be faster than the failure detector, with room for a new connection: readIdleTimeout + pingTimeout well below node-monitor-grace-period (client-go: HTTP2_READ_IDLE_TIMEOUT_SECONDS and HTTP2_PING_TIMEOUT_SECONDS, 30 + 15 s as shipped; the grace period is 50 s since Kubernetes 1.32, 40 s before). Then stop what kills the connection: that is told beside this.",
  references: [
    "https://github.com/kubernetes/kubernetes/issues/121793 and pull 126287 (grace period 40 s to 50 s in Kubernetes 1.32)",
    "kubernetes/apimachinery pkg/util/net/http.go (HTTP2_READ_IDLE_TIMEOUT_SECONDS 30, HTTP2_PING_TIMEOUT_SECONDS 15)",
    "golang/net http2/transport.go, ReadIdleTimeout and PingTimeout",
  ],
  detect: (scene) => outagesOf(scene).map((outage) => findingOf(scene, outage)),
};

function findingOf(scene: Scene, outage: Outage): Finding {
  const { down, lost, renewed } = outage;
  const certain = renewed.length >= 2;
  return {
    cause: signature.id,
    variant: "nodes-given-up",
    confidence: certain ? "certain" : "likely",
    initiator: "client",
    at: down[0].at,
    trails: [],
    named: lost.local === undefined && lost.remote === undefined ? [] : [{ client: lost.local, server: lost.remote }],
    evidence: evidenceOf(outage),
    summary: summaryOf(scene, outage),
    ruledOut: [
      {
        cause: "peer-vanished",
        because: certain
          ? "the nodes went on renewing their leases"
          : `${down.length} nodes were given up within ${Math.max(1, Math.ceil(Number((down.at(-1) ?? down[0]).at - down[0].at) / SECOND))} s, and the same program lost the connection that carries their news`,
      },
    ],
    refutedBy:
      "these nodes not renewing their leases in that time (audit log of the API server), or another connection that carried their news",
    ...(certain
      ? {}
      : {
          next: `Take the audit log of the API server for the minute before: it shows whether the kubelets renewed their leases. ${captureAt("the controller's host", "tcp port 6443 or tcp port 443", "shows when its watch went dead, and why")}`,
        }),
    symptoms: ["node-not-ready", "lost-ping"],
  };
}

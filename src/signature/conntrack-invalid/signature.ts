import { printEndpoint } from "../../net/endpoint.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { conntrackGrowth } from "../conntrack-readings.ts";
import type { Scene } from "../scene.ts";
import type { Finding, Signature } from "../signature.ts";
import { type StrayReply, strayRepliesOf } from "../stray-replies.ts";
import { strayPackets, strayTrails, strayWords } from "../stray-story.ts";
import { endpointOf } from "../trail-queries.ts";

export const signature: Signature = {
  id: "conntrack-invalid",
  kind: "incident",
  title:
    "Connection tracking called a packet INVALID and let it pass untranslated: the client reset the connection it did not know",
  symptoms: ["connection-reset"],
  certainFrom:
    "the client's capture (the stray packet and its RST), with `conntrack -S` of the translating box or the server's capture",
  remedy:
    "On the translating box: net.netfilter.nf_conntrack_tcp_be_liberal=1, or drop what is INVALID before it leaves (iptables -m conntrack --ctstate INVALID -j DROP in FORWARD; " +
    "kube-proxy does so since kubernetes/kubernetes#74840). Find what reorders or loses packets in front of it, or lets it see one direction only.",
  references: [
    "Linux net/netfilter/nf_conntrack_proto_tcp.c, tcp_in_window; nf_conntrack-sysctl.rst (nf_conntrack_tcp_be_liberal)",
    "kubernetes/kubernetes#74839 and the Kubernetes blog, kube-proxy Subtleties: Debugging an Intermittent Connection Reset",
    "RFC 9293 §3.10.7.1 (a RST for what belongs to no connection)",
  ],
  detect: (scene) => scene.vantages.flatMap((v) => strayRepliesOf(v).flatMap((found) => judge(scene, found) ?? [])),
};

/** In its turn a packet is not INVALID: only one that lies outside what conntrack expected. */
function judge(scene: Scene, found: StrayReply): Finding | undefined {
  if (found.order === "next" || found.livedOn) return undefined;
  const { victim, packet, backend } = found;
  const counted = conntrackGrowth(scene).find(({ name }) => name === "invalid");
  const killed = victim.steps.some((s) => s.rst && s.side === "server" && s.time > packet.time);
  const confidence = counted !== undefined || killed ? "certain" : "likely";
  const client = endpointOf(victim.trail, "client");
  return {
    cause: signature.id,
    confidence,
    initiator: "balancer",
    at: packet.time,
    trails: strayTrails(scene, found),
    evidence: [...strayPackets(scene, found), ...(counted === undefined ? [] : [counted.evidence])],
    summary: `${strayWords(found)}. That packet was ${found.order === "old" ? "one that had come before" : "ahead of what was expected"}: the box that translates took it for INVALID and did not translate it.`,
    ruledOut: [
      {
        cause: "conntrack-entry-lost",
        because: "the packet was out of its turn, and packets in their turn were translated",
      },
      {
        cause: "backend-tuple-collision",
        because: "no other connection uses the client's port: the numbers are this connection's own",
      },
      { cause: "process-gone", because: "the server lost the connection by the client's RST, not of its own accord" },
    ],
    refutedBy: "the same packet leaving the translating box with the address that the client knows",
    ...(confidence === "certain"
      ? {}
      : {
          next: `${captureAt("the translating box, all interfaces", hostFilter(client.address), `packets of ${printEndpoint(backend)} that leave as they came`)}; and there twice: conntrack -S (invalid)`,
        }),
    symptoms: signature.symptoms,
    inferred: [
      "that connection tracking called the packet INVALID: what it decided is not on the wire, only that it did not translate",
    ],
  };
}

import type { Rule } from "../../rule.ts";

export const rule: Rule = {
  id: "hairpin-prone",
  title: "Clients on target hosts go through a balancer that keeps their address: one that meets itself times out",
  level: "error",
  causes: ["hairpin-loopback"],
  references: [
    "awsdocs/elb-network-load-balancers-user-guide: doc_source/load-balancer-troubleshooting.md:55",
    "https://github.com/kubernetes/cloud-provider-aws/issues/1160",
  ],
  demands: (scene) => {
    if (!scene.path.clientsAreTargets) return [];
    return scene.segments.flatMap(({ branch, opener, acceptor, boxes }) =>
      boxes
        .filter((box) => opener.role === "client" && scene.value(box, "clientIpPreservation") !== undefined)
        .map((box) => ({
          rule: rule.id,
          level: "error" as const,
          branch,
          hops: [opener.id, box.id, acceptor.id],
          anyOf: [[{ lesser: [{ hop: box.id, key: "clientIpPreservation" as const }], offset: 0, margin: 0 }]],
          settings: [{ hop: box.id, key: "clientIpPreservation" as const }],
          says: `${opener.id} runs on hosts that are targets of ${box.id}, which keeps client addresses: a connection that comes back to its own host is dropped there without a word, ${share(scene.path.load.targets)} of the attempts.`,
          remedy: `Turn client IP preservation of ${box.id} off, or let ${opener.id} reach ${acceptor.id} on its own host directly.`,
        })),
    );
  },
};

const share = (targets: number | undefined): string =>
  targets === undefined ? "one in as many as there are targets" : `1 in ${targets}`;

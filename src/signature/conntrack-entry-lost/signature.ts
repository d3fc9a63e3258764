import type { Scene } from "../scene.ts";
import type { Finding, Signature } from "../signature.ts";
import { deletedEntries } from "./deleted-entry.ts";
import { movedRequests } from "./moved-request.ts";
import { tableFull } from "./table-full.ts";
import { untranslatedReplies } from "./untranslated-reply.ts";

export const signature: Signature = {
  id: "conntrack-entry-lost",
  kind: "incident",
  title:
    "A translating box lost its entry for an open connection, or had no room for a new one: packets went on untranslated, elsewhere, or nowhere",
  symptoms: ["connection-reset", "connect-timeout", "request-timeout"],
  certainFrom:
    "the client's capture when a reply's address changes; captures at two backends when requests move; the box's kernel log when its table is full",
  remedy:
    "Do not flush or rebuild the table under open connections (conntrack -F, a restart of the firewall, a fail-over without conntrackd; change rules without it). " +
    "Raise nf_conntrack_max with its buckets, shorten what piles up (TIME_WAIT, half-open), and keep its timeouts longer than the applications' silences.",
  references: [
    "Linux net/netfilter/nf_conntrack_core.c (table full, dropping packet), nf_conntrack_proto_tcp.c (nf_conntrack_tcp_loose: entries made mid-connection)",
    "conntrack(8) -D, -F, -E; conntrackd(8)",
    "kubernetes/kubernetes#18604 (table full)",
  ],
  detect,
};

function detect(scene: Scene): Finding[] {
  const packets = [...untranslatedReplies(scene), ...movedRequests(scene)];
  return [...packets, ...deletedEntries(scene), ...tableFull(scene)];
}

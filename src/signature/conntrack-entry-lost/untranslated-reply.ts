import { printSpan } from "../../net/time.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";
import { type StrayReply, strayRepliesOf } from "../stray-replies.ts";
import { strayPackets, strayTrails, strayWords } from "../stray-story.ts";
import { endpointOf } from "../trail-queries.ts";

/** Replies in their turn that came untranslated: nothing was wrong with the packet, so that the entry was gone. */
export function untranslatedReplies(scene: Scene): Finding[] {
  return scene.vantages.flatMap((vantage) =>
    strayRepliesOf(vantage).flatMap((found) => (found.order === "next" && !found.livedOn ? [tell(scene, found)] : [])),
  );
}

function tell(scene: Scene, found: StrayReply): Finding {
  const { victim, packet, before } = found;
  const gap = before === undefined ? 0 : packet.time - before.time;
  const client = endpointOf(victim.trail, "client");
  // Its numbers are exactly the next ones on both sides, and the other capture or the client's next packet shows the end.
  const end = strayPackets(scene, found);
  const confirmed = end.length > 3;
  return {
    cause: "conntrack-entry-lost",
    variant: "reply-untranslated",
    confidence: confirmed ? "certain" : "likely",
    initiator: "balancer",
    at: packet.time,
    trails: strayTrails(scene, found),
    evidence: end,
    summary: `${strayWords(found)}. It was the very next packet of the connection, so that the box that translates no longer had an entry for it.`,
    ruledOut: [
      {
        cause: "conntrack-invalid",
        because: "the packet was the one expected next: nothing in its numbers makes it INVALID",
      },
      {
        cause: "backend-tuple-collision",
        because: "no other connection uses the client's port: the numbers are this connection's own",
      },
      {
        cause: "silent-idle-drop",
        because: `the packet was not lost: it arrived, under another address, after ${printSpan(gap)}`,
      },
    ],
    refutedBy:
      "the entry for this connection in `conntrack -L` of the box at that time, or a route that leads around it since the connection began",
    ...(confirmed
      ? {}
      : {
          next: captureAt(
            "the backend's host and the translating box",
            hostFilter(client.address),
            "does the RST arrive; on the box also conntrack -E -p tcp",
          ),
        }),
    symptoms: ["connection-reset"],
  };
}

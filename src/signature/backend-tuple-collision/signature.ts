import type { Scene } from "../scene.ts";
import type { Finding, Signature } from "../signature.ts";
import { byClientOf, type Collision, collisionsOf } from "./collision.ts";
import { collisionByLogs } from "./from-logs.ts";
import { gradeOf } from "./grade.ts";
import { laterSigns } from "./later-sign.ts";
import { starvedBy } from "./starved.ts";
import { storyOf } from "./story.ts";
import { tellLost } from "./tell-lost.ts";
import { tellRefused } from "./tell-refused.ts";

/**
 * One client port, two destinations, one backend: behind a balancer that keeps the client's address
 * the two connections have one socket pair at the backend, and only one of them can live.
 */
export const signature: Signature = {
  id: "backend-tuple-collision",
  kind: "incident",
  title:
    "Two destinations lead one client port to the same backend socket pair, where a new connection collides with an open one",
  symptoms: ["lost-ping", "request-timeout", "connection-reset", "connect-timeout", "half-open"],
  certainFrom: "the client, or balancer nodes that together saw both connections",
  remedy:
    "Let the two destinations no longer lead to one backend under the client's own address: turn client-IP preservation off (proxy protocol v2 carries the address instead), or turn cross-zone balancing off, or give clients one balancer address each. tcp_tw_reuse makes no difference. A shorter HTTP/2 health check (readIdleTimeout + pingTimeout) only shortens the outage.",
  references: [
    "RFC 5961 §3, §4: a RST is believed only with the expected number; a SYN on an open connection gets a challenge ACK",
    "RFC 9293 §3.10.7.3: in SYN-SENT an unacceptable ACK is answered by a RST with that number",
    "Linux tcp_validate_incoming, tcp_send_challenge_ack, tcp_rcv_synsent_state_process (net/ipv4/tcp_input.c)",
    "AWS Network Load Balancer, Troubleshooting: requests from one source port to several load balancer nodes",
  ],
  detect,
};

function detect(scene: Scene): Finding[] {
  const byClient = byClientOf(scene);
  const collisions = collisionsOf(scene, byClient);
  const known = new Set(collisions.flatMap((c) => [...c.older, ...c.newer].map((sight) => sight.trail)));
  const found = [...collisions, ...laterSigns(scene, byClient, known)];
  const starved = starvedBy(
    found.filter((c) => c.established),
    byClient,
  );
  const captured = [...found, ...starved].flatMap((c) => tell(c, scene) ?? []);
  return [...captured, ...collisionByLogs(scene)];
}

function tell(collision: Collision, scene: Scene): Finding | undefined {
  const grade = gradeOf(collision, scene);
  const story = grade === undefined ? undefined : storyOf(collision, scene);
  if (grade === undefined || story === undefined) return undefined;
  const finding = grade.variant === "old-connection-lost" ? tellLost(story, grade) : tellRefused(story, grade);
  // No evidence, no finding: what carries the story may have been left out of a very long flow.
  return finding !== undefined && finding.evidence.length > 0 ? finding : undefined;
}

import type { Trail } from "../../session/segment.ts";
import { captureAt, hostFilter } from "../capture-advice.ts";
import { onePerConnection, seenAtServer, withSightings } from "../findings.ts";
import { portElsewhere } from "../port-elsewhere.ts";
import type { Scene } from "../scene.ts";
import { closedTogether, refusedAfter, serverClose } from "../server-close.ts";
import type { Finding, Signature } from "../signature.ts";
import { strangeness } from "../stranger.ts";
import { endpointOf, readTrail } from "../trail-queries.ts";
import type { Death } from "./death.ts";
import { deathFromLogs } from "./from-logs.ts";
import { confidenceOf } from "./grounds.ts";
import { livedOnBetween } from "./lived-on.ts";
import { relayed } from "./relayed.ts";
import { reloaded } from "./reloaded.ts";
import { evidenceOf } from "./story.ts";
import { ruledOut, summaryOf } from "./tell.ts";
import { orderly, workOf } from "./work.ts";

export const signature: Signature = {
  id: "process-gone",
  kind: "incident",
  title: "The server process died or restarted with connections open: its kernel closed or reset them all",
  symptoms: ["connection-reset", "unexpected-eof", "connection-refused"],
  certainFrom: "several connections of one server at one instant, with new connections refused afterwards",
  remedy:
    "Find out why the process ended (exit code, OOM killer, liveness probe, deployment) at the time given. Where it was meant to end: take it out of the balancer first, then drain (GOAWAY or `Connection: close`, wait for what is in flight, then exit). Clients: reconnect with jitter and retry what may be repeated.",
  references: [
    "Linux net/ipv4/tcp.c, __tcp_close: FIN for a socket without unread data, RST for one with (RFC 2525 §2.17)",
    "RFC 9293 §3.10.7.1 (a segment for a connection that is gone is answered by RST)",
    "RFC 8446 §6.1 (an end that closes in order sends close_notify first)",
    "RFC 9113 §6.8 (an orderly HTTP/2 server sends GOAWAY first)",
  ],
  detect: (scene) => [...onePerConnection(scene, (trail) => judge(scene, trail)), ...deathFromLogs(scene)],
};

function judge(scene: Scene, trail: Trail): Finding | undefined {
  const close = serverClose(readTrail(trail));
  if (close === undefined || scene.vantages[trail.vantage]?.oneSided !== false) return undefined;
  if (orderly(close) || reloaded(scene, close) || relayed(scene, close)) return undefined;
  const port = portElsewhere(scene, trail, close.step.time);
  if (port === "collided") return undefined;
  if (strangeness(scene, close.reading, close.step).some((sign) => sign.strong)) return undefined;
  const fellows = closedTogether(scene, close).filter(
    (fellow) => !orderly(fellow) && !relayed(scene, fellow) && !livedOnBetween(scene, close, fellow),
  );
  const death: Death = { close, work: workOf(close), fellows, refused: refusedAfter(scene, close) };
  const found = confidenceOf(scene, death);
  if (found === undefined) return undefined;
  const alone = fellows.length === 0 && death.refused === undefined;
  const confidence = port === "shared" && alone ? "possible" : found;
  return {
    cause: signature.id,
    variant: close.kind === "no-socket" ? "socket-gone" : alone ? "mid-stream" : "all-at-once",
    confidence,
    initiator: "server",
    at: close.step.time,
    trails: withSightings(scene, trail),
    evidence: evidenceOf(scene, death),
    summary: summaryOf(death),
    ruledOut: ruledOut(death),
    refutedBy:
      "another connection of the same process that lives on, a GOAWAY or close_notify before the close, or a log of the process that runs through",
    ...(confidence === "certain" ? {} : { next: next(scene, trail) }),
    symptoms: [close.kind === "fin" ? "unexpected-eof" : "connection-reset"],
    ...(death.work.multiplexed ? { inferred: [STREAMS] } : {}),
  };
}

const STREAMS =
  "that streams were in flight: the payload is not readable, but the server kept sending unasked across other exchanges";

function next(scene: Scene, trail: Trail): string {
  const host = `${endpointOf(trail, "server").address} or the target behind it`;
  if (seenAtServer(scene, trail)) {
    return `On the server's host (${host}) compare the time with the start of the process, its exit code and the kernel's log: systemctl status, journalctl -k --since, kubectl describe pod`;
  }
  return captureAt(
    `the server's own host (${host})`,
    hostFilter(endpointOf(trail, "client").address),
    "shows whether all of its connections closed at that instant; compare with the start time of the process",
  );
}

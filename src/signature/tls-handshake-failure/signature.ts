import type { Trail } from "../../session/segment.ts";
import { onePerConnection, withSightings } from "../findings.ts";
import { type FoundLine, firstInstant, lineShown, namedBy } from "../log-lines.ts";
import type { Scene } from "../scene.ts";
import type { Evidence, Finding, Signature } from "../signature.ts";
import { failedHandshakes } from "./failed-handshakes.ts";
import { linesOnHandshakes, type Told } from "./from-logs.ts";
import { storiesOf } from "./log-stories.ts";
import { nextOf, packetsOf, reasonOf, ruledOut, summaryOf, VARIANT } from "./tell.ts";
import { bestReason, linesByHandshake } from "./with-logs.ts";

/** Log lines shown with one connection, and with a story that only logs tell. */
const MOST_LINES = 3;
const MOST_LINES_ALONE = 12;

export const signature: Signature = {
  id: "tls-handshake-failure",
  kind: "incident",
  title: "The TLS handshake failed: one end refused the other's version, ciphers, name or certificate",
  symptoms: ["tls-handshake-error", "connection-reset", "unexpected-eof"],
  certainFrom: "either end, where the alert is in the clear, a key log opens it, or a log names it",
  remedy:
    "Mend what the alert names: renew the certificate and reload every process that serves it; install the whole chain and the authority at the client; " +
    "match names (SAN, SNI); allow a common version and cipher; give the client its certificate. Watch expiry dates from the client's side.",
  references: [
    "RFC 8446 §6 (alerts; all but close_notify and user_canceled end the connection), §4.4.2.4 (certificates), appendix D.4",
    "RFC 5246 §7.2 and §7.4 (TLS 1.2)",
    "RFC 6066 §3 (server name), RFC 7301 §3.2 (no_application_protocol)",
    "tldr.fail (servers and boxes that cannot take a ClientHello in two segments)",
  ],
  detect,
};

function detect(scene: Scene): Finding[] {
  const lines = linesOnHandshakes(scene);
  const used = new Set<FoundLine<Told>>();
  const seen = onePerConnection(scene, (trail) => judge(scene, trail, used));
  return [...seen, ...fromLogs(scene, lines, used, seen.length > 0)];
}

function judge(scene: Scene, trail: Trail, used: Set<FoundLine<Told>>): Finding | undefined {
  const failed = failedHandshakes(scene).get(trail);
  if (failed === undefined || scene.vantages[trail.vantage]?.oneSided !== false) return undefined;
  const about = linesByHandshake(scene).get(trail) ?? [];
  for (const line of about) used.add(line);
  const reason = bestReason([reasonOf(failed), ...about.map((line) => line.said.reason)]);
  const { failure } = failed;
  const confidence = about.length > 0 && reason !== undefined ? "certain" : failed.confidence;
  const at = failure.kind === "alert" ? failure.alert.at : failure.end.time;
  const side =
    failure.kind === "alert" ? failure.alert.side : failure.kind === "hello-rejected" ? "server" : failure.side;
  const evidence: Evidence[] = [
    ...packetsOf(failed),
    ...about.slice(0, MOST_LINES).map((l) => lineShown(l, l.said.reason.says)),
  ];
  return {
    cause: signature.id,
    variant: reason?.variant ?? VARIANT[failure.kind],
    confidence,
    initiator: failure.kind === "hello-rejected" ? (failure.foreign ? "balancer" : "unknown") : side,
    at,
    trails: withSightings(scene, trail),
    evidence,
    summary: summaryOf(failed, reason),
    ruledOut: ruledOut(failed),
    refutedBy:
      "application data on this connection after the packets shown, or a log of either end that calls the handshake done",
    ...(confidence === "certain" ? {} : { next: nextOf(failed) }),
    symptoms: [
      failure.kind === "closed"
        ? "unexpected-eof"
        : failure.kind === "hello-rejected"
          ? "connection-reset"
          : "tls-handshake-error",
    ],
    ...(failure.kind === "sealed-alert" ? { inferred: [SEALED] } : {}),
  };
}

const SEALED =
  "that the protected record is an alert: TLS 1.3 hides the type, but nothing else of that size can stand there, and the connection closes";

const NEXT =
  "Capture on either host: tcpdump -ni any -s 256 -w evidence.pcap tcp (an alert in the clear is in the first packets), or raise the log level of the end that refuses";

/** Handshakes that only logs tell of. */
function fromLogs(
  scene: Scene,
  lines: readonly FoundLine<Told>[],
  used: ReadonlySet<FoundLine<Told>>,
  captured: boolean,
): Finding[] {
  return storiesOf(lines, used, captured).map(({ reason, by, lines: told, where }) => ({
    cause: signature.id,
    variant: reason.variant,
    ...(told.some((line) => line.said.sure) ? { confidence: "certain" } : { confidence: "likely", next: NEXT }),
    initiator: by ?? "unknown",
    at: firstInstant(scene, told),
    trails: [],
    named: namedBy(told).slice(0, 100),
    evidence: told.slice(0, MOST_LINES_ALONE).map((line) => lineShown(line, line.said.reason.says)),
    summary: `${told.length === 1 ? "A TLS handshake" : `${told.length} lines tell that TLS handshakes`}${where === undefined ? "" : ` with ${where}`} failed: ${reason.says}.`,
    ruledOut: [
      { cause: "process-gone", because: "the lines name a fault that one end found in the other's handshake" },
    ],
    refutedBy: "a capture in which these handshakes end well",
    symptoms: ["tls-handshake-error"],
  }));
}

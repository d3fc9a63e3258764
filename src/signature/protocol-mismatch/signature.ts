import { clientOf, serverOf } from "../../flow/flow.ts";
import { printEndpoint, sameEndpoint } from "../../net/endpoint.ts";
import { SECOND } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { carried, onePerConnection, shown, withSightings } from "../findings.ts";
import { type FoundLine, lineShown, printEnd } from "../log-lines.ts";
import type { Scene, Vantage } from "../scene.ts";
import type { Finding, Signature } from "../signature.ts";
import { endpointOf, named } from "../trail-queries.ts";
import { linesOnMismatch, type ToldMismatch } from "./from-logs.ts";
import { type Mismatch, mismatchOf, refusedOpening } from "./mismatch.ts";
import { MEANING, tellLines } from "./told.ts";

type Line = FoundLine<ToldMismatch>;

/** Lines shown with a connection. */
const MOST_LINES = 3;
/** A line without the client's port is about a connection this near in time. */
const NEAR = 3 * SECOND;

export const signature: Signature = {
  id: "protocol-mismatch",
  kind: "incident",
  title:
    "The two ends do not speak the same protocol: TLS, plain HTTP, HTTP/2 or a PROXY header went where another was expected",
  symptoms: ["tls-handshake-error", "connection-reset", "unexpected-eof", "bad-request"],
  certainFrom: "either end, where both first words are readable; a server's log that says what came",
  remedy:
    "Make scheme, port and protocol agree: https to the TLS port, http to the plain one; HTTP/2 by ALPN or only where the server expects it in the clear; " +
    "the PROXY header switched on at both ends of that hop, or at neither (health checks too).",
  references: [
    "RFC 8446 §5.1 (records), RFC 9110 §4.2 (schemes), RFC 9113 §3.3 and §3.4 (prior knowledge, connection preface)",
    "haproxy.org doc/proxy-protocol.txt §2 (the receiver must not guess whether the header is there)",
  ],
  detect,
};

function detect(scene: Scene): Finding[] {
  const lines = linesOnMismatch(scene);
  const used = new Set<Line>();
  const seen = onePerConnection(scene, (trail) => judge(scene, trail, lines, used));
  const told = new Set(seen.map((f) => f.variant));
  const rest = lines.filter((line) => !used.has(line) && !told.has(line.said.variant));
  const groups = Map.groupBy(
    rest,
    ({ said, named: { server } }) => `${said.variant} ${server === undefined ? "" : printEnd(server)}`,
  );
  return [...seen, ...[...groups.values()].slice(0, 50).map((group) => tellLines(scene, group))];
}

function judge(scene: Scene, trail: Trail, lines: readonly Line[], used: Set<Line>): Finding | undefined {
  const vantage = scene.vantages[trail.vantage] as Vantage;
  const found = vantage.oneSided ? undefined : (mismatchOf(vantage, trail) ?? toldMismatch(scene, trail, lines));
  if (found === undefined) return undefined;
  const about = lines.filter((line) => isAbout(scene, vantage, found, line));
  for (const line of about) used.add(line);
  const { reading, asked, answer, right, variant } = found;
  const confidence = about.some((line) => line.said.confidence === "certain") ? "certain" : found.confidence;
  const close = answer.fresh ? undefined : answer.rst ? "RST" : "FIN";
  const end = answer.fresh ? `answered ${carried(reading, answer)}` : `closed by ${close} without a word`;
  return {
    cause: signature.id,
    variant,
    confidence,
    initiator: "client",
    at: answer.time,
    trails: withSightings(scene, trail),
    evidence: [
      ...(right === undefined
        ? []
        : [shown(right.reading, right.step, "what this port takes from another connection")]),
      shown(reading, asked, `the client's first words: ${carried(reading, asked)}`),
      shown(
        reading,
        answer,
        close === undefined ? `the server's first words: ${carried(reading, answer)}` : `${close}, and no answer`,
      ),
      ...about.slice(0, MOST_LINES).map((line) => lineShown(line, MEANING[line.said.variant])),
    ],
    summary: `${MEANING[variant].charAt(0).toUpperCase()}${MEANING[variant].slice(1)}: ${named(trail, "client")} began with ${carried(reading, asked)}, and ${named(trail, "server")} ${end}.`,
    ruledOut: [
      {
        cause: "tls-handshake-failure",
        because: "the two ends never spoke the same protocol, so that no handshake could begin",
      },
      { cause: "process-gone", because: "the server answers others, and this at once" },
    ],
    refutedBy: "another connection of this kind to the same port that is answered as it should be",
    ...(confidence === "certain" ? {} : { next: nextOf(trail) }),
    symptoms: [
      answer.fresh
        ? variant === "tls-to-plain-http"
          ? "tls-handshake-error"
          : "bad-request"
        : answer.rst
          ? "connection-reset"
          : "unexpected-eof",
    ],
  };
}

/** A refusal without a reason, where a log of that moment gives it. */
function toldMismatch(scene: Scene, trail: Trail, lines: readonly Line[]): Mismatch | undefined {
  const refused = lines.length === 0 ? undefined : refusedOpening(trail);
  if (refused === undefined) return undefined;
  const { variants, ...story } = refused;
  const vantage = scene.vantages[trail.vantage] as Vantage;
  for (const line of lines) {
    const { variant, confidence } = line.said;
    const found: Mismatch = { ...story, variant, confidence, right: undefined };
    if (variants.includes(variant) && isAbout(scene, vantage, found, line)) return found;
  }
  return undefined;
}

function isAbout(
  scene: Scene,
  vantage: Vantage,
  { variant, reading, asked }: Mismatch,
  { said, named: ends, at }: Line,
): boolean {
  if (said.variant !== variant) return false;
  const { flow } = reading.trail;
  if (ends.client !== undefined && ends.client.port > 0) return sameEndpoint(ends.client, clientOf(flow));
  if (ends.server !== undefined && !sameEndpoint(ends.server, serverOf(flow))) return false;
  return at !== undefined && Math.abs(scene.toVantage(vantage, at) - asked.time) <= NEAR;
}

const nextOf = (trail: Trail): string =>
  `On the client's host: curl -v http://${printEndpoint(endpointOf(trail, "server"))}/ and curl -vk https://${printEndpoint(endpointOf(trail, "server"))}/ show what the port speaks; and the server's error log at that time`;

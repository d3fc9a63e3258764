import { type FoundLine, firstInstant, lineShown, namedBy, printEnd } from "../log-lines.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";
import type { ToldMismatch } from "./from-logs.ts";
import type { Variant } from "./mismatch.ts";

type Line = FoundLine<ToldMismatch>;

/** Lines shown where only lines tell. */
const MOST_LINES_ALONE = 10;

/** Each variant as a clause. */
export const MEANING: Readonly<Record<Variant, string>> = {
  "plain-http-to-tls": "plain HTTP was sent to a port that speaks TLS",
  "tls-to-plain-http": "TLS was spoken to a port that speaks plain HTTP",
  "http2-to-http1": "HTTP/2 was begun in the clear with a server that speaks HTTP/1 there",
  "http1-to-http2": "HTTP/1 was spoken to a port that takes only HTTP/2",
  "proxy-header-unexpected": "a PROXY protocol header was sent to a server that does not expect one",
  "proxy-header-missing": "the server expects a PROXY protocol header before anything else, and none was sent",
};

/** What only logs tell. */
export function tellLines(scene: Scene, lines: readonly Line[]): Finding {
  const [first] = lines as readonly [Line, ...Line[]];
  const { variant } = first.said;
  const certain = lines.some((line) => line.said.confidence === "certain");
  const { server } = first.named;
  return {
    cause: "protocol-mismatch",
    variant,
    confidence: certain ? "certain" : "likely",
    initiator: "client",
    at: firstInstant(scene, lines),
    trails: [],
    named: namedBy(lines).slice(0, 100),
    evidence: lines.slice(0, MOST_LINES_ALONE).map((line) => lineShown(line, MEANING[line.said.variant])),
    summary: `${lines.length === 1 ? "A line tells" : `${lines.length} lines tell`} that ${MEANING[variant]}${server === undefined ? "" : ` (server ${printEnd(server)})`}.`,
    ruledOut: [{ cause: "tls-handshake-failure", because: "the other end did not speak TLS at all" }],
    refutedBy: "a capture in which both ends begin with the same protocol",
    ...(certain
      ? {}
      : {
          next: "Capture on either host: tcpdump -ni any -s 256 -w evidence.pcap tcp (the first packets with data of each side show which protocol each speaks)",
        }),
    symptoms: ["tls-handshake-error"],
  };
}

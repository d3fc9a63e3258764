import { printEndpoint } from "../../net/endpoint.ts";
import {
  between,
  debugOf,
  endOf,
  instantOfLine,
  placed,
  strayWords,
  streamsOf,
  whatMayBeRepeated,
  wordsAbout,
  wordsShown,
} from "../http2-findings.ts";
import { http2Stories } from "../http2-stories.ts";
import { type Going, type Http2Story, underWay } from "../http2-story.ts";
import { namedBy } from "../log-lines.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Evidence, Finding, Signature } from "../signature.ts";
import { ruleBroken, ruleSaid } from "./rules.ts";

export const signature: Signature = {
  id: "goaway-error",
  kind: "incident",
  title: "An HTTP/2 connection was ended by GOAWAY with an error code, which says that a rule was broken",
  symptoms: ["goaway-error", "request-lost"],
  certainFrom: "the GOAWAY frame decoded, in a capture or in a log of frames, or a log line that gives its code",
  remedy:
    "Keep the rule that the code and the debug data name: for too_many_pings set the client's keepalive time to at least the server's minimum (grpc-go: 5 min) or lower EnforcementPolicy.MinTime there; for a header list that is too large shrink cookies and metadata or raise the server's limit; for PROTOCOL_ERROR and its kin find the client or proxy that sends the frame shown.",
  references: [
    "RFC 9113 §6.8 (GOAWAY), §7 (error codes), §5.4.1 (connection errors), §8.7",
    "grpc-go internal/transport/http2_server.go handlePing, keepalive.EnforcementPolicy (read 2026-11)",
    "gRPC proposal A8 (client-side keepalive), A9 (server-side)",
    "CVE-2023-44487 (rapid reset)",
  ],
  detect: (scene) => [...http2Stories(scene).flatMap((story) => errorIn(scene, story)), ...fromWords(scene)],
};

function errorIn(scene: Scene, story: Http2Story): Finding[] {
  const going = story.goAways.find((g) => g.code !== "NO_ERROR" && !isFarewell(story, g));
  if (going === undefined) return [];
  const rule = ruleBroken(story, going);
  const other = going.by === "server" ? "client" : "server";
  const lost = underWay(story, going.mark.at);
  const words = wordsAbout(scene, story);
  const evidence: Evidence[] = [
    ...rule.evidence,
    going.mark.shown(
      `GOAWAY ${going.code}${debugOf(going.debug)}, last stream ${going.lastStream}, from the ${going.by}`,
    ),
    ...(story.closing === undefined
      ? []
      : [
          story.closing.mark.shown(
            `the connection is closed${story.closing.by === undefined ? "" : ` by the ${story.closing.by}`}`,
          ),
        ]),
    ...story.also,
    ...wordsShown(words, "a program tells of it"),
  ];
  const fault =
    rule.fault === "receiver" ? `the ${other} broke that rule` : `the ${going.by} ended it for a reason of its own`;
  const under = lost.length === 0 ? "No request was under way." : `Under way: ${streamsOf(lost)}.`;
  return [
    {
      cause: signature.id,
      variant: rule.variant,
      confidence: "certain",
      initiator: going.by,
      ...placed(scene, story, going.mark, evidence),
      summary:
        `${endOf(story, going.by)} ended ${between(story)} with GOAWAY ${going.code}${debugOf(going.debug)}. It complains of ${rule.says}; by that ${fault}. ${under} ${going.by === "server" ? whatMayBeRepeated(going.lastStream) : ""}`.trim(),
      ruledOut: RULED_OUT,
      refutedBy:
        "another reading of the frame with which the other end decodes NO_ERROR, or debug data that names another rule",
      symptoms: lost.length > 0 ? ["goaway-error", "request-lost"] : ["goaway-error"],
    },
  ];
}

const RULED_OUT = [
  { cause: "goaway-planned", because: "a planned end carries NO_ERROR" },
  { cause: "process-gone", because: "the end gave its reason first" },
];

/**
 * A client that says CANCEL on leaving when nothing is under way; one that leaves with an error of its own because the
 * server announced a planned end is told of elsewhere.
 */
function isFarewell(story: Http2Story, going: Going): boolean {
  if (going.by === "server") return false;
  const told = story.goAways.some((g) => g.by === "server" && g.code === "NO_ERROR" && g.mark.at <= going.mark.at);
  if (told && (going.code === "CANCEL" || going.code === "INTERNAL_ERROR")) return true;
  return going.code === "CANCEL" && underWay(story, going.mark.at).length === 0;
}

/** Lines that give the code in words, of connections whose frames nothing shows. */
function fromWords(scene: Scene): Finding[] {
  const lines = strayWords(scene).filter(
    ({ said: { code, kind } }) =>
      code !== undefined &&
      code !== "NO_ERROR" &&
      code !== "REFUSED_STREAM" &&
      kind !== "refused" &&
      kind !== "draining",
  );
  return [...Map.groupBy(lines, ({ log, said }) => `${log.index} ${said.code}`).values()].flatMap(
    (group): Finding[] => {
      const [line] = group;
      if (line === undefined) return [];
      const code = line.said.code ?? "";
      const debug = group.find(({ said }) => said.debug !== undefined)?.said.debug;
      const rule = ruleSaid(
        code,
        debug ??
          group
            .map(({ entry }) => ("text" in entry.content ? entry.content.text : ""))
            .join(" ")
            .slice(0, 2000),
      );
      const sent = line.said.kind === "sent";
      const confidence: Confidence = "certain";
      const server = namedBy(group)[0]?.server;
      return [
        {
          cause: signature.id,
          variant: rule.variant,
          confidence,
          initiator: "server",
          at: instantOfLine(group),
          trails: [],
          named: namedBy(group),
          evidence: wordsShown(group, `the program ${sent ? "sent" : "received"} GOAWAY ${code}${debugOf(debug)}`),
          summary: `${line.log.file} tells ${group.length === 1 ? "once" : `${group.length} times`} of GOAWAY ${code}${debugOf(debug)}${server === undefined ? "" : ` from ${printEndpoint(server)}`}. It complains of ${rule.says}; by that ${rule.fault === "receiver" ? "the client broke that rule" : "the server ended it for a reason of its own"}.`,
          ruledOut: RULED_OUT,
          refutedBy: "a capture or a log of frames in which the GOAWAY carries NO_ERROR",
          symptoms: ["goaway-error"],
        },
      ];
    },
  );
}

import { printSpan } from "../../net/time.ts";
import { type Fate, fateOf } from "../http2-fate.ts";
import {
  between,
  debugOf,
  endOf,
  placed,
  streamsOf,
  whatMayBeRepeated,
  wordsAbout,
  wordsShown,
} from "../http2-findings.ts";
import { http2Stories } from "../http2-stories.ts";
import { after, type Http2Story } from "../http2-story.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Evidence, Finding, Signature } from "../signature.ts";
import { complaints, isComplaint } from "./complaints.ts";

export const signature: Signature = {
  id: "goaway-mishandled",
  kind: "incident",
  title:
    "The server announced a planned end with GOAWAY NO_ERROR, and the client gave up or failed requests because of it",
  symptoms: ["goaway-reported", "request-lost"],
  certainFrom: "decoded frames of the connection at the client, or a log line of the client that names the mistake",
  remedy:
    "In the client: on GOAWAY stop opening streams on this session, let those up to the last stream finish, open a new connection, and send again what is above it (any method, RFC 9113 §8.7). Go: set Request.GetBody. Node: on the session's goaway event retire the session, do not destroy it. Update clients that are known for it (JDK HttpClient, undici, nginx as HTTP/2 upstream client).",
  references: [
    "RFC 9113 §6.8 (no new streams after GOAWAY; streams up to the last one go on) and §8.7 (unprocessed requests may be sent again)",
    "golang/net http2 transport.go: cannot retry err … after Request.Body was written (read 2026-11)",
    "Node ERR_HTTP2_GOAWAY_SESSION; nodejs/undici#5089; nodejs/help#2105",
    "openjdk/jdk#20442 (IOException: GOAWAY received)",
    "nginx/nginx#1431",
  ],
  detect: (scene) => [...http2Stories(scene).flatMap((story) => mistakeIn(scene, story)), ...complaints(scene)],
};

function mistakeIn(scene: Scene, story: Http2Story): Finding[] {
  const fate = fateOf(scene, story);
  if (fate === undefined || fate.kind === "cut") return [];
  const { first, final, kind, lost, unprocessed, repeated } = fate;
  const wrong = kind === "abandoned" || kind === "used-on";
  const dropped = unprocessed.filter((r) => !repeated.includes(r));
  // Who tells of requests that were given up must have had some on this connection.
  const words = wordsAbout(scene, story).filter(
    (line) => isComplaint(line) && (line.said.kind !== "given-up" || dropped.length > 0),
  );
  if (!wrong && words.length === 0) return [];
  const variant =
    kind === "abandoned" ? "requests-abandoned" : kind === "used-on" ? "used-after-goaway" : "reported-as-failure";
  const end = lost.find(({ reset }) => reset?.by === "client")?.reset?.mark ?? story.closing?.mark ?? final.mark;
  const evidence: Evidence[] = [
    ...lost.slice(0, 3).map((r) => r.opened.shown(`${streamsOf([r])} is opened`)),
    first.mark.shown(`GOAWAY NO_ERROR${debugOf(first.debug)}, last stream ${first.lastStream}: a planned end`),
    ...lost
      .slice(0, 3)
      .flatMap(({ reset }) =>
        reset?.by === "client"
          ? [reset.mark.shown(`the client resets a stream that the server was going to finish (${reset.code})`)]
          : [],
      ),
    ...(story.closing === undefined
      ? []
      : [
          story.closing.mark.shown(
            `the connection is closed${story.closing.by === undefined ? "" : ` by the ${story.closing.by}`}`,
          ),
        ]),
    ...story.also,
    ...wordsShown(words, "the client reports the planned end as a failure"),
  ];
  const confidence = confidenceOf(fate, words.length > 0);
  return [
    {
      cause: signature.id,
      variant,
      confidence,
      initiator: "client",
      ...placed(scene, story, wrong ? (kind === "used-on" ? (lost[0]?.opened ?? end) : end) : first.mark, evidence),
      summary: `${endOf(story, "server")} announced a planned end of ${between(story)} (GOAWAY NO_ERROR${debugOf(first.debug)}, last stream ${final.lastStream}). ${deedOf(fate, printSpan(after(first.mark, end)), dropped.length)} ${whatMayBeRepeated(final.lastStream)}`,
      ruledOut: [
        { cause: "goaway-planned", because: "requests failed with it, by the client's doing" },
        { cause: "drain-cut-short", because: "the server did not close before the client gave up" },
        { cause: "goaway-error", because: "the GOAWAY carried NO_ERROR" },
      ],
      refutedBy:
        "a reason of the client's own to stop at that instant (a shutdown, a time limit), or its repetition of every request on a new connection",
      ...(confidence === "certain" ? {} : { next: NEXT }),
      symptoms: words.length > 0 ? ["goaway-reported", "request-lost"] : ["request-lost"],
    },
  ];
}

const NEXT =
  "The client's own log of that second (what it reported to its caller, whether it was shutting down), and a capture at the client with TLS keys (SSLKEYLOGFILE) that reaches ten seconds past the GOAWAY";

/** A client may have reasons of its own to stop just then; a line of it that blames the GOAWAY settles that. */
function confidenceOf({ kind }: Fate, told: boolean): Confidence {
  if (kind === "used-on") return "likely";
  if (kind === "abandoned") return told ? "certain" : "likely";
  return told ? "certain" : "possible";
}

function deedOf({ kind, lost }: Fate, span: string, dropped: number): string {
  switch (kind) {
    case "abandoned":
      return `The client gave up ${streamsOf(lost)} ${span} later, which the server had accepted and would have finished.`;
    case "used-on":
      return `The client opened ${streamsOf(lost)} on the same connection more than a second later, which RFC 9113 §6.8 forbids, and got no answer.`;
    default:
      return `The client reported it as a failure${dropped > 0 ? ` and did not send ${dropped === 1 ? "a request that was" : `${dropped} requests that were`} not processed again` : ""}.`;
  }
}

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
import { cutByWords, MORE_EVIDENCE } from "./from-words.ts";
import { shutdownNear } from "./shutdown.ts";

export const signature: Signature = {
  id: "drain-cut-short",
  kind: "incident",
  title:
    "The server announced its end with GOAWAY NO_ERROR and then closed before the requests it had accepted were done",
  symptoms: ["unexpected-eof", "connection-reset", "request-lost"],
  certainFrom: "decoded frames of the connection and its close, from any vantage point without losses of its own",
  remedy:
    "Give the drain the time that the longest request needs (nginx worker_shutdown_timeout, Envoy drain time, gRPC MaxConnectionAgeGrace, terminationGracePeriodSeconds), or end long watches and streams in an orderly way with END_STREAM before the connection is closed. Clients: take up watches again from the last event; repeat only idempotent requests.",
  references: [
    "RFC 9113 §6.8 (streams up to the last one may still complete) and §8.7",
    "nginx worker_shutdown_timeout (read 2026-11)",
    "golang/net http2 transport.go: server sent GOAWAY and closed the connection (read 2026-11)",
    "golang/go#18639 (AWS ALB closes after GOAWAY while a request is open)",
    "grpc-go keepalive.ServerParameters.MaxConnectionAgeGrace (read 2026-11)",
  ],
  detect: (scene) => [...http2Stories(scene).flatMap((story) => cutOf(scene, story)), ...cutByWords(scene)],
};

function cutOf(scene: Scene, story: Http2Story): Finding[] {
  const fate = fateOf(scene, story);
  const words = wordsAbout(scene, story).filter(({ said }) => said.kind === "closed" && said.code !== undefined);
  const told = words.some(({ said }) => said.code === "NO_ERROR");
  const open = fate?.kind === "draining" || fate?.kind === "well";
  if (fate === undefined || (fate.kind !== "cut" && !(told && open))) return [];
  const { first, final, lost, kind } = fate;
  const { closing } = story;
  const resets = lost.flatMap(({ reset }) => (reset?.by === "server" && kind === "cut" ? [reset] : []));
  const end = resets[0]?.mark ?? closing?.mark ?? final.mark;
  const shutdown = shutdownNear(scene, end.at, story.log);
  const evidence: Evidence[] = [
    ...lost.slice(0, 3).map((r) => r.opened.shown(`${streamsOf([r])} is opened`)),
    first.mark.shown(
      `GOAWAY NO_ERROR${debugOf(first.debug)}, last stream ${first.lastStream}: the server promises to finish what it has accepted`,
    ),
    ...(final === first ? [] : [final.mark.shown(`the second GOAWAY, last stream ${final.lastStream}`)]),
    ...(shutdown === undefined ? [] : [shutdown.evidence]),
    ...resets
      .slice(0, 3)
      .map(({ code, mark }) => mark.shown(`RST_STREAM ${code} of the server on a stream that it had accepted`)),
    ...(closing === undefined ? [] : [closing.mark.shown(closedHow(story, fate))]),
    ...story.also,
    ...wordsShown(words, "the client reports the request that was cut off"),
  ];
  const confidence = confidenceOf(story, fate, words.length > 0);
  return [
    {
      cause: signature.id,
      variant: resets.length > 0 ? "streams-reset" : "connection-closed",
      confidence,
      initiator: "server",
      ...placed(scene, story, end, evidence),
      summary: `${endOf(story, "server")} sent GOAWAY NO_ERROR${debugOf(first.debug)} on ${between(story)} and ${printSpan(after(first.mark, end))} later ${resets.length > 0 ? "reset" : closing?.unknown === true ? "no longer knew the connection, with" : "closed the connection under"} ${lost.length === 0 ? "a request that it had accepted" : streamsOf(lost)}${closing?.unknown === true && resets.length === 0 ? " unfinished" : ""}${shutdown === undefined ? "" : `, ${shutdown.words}`}. ${whatMayBeRepeated(final.lastStream)}`,
      ruledOut: [
        {
          cause: "goaway-planned",
          because: `a request up to stream ${final.lastStream} had not ended when the connection did`,
        },
        { cause: "process-gone", because: "the server announced the end first" },
        { cause: "goaway-mishandled", because: "the server ended it, not the client" },
      ],
      refutedBy: "END_STREAM or a RST_STREAM of the client on every stream up to the last one before the close",
      ...(confidence === "certain" ? {} : { next: MORE_EVIDENCE }),
      symptoms:
        resets.length > 0 ? ["request-lost"] : closing?.how === "rst" ? ["connection-reset"] : ["unexpected-eof"],
    },
  ];
}

/** Frames and a FIN in a capture prove it; a log of frames shows who read the end, which a RST of somebody else could be. */
function confidenceOf({ trail, closing, gaps, log }: Http2Story, { kind, unsure }: Fate, told: boolean): Confidence {
  // A program that reads "connection reset" says the same words of the GOAWAY before, whoever reset and why.
  if (log !== undefined && closing !== undefined && closing.by !== "server") return "possible";
  if (kind !== "cut" || gaps) return told ? "likely" : "possible";
  if (unsure) return told ? "likely" : "possible";
  // The server did not know the connection any more: how it came to that was not captured.
  if (closing?.unknown === true) return "possible";
  if (trail !== undefined && closing?.by === "server") return "certain";
  return log !== undefined && closing?.by !== "server" ? "possible" : "likely";
}

function closedHow({ closing, log }: Http2Story, { lost, kind }: Fate): string {
  const how = closing?.how === "rst" ? "RST" : closing?.how === "fin" ? "FIN" : "end of file";
  const by =
    closing?.by === undefined
      ? "the connection breaks"
      : log !== undefined && closing.how === "told"
        ? `${how} is read: the ${closing.by} has closed`
        : `${how} of the ${closing.by}`;
  return kind === "cut" && closing?.by !== "client" ? `${by} with ${streamsOf(lost)} unfinished` : by;
}

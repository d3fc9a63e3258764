import { fateOf, sentAgain } from "../http2-fate.ts";
import {
  between,
  endOf,
  instantOfLine,
  placed,
  strayWords,
  streamsOf,
  wordsAbout,
  wordsShown,
} from "../http2-findings.ts";
import { http2Stories } from "../http2-stories.ts";
import { type Exchange, type Http2Story, underWay } from "../http2-story.ts";
import { namedBy } from "../log-lines.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Evidence, Finding, Signature } from "../signature.ts";

export const signature: Signature = {
  id: "stream-limit",
  kind: "incident",
  title: "The server refused HTTP/2 streams: as many were open as it allows on one connection",
  symptoms: ["stream-refused"],
  certainFrom:
    "decoded frames of the connection from its start: SETTINGS_MAX_CONCURRENT_STREAMS, the open streams, REFUSED_STREAM",
  remedy:
    "Open another connection when the limit is reached (Go does unless StrictMaxConcurrentStreams is set; gRPC: several channels), keep long watches on connections of their own, or raise the server's limit. A refused stream was not processed: send it again, whatever its method.",
  references: [
    "RFC 9113 §5.1.2 (stream concurrency), §6.5.2 (SETTINGS_MAX_CONCURRENT_STREAMS), §8.7 (REFUSED_STREAM may be sent again)",
    "kubernetes/client-go#456, golang/go#13774, golang/go#27044 (calls wait behind the limit)",
    "golang/net 351d144 (Transport.StrictMaxConcurrentStreams; read 2026-11)",
    "haproxy/haproxy#3414",
  ],
  detect: (scene) => [...http2Stories(scene).flatMap((story) => refusedIn(scene, story)), ...fromWords(scene)],
};

function refusedIn(scene: Scene, story: Http2Story): Finding[] {
  const fate = fateOf(scene, story);
  const refused = story.requests.filter(
    ({ reset, opened }) =>
      reset?.by === "server" &&
      reset.code === "REFUSED_STREAM" &&
      // What comes after a GOAWAY is refused for that.
      (fate === undefined || opened.at < fate.first.mark.at),
  );
  const words = wordsAbout(scene, story).filter(
    ({ said }) => said.kind === "refused" || said.code === "REFUSED_STREAM",
  );
  const lost = refused.filter((r) => words.length > 0 || !sentAgain(scene, story, r));
  const [first] = lost;
  if (first?.reset === undefined) return [];
  const limit = story.settings.server.get("MAX_CONCURRENT_STREAMS");
  const open = underWay(story, first.opened.at).filter((r) => r !== first && r.id < first.id && !lost.includes(r));
  const full = limit !== undefined && open.length >= limit;
  const confidence = confidenceOf(story, full);
  const settings = story.frames.find((f) => f.by === "server" && f.type === "SETTINGS" && !f.ack);
  const evidence: Evidence[] = [
    ...(limit === undefined || settings === undefined
      ? []
      : [settings.mark.shown(`SETTINGS of the server: at most ${limit} concurrent streams`)]),
    ...oldest(open).map((r) => r.opened.shown(`${streamsOf([r])} is opened, and still open when the next ones come`)),
    ...lost
      .slice(0, 4)
      .flatMap((r) => [
        r.opened.shown(`${streamsOf([r])} is opened`),
        ...(r.reset === undefined ? [] : [r.reset.mark.shown("the server refuses it: RST_STREAM REFUSED_STREAM")]),
      ]),
    ...story.also,
    ...wordsShown(words, "the client reports the refused stream"),
  ];
  const count = `${lost.length} ${lost.length === 1 ? "stream" : "streams"}`;
  const why = full
    ? `${open.length} were open, and ${limit} is its limit`
    : limit === undefined
      ? `${open.length} were open; its limit is not known`
      : `only ${open.length} of the ${limit} that it allows were open, so that it refused for another reason (overload, a shutdown)`;
  return [
    {
      cause: signature.id,
      variant: full ? "limit-reached" : "refused",
      confidence,
      initiator: "server",
      ...placed(scene, story, first.reset.mark, evidence),
      summary: `${endOf(story, "server")} refused ${count} of ${between(story)} with REFUSED_STREAM: ${why}. The connection lives on. What was refused was not processed and may be sent again whatever its method (RFC 9113 §8.7).`,
      ruledOut: [{ cause: "goaway-planned", because: "no GOAWAY came before the refusal" }],
      refutedBy:
        "fewer open streams than the limit when the first was refused, or the same request sent again and answered",
      ...(confidence === "certain" ? {} : { next: NEXT }),
      symptoms: signature.symptoms,
    },
  ];
}

const oldest = (open: readonly Exchange[]): readonly Exchange[] => open.slice(0, 3);

const NEXT =
  "Capture the connection from its first packet with TLS keys (SSLKEYLOGFILE), or log its frames (GODEBUG=http2debug=2): SETTINGS_MAX_CONCURRENT_STREAMS and the streams open at the refusal decide; the server's own log tells whether it was overloaded or shutting down";

function confidenceOf({ gaps, trail, opened, log }: Http2Story, full: boolean): Confidence {
  if (!full) return "possible";
  if (gaps || opened === undefined) return "likely";
  return trail !== undefined && log === undefined ? "certain" : "likely";
}

/** Programs that tell of REFUSED_STREAM: a stream limit is its usual reason, a shutdown another. */
function fromWords(scene: Scene): Finding[] {
  const lines = strayWords(scene).filter(({ said }) => said.kind === "refused" || said.code === "REFUSED_STREAM");
  return [...Map.groupBy(lines, ({ log }) => log.index).values()].flatMap((group): Finding[] => {
    const [line] = group;
    if (line === undefined) return [];
    return [
      {
        cause: signature.id,
        variant: "refused",
        confidence: "possible",
        initiator: "server",
        at: instantOfLine(group),
        trails: [],
        named: namedBy(group),
        evidence: wordsShown(group, "a request was refused with REFUSED_STREAM"),
        summary: `${line.log.file} tells ${group.length === 1 ? "once" : `${group.length} times`} of REFUSED_STREAM: the server did not take the request, most often because as many streams were open as it allows. It was not processed and may be sent again whatever its method (RFC 9113 §8.7).`,
        ruledOut: [],
        refutedBy: "fewer open streams than the server's limit at that time, or a shutdown of the server",
        next: NEXT,
        symptoms: signature.symptoms,
      },
    ];
  });
}

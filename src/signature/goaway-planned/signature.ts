import { printSpan } from "../../net/time.ts";
import { type Fate, fateOf } from "../http2-fate.ts";
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
import { after, type Http2Story } from "../http2-story.ts";
import { namedBy } from "../log-lines.ts";
import type { Scene } from "../scene.ts";
import type { Evidence, Finding, Signature } from "../signature.ts";
import { type Trigger, triggerOf } from "./trigger.ts";

export const signature: Signature = {
  id: "goaway-planned",
  kind: "note",
  title: "The server announced the end of an HTTP/2 connection with GOAWAY NO_ERROR, and nothing was lost",
  symptoms: [],
  certainFrom: "decoded frames of the connection (in the clear, with TLS keys, or in a log of frames)",
  remedy:
    "Nothing to repair: open a new connection for new requests, let those under way finish, send again what is above the last stream. Where GOAWAYs come too often, raise the server's limit of age or requests (nginx keepalive_requests, keepalive_time; gRPC MaxConnectionAge) or lower kube-apiserver --goaway-chance.",
  references: [
    "RFC 9113 §6.8 (GOAWAY; graceful shutdown in two steps) and §8.7 (which requests are safe to send again)",
    "Kubernetes apiserver pkg/server/filters/goaway.go (--goaway-chance, at most 0.02; read 2026-11)",
    "nginx ngx_http_core_module keepalive_requests, keepalive_time (read 2026-11)",
    "grpc-go keepalive.ServerParameters (max_age, max_idle; read 2026-11)",
    "AWS Application Load Balancer, troubleshooting: GOAWAY after 10,000 requests (read 2026-11)",
  ],
  detect,
};

function detect(scene: Scene): Finding[] {
  const told = http2Stories(scene).flatMap((story) => {
    const fate = fateOf(scene, story);
    return fate === undefined ? [] : [{ story, fate, first: fate.first, final: fate.final }];
  });
  const well = told.filter(({ fate }) => fate.kind === "well" || fate.kind === "draining");
  const notes = well.map((leaving) => noteOf(scene, leaving.story, leaving.fate, triggerOf(scene, leaving, told)));
  return [...notes, ...fromWords(scene)];
}

function noteOf(scene: Scene, story: Http2Story, fate: Fate, trigger: Trigger): Finding {
  const { first, final } = fate;
  const words = wordsAbout(scene, story).filter(({ said }) => said.kind === "received");
  const evidence: Evidence[] = [
    first.mark.shown(
      `GOAWAY ${first.code}${debugOf(first.debug)}, last stream ${first.lastStream}: the server will end the connection`,
    ),
    ...(final === first ? [] : [final.mark.shown(`the second GOAWAY, last stream ${final.lastStream}`)]),
    ...wordsShown(words, "the program tells of the GOAWAY"),
    ...(story.closing === undefined ? [] : [story.closing.mark.shown(closedHow(story, fate))]),
    ...story.also,
    ...trigger.evidence,
  ];
  const age = story.opened === undefined ? "" : `, ${printSpan(after(story.opened, first.mark))} after it was opened`;
  return {
    cause: signature.id,
    variant: trigger.variant,
    confidence: fate.unclear ? "likely" : "certain",
    initiator: "server",
    ...placed(scene, story, first.mark, evidence),
    summary: `${endOf(story, "server")} ended ${between(story)} with GOAWAY NO_ERROR${debugOf(first.debug)}${age}: ${trigger.because}. ${outcome(fate)} ${whatMayBeRepeated(final.lastStream)}`,
    ruledOut: [],
    refutedBy:
      "a request up to the last stream that ended without an answer, or a client that reports one above it as failed",
    symptoms: [],
  };
}

function outcome({ kind, unprocessed, repeated, final, unclear }: Fate): string {
  const upTo = final.lastStream >= 0x7fff_ffff ? "" : ` up to stream ${final.lastStream}`;
  const above =
    unprocessed.length === 0
      ? ""
      : ` ${streamsOf(unprocessed)} came too late for it${repeated.length === unprocessed.length ? " and were sent again" : ""}.`;
  if (unclear)
    return `Whether every request${upTo} was answered does not show: frames are missing from the evidence.${above}`;
  const end =
    kind === "draining"
      ? "The evidence ends before the connection does; nothing was lost until then."
      : `Every request${upTo} was answered or given up by the client itself.`;
  return `${end}${above}`;
}

function closedHow({ closing }: Http2Story, { unclear }: Fate): string {
  const by = closing?.by === undefined ? "the connection is closed" : `the ${closing.by} closes the connection`;
  return unclear ? by : `${by}, with nothing accepted left unanswered`;
}

/** A program that says it received GOAWAY NO_ERROR and complains of nothing. */
function fromWords(scene: Scene): Finding[] {
  const stray = strayWords(scene);
  const lines = stray.filter(({ said }) => said.kind === "received" && said.code === "NO_ERROR");
  return [...Map.groupBy(lines, ({ log, said }) => `${log.index} ${said.debug ?? ""}`).values()].flatMap(
    (group): Finding[] => {
      const [line] = group;
      if (
        line === undefined ||
        stray.some((s) => s.log === line.log && s.said.kind !== "received" && s.said.kind !== "sent")
      )
        return [];
      const { debug } = line.said;
      const age = /max_age/i.test(debug ?? "");
      const idle = /max_idle/i.test(debug ?? "");
      return [
        {
          cause: signature.id,
          variant: age ? "age" : idle ? "idle" : "undetermined",
          confidence: "likely",
          initiator: "server",
          at: instantOfLine(group),
          trails: [],
          named: namedBy(group),
          evidence: wordsShown(group, `the program received GOAWAY NO_ERROR${debugOf(debug)}`),
          summary: `${line.log.file} tells of GOAWAY NO_ERROR${debugOf(debug)} ${group.length === 1 ? "once" : `${group.length} times`} and of no request that failed with it: the server ended the connection as planned.`,
          ruledOut: [],
          refutedBy: "a request that failed at that time",
          symptoms: [],
        },
      ];
    },
  );
}

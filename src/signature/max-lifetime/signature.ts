import { printEndpoint } from "../../net/endpoint.ts";
import { printSpan } from "../../net/time.ts";
import { withSightings } from "../findings.ts";
import { distinct } from "../http2-findings.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding, Signature } from "../signature.ts";
import { capturedLives, constantAges, type Life, loggedLives } from "./lives.ts";

export const signature: Signature = {
  id: "max-lifetime",
  kind: "incident",
  title:
    "Connections are cut at one age, whatever is being said on them: something limits how long a connection may live",
  symptoms: ["connection-reset", "unexpected-eof", "request-lost"],
  certainFrom:
    "five or more connections from their first packet to their end, at different times and after different silences",
  remedy:
    "Find who has the limit (Envoy max_connection_duration, HAProxy, nginx keepalive_time, a firewall's or gateway's maximum session time, a service mesh) and let it end connections in an orderly way: GOAWAY for HTTP/2, Connection: close on a response for HTTP/1, with time for what is under way. In the client's pool give connections an age below the limit, with jitter.",
  references: [
    "Envoy HttpProtocolOptions.max_connection_duration, nginx keepalive_time (read 2026-11)",
    "RFC 9112 §9.6 (tear-down), RFC 9113 §6.8",
  ],
  detect,
};

function detect(scene: Scene): Finding[] {
  const captured = constantAges(capturedLives(scene));
  const logged = captured.length > 0 ? [] : constantAges(loggedLives(scene));
  return [...captured, ...logged].flatMap((group) => findingsOf(scene, group));
}

/** A finding for each connection that lost a request; the others show that it was the age. */
function findingsOf(scene: Scene, group: readonly [Life, ...Life[]]): Finding[] {
  const confidence = confidenceOf(group);
  return group.filter(({ lost }) => lost).map((life) => findingOf(scene, life, group, confidence));
}

function findingOf(scene: Scene, life: Life, group: readonly Life[], confidence: Confidence): Finding {
  const { trail, client, server, age } = life;
  const vantage = trail === undefined ? undefined : scene.vantages[trail.vantage];
  const fellows = group.filter((l) => l !== life);
  const evidence = distinct([...life.evidence, ...fellows.slice(0, 5).flatMap((l) => l.evidence)]);
  const gaps = group.flatMap(({ gap }) => gap ?? []);
  const silences =
    gaps.length === 0 ? "" : `, after silences from ${printSpan(Math.min(...gaps))} to ${printSpan(Math.max(...gaps))}`;
  const place =
    trail === undefined || vantage === undefined
      ? { at: life.ended, trails: [], named: [{ client, server }] }
      : { at: scene.toVantage(vantage, life.ended), trails: withSightings(scene, trail) };
  return {
    cause: signature.id,
    variant: trail === undefined ? "by-logs" : "cut-in-use",
    confidence,
    initiator: "unknown",
    ...place,
    evidence,
    summary: `${client === undefined ? "A connection" : printEndpoint(client)} to ${printEndpoint(server)} was cut ${printSpan(age)} after it was opened, with a request under way. ${group.length} connections to that server ended at this age, at different times${silences}: it is the age that ends them. The server or a proxy, balancer or firewall in its name does it.`,
    ruledOut: [
      { cause: "process-gone", because: "the connections ended one by one, each at its own time" },
      { cause: "silent-idle-drop", because: "the ages agree and the silences do not" },
      { cause: "keep-alive-race", because: "an idle limit would make the silences agree" },
    ],
    refutedBy: "a connection to the same server that lives well past this age",
    ...(confidence === "certain" ? {} : { next: NEXT }),
    symptoms: ["request-lost"],
  };
}

const NEXT =
  "Capture at the client from the first packet of some more connections until their end (tcpdump -ni any -s 128 -w evidence.pcap), at the server too: equal ages after different silences prove it, and who sent the end tells whose limit it is";

function confidenceOf(group: readonly Life[]): Confidence {
  const captured = group.filter(({ trail }) => trail !== undefined).length;
  if (captured >= 5) return "certain";
  return captured >= 3 || (captured === 0 && group.length >= 4) ? "likely" : "possible";
}

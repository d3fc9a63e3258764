import { serverOf } from "../../flow/flow.ts";
import { printEndpoint } from "../../net/endpoint.ts";
import type { Trail } from "../../session/segment.ts";
import { remember } from "../remember.ts";
import type { Vantage } from "../scene.ts";
import type { Confidence } from "../signature.ts";
import { type Reading, readTrail, type Step } from "../trail-queries.ts";
import { type Opening, openingOf } from "./opening.ts";

/** Who speaks what to whom, wrongly. */
export type Variant =
  | "plain-http-to-tls"
  | "tls-to-plain-http"
  | "http2-to-http1"
  | "http1-to-http2"
  | "proxy-header-unexpected"
  | "proxy-header-missing";

/** Two ends that do not speak the same protocol. */
export interface Mismatch {
  readonly variant: Variant;
  readonly confidence: Confidence;
  readonly reading: Reading;
  readonly asked: Step;
  /** What the server said, or its close where it said nothing. */
  readonly answer: Step;
  /** Another connection to the same port on which the protocol was the right one. */
  readonly right: { readonly reading: Reading; readonly step: Step } | undefined;
}

/** The mismatch on a connection, as its first words show it. */
export function mismatchOf(vantage: Vantage, trail: Trail): Mismatch | undefined {
  if (trail.flow.syn.length === 0) return undefined;
  const reading = readTrail(trail);
  const asked = firstOf(reading, "client");
  if (asked === undefined) return undefined;
  const said = openingOf(asked.segment);
  const answer = firstOf(reading, "server");
  if (answer !== undefined && answer.index > asked.index) {
    const found = answered(said, openingOf(answer.segment));
    if (found !== undefined) return { ...found, reading, asked, answer, right: undefined };
  }
  // A server of HTTP/2 may send its SETTINGS before it has heard anything (RFC 9113 §3.4).
  if (answer !== undefined && said === "http1-request" && openingOf(answer.segment) === "http2-settings") {
    return { variant: "http1-to-http2", confidence: "certain", reading, asked, answer, right: undefined };
  }
  return byComparison(vantage, reading, asked, answer);
}

/** What a server may have refused without saying why, so that its log can tell: the variants that the client's opening allows. */
export function refusedOpening(
  trail: Trail,
):
  | { readonly reading: Reading; readonly asked: Step; readonly answer: Step; readonly variants: readonly Variant[] }
  | undefined {
  if (trail.flow.syn.length === 0) return undefined;
  const reading = readTrail(trail);
  const asked = firstOf(reading, "client");
  const answer = firstOf(reading, "server");
  if (asked === undefined) return undefined;
  const refused = refusalOf(reading, asked, answer);
  const variants = POSSIBLE[openingOf(asked.segment)] ?? [];
  return refused === undefined || variants.length === 0 ? undefined : { reading, asked, answer: refused, variants };
}

const POSSIBLE: Readonly<Partial<Record<Opening, readonly Variant[]>>> = {
  "http1-request": ["plain-http-to-tls", "proxy-header-missing", "http1-to-http2"],
  tls: ["proxy-header-missing"],
  "http2-preface": ["proxy-header-missing", "plain-http-to-tls"],
  "proxy-header": ["proxy-header-unexpected"],
};

/** A refusal: 400, or a close at once without a word. */
function refusalOf(reading: Reading, asked: Step, answer: Step | undefined): Step | undefined {
  if (answer === undefined) return closeAfter(reading, asked);
  return openingOf(answer.segment) === "http1-bad-request" ? answer : undefined;
}

const firstOf = ({ steps }: Reading, side: Step["side"]): Step | undefined =>
  steps.find((s) => s.side === side && s.fresh);

/** What the two openings say by themselves. */
function answered(asked: Opening, answer: Opening): { variant: Variant; confidence: Confidence } | undefined {
  const certain = (variant: Variant): { variant: Variant; confidence: Confidence } => ({
    variant,
    confidence: "certain",
  });
  switch (asked) {
    case "http1-request":
      if (answer === "tls-alert" || answer === "http-to-tls-notice") return certain("plain-http-to-tls");
      return answer === "http2-settings" ? certain("http1-to-http2") : undefined;
    case "tls":
      return isHttp1(answer) ? certain("tls-to-plain-http") : undefined;
    case "http2-preface":
      if (answer === "tls-alert") return certain("plain-http-to-tls");
      return isHttp1(answer) ? certain("http2-to-http1") : undefined;
    case "proxy-header":
      if (answer === "tls-alert") return certain("proxy-header-unexpected");
      return answer === "http1-bad-request" ? { variant: "proxy-header-unexpected", confidence: "likely" } : undefined;
    default:
      return undefined;
  }
}

/** A server of HTTP/1 that meets another protocol calls it a bad request; any other answer would be to something else. */
const isHttp1 = (opening: Opening): boolean => opening === "http1-bad-request";

/** A refusal without words, where other connections to the same port show what it speaks. */
function byComparison(vantage: Vantage, reading: Reading, asked: Step, answer: Step | undefined): Mismatch | undefined {
  const said = openingOf(asked.segment);
  const refused = refusalOf(reading, asked, answer);
  if (refused === undefined) return undefined;
  const others = spokenAt(vantage).get(printEndpoint(serverOf(reading.trail.flow))) ?? [];
  const speaks = (opening: Opening): Mismatch["right"] =>
    others.find((o) => o.opening === opening && o.reading !== reading);
  const tls = said === "http1-request" ? speaks("tls") : undefined;
  if (tls !== undefined)
    return { variant: "plain-http-to-tls", confidence: "likely", reading, asked, answer: refused, right: tls };
  const proxied =
    (said === "http1-request" || said === "tls") && answer === undefined ? speaks("proxy-header") : undefined;
  if (proxied !== undefined) {
    return { variant: "proxy-header-missing", confidence: "likely", reading, asked, answer: refused, right: proxied };
  }
  return undefined;
}

/** The server closed at once, and the client had not begun to. */
function closeAfter({ steps, roundTrip }: Reading, asked: Step): Step | undefined {
  const end = steps.find((s) => s.fin || s.rst);
  const soon = end !== undefined && end.time - asked.time < Math.max(5 * (roundTrip ?? 0), 100e6);
  return soon && end.side === "server" && end.index > asked.index ? end : undefined;
}

/** Openings of clients that a server took up, by its port. */
const spokenAt = remember((vantage: Vantage) => {
  const found = vantage.trails.flatMap((trail) => {
    const reading = readTrail(trail);
    const step = firstOf(reading, "client");
    const answer = firstOf(reading, "server");
    if (step === undefined || answer === undefined || answer.index < step.index) return [];
    const [opening, reply] = [openingOf(step.segment), openingOf(answer.segment)];
    const taken =
      opening === "tls"
        ? reply === "tls"
        : opening === "proxy-header" && reply !== "http1-bad-request" && reply !== "tls-alert";
    return taken ? [{ server: printEndpoint(serverOf(trail.flow)), opening, reading, step }] : [];
  });
  return Map.groupBy(found, ({ server }) => server);
});

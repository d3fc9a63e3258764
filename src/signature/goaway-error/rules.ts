import { printSpan } from "../../net/time.ts";
import { after, type Going, type Http2Story, type Told } from "../http2-story.ts";
import type { Evidence } from "../signature.ts";

/** Which rule a GOAWAY with an error says was broken, and how to keep it. */
export interface Rule {
  readonly variant: string;
  /** A clause: what the sender complains of. */
  readonly says: string;
  /** Whose fault it is: that of the end that received the GOAWAY, or of the one that sent it. */
  readonly fault: "receiver" | "sender";
  readonly evidence: readonly Evidence[];
}

/** What each code stands for (RFC 9113 §7), as far as neither debug data nor frames say more. */
const BY_CODE: Readonly<Record<string, readonly [variant: string, says: string, fault: Rule["fault"]]>> = {
  PROTOCOL_ERROR: ["protocol-error", "a frame that the protocol does not allow", "receiver"],
  INTERNAL_ERROR: ["internal-error", "an error of its own", "sender"],
  FLOW_CONTROL_ERROR: ["flow-control", "more data than the window allowed (RFC 9113 §6.9.1)", "receiver"],
  SETTINGS_TIMEOUT: ["settings-timeout", "no acknowledgment of its SETTINGS in time (RFC 9113 §6.5.3)", "receiver"],
  STREAM_CLOSED: ["stream-closed", "a frame on a stream that was closed (RFC 9113 §5.1)", "receiver"],
  FRAME_SIZE_ERROR: ["frame-size", "a frame of a length that is not allowed (RFC 9113 §4.2)", "receiver"],
  COMPRESSION_ERROR: ["compression", "a header block that could not be decompressed (RFC 9113 §4.3)", "receiver"],
  ENHANCE_YOUR_CALM: ["excessive-load", "behaviour that loads it too much (RFC 9113 §7)", "receiver"],
  INADEQUATE_SECURITY: ["inadequate-security", "TLS that HTTP/2 does not accept (RFC 9113 §9.2)", "receiver"],
  HTTP_1_1_REQUIRED: ["http-1-1-required", "HTTP/2, where it wants HTTP/1.1 (RFC 9113 §7)", "receiver"],
  CANCEL: ["cancelled", "nothing: it gave up", "sender"],
  CONNECT_ERROR: ["connect-error", "a tunnel that broke (RFC 9113 §8.5)", "sender"],
};

/** What a code and its debug data say, without frames. */
export function ruleSaid(code: string, debug: string): Rule {
  if (/too_?many_?pings/i.test(debug)) {
    return {
      variant: "too-many-pings",
      says: "PINGs that come more often than it permits",
      fault: "receiver",
      evidence: [],
    };
  }
  if (/header.{0,20}(?:list|block|size|large)|(?:large|big).{0,20}header/i.test(debug)) {
    return {
      variant: "header-list-too-large",
      says: "a header list that is too large",
      fault: "receiver",
      evidence: [],
    };
  }
  if (/reset/i.test(debug) && code === "ENHANCE_YOUR_CALM") {
    return { variant: "too-many-resets", says: "too many streams that were reset", fault: "receiver", evidence: [] };
  }
  const [variant, says, fault] = BY_CODE[code] ?? ["other", `${code}, which it does not explain`, "sender"];
  return { variant, says, fault, evidence: [] };
}

/** The rule with what the frames before the GOAWAY show of it. */
export function ruleBroken(story: Http2Story, going: Going): Rule {
  const said = ruleSaid(going.code, going.debug);
  if (going.code === "ENHANCE_YOUR_CALM" && (said.variant === "too-many-pings" || said.variant === "excessive-load")) {
    const rule = pings(story, going, said);
    return rule.variant === "excessive-load" ? headers(story, going, rule) : rule;
  }
  if (said.variant === "header-list-too-large" || said.variant === "compression" || said.variant === "protocol-error") {
    return headers(story, going, said);
  }
  return said;
}

function pings(story: Http2Story, going: Going, said: Rule): Rule {
  const sent = story.pings.filter((p) => p.by !== going.by && p.mark.at <= going.mark.at);
  const gaps = sent.slice(1).map((p, i) => after(sent[i]?.mark ?? p.mark, p.mark));
  const resets = story.requests.filter((r) => r.reset?.by !== undefined && r.reset.by !== going.by);
  if (said.variant === "excessive-load" && resets.length >= 20 && resets.length > sent.length) {
    const says = `${resets.length} streams that were opened and reset (the guard against CVE-2023-44487 counts these)`;
    const evidence = resets
      .slice(-3)
      .flatMap(({ reset }) => reset?.mark.shown("one of the streams that were reset") ?? []);
    return { ...said, variant: "too-many-resets", says, evidence };
  }
  if (said.variant === "excessive-load" && sent.length < 3) return said;
  if (gaps.length === 0) return said;
  const usual = [...gaps].sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
  const says = `PINGs that come more often than it permits: ${sent.length} of them, ${printSpan(usual)} apart as a rule (grpc-go permits one in 5 min, without a stream one in 2 h, and counts three strikes)`;
  return {
    ...said,
    ...(said.variant === "too-many-pings" && { says }),
    evidence: sent.slice(-4).map((p) => p.mark.shown("a PING")),
  };
}

/** A header block of this size, in the frames as they are, is large by the limits that servers have. */
const LARGE = 4096;

/** The frames just before: a header block that is too large for the limit that was told, or large and the last thing said. */
function headers(story: Http2Story, going: Going, said: Rule): Rule {
  const before = story.frames.filter((f) => f.by !== going.by && f.mark.at <= going.mark.at && !f.ack);
  const last = before.findLast((f) => f.type !== "WINDOW_UPDATE");
  if (last === undefined) return said;
  const on = last.stream === 0 ? "" : ` on stream ${last.stream}`;
  const evidence = [last.mark.shown(`the last frame before it: ${last.type}, ${last.length} bytes${on}`)];
  const isBlock = (f: Told): boolean => f.type === "HEADERS" || f.type === "CONTINUATION";
  if (said.variant === "header-list-too-large" || !isBlock(last)) return { ...said, evidence };
  const block = before.filter((f) => isBlock(f) && f.stream === last.stream);
  const size = block.reduce((sum, f) => sum + f.length, 0);
  const limit = story.settings[going.by].get("MAX_HEADER_LIST_SIZE");
  const variant = "header-list-too-large";
  if (limit !== undefined && size > limit) {
    const says = `a header list that is larger than the ${limit} bytes it allows (SETTINGS_MAX_HEADER_LIST_SIZE): ${size} bytes came, compressed`;
    return { ...said, variant, says, evidence };
  }
  if (size < LARGE) return { ...said, evidence };
  const says = `${said.says}, most likely of the header block of ${size} bytes that had just come (inferred: the code does not say)`;
  return { ...said, variant, says, evidence };
}

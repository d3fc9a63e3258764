import { seqAfter } from "../../net/sequence.ts";
import { covers, type Reading, type Step } from "../trail-queries.ts";

/** Harmless stories that end in RST. */
export type HarmlessKind =
  | "after-both-fins"
  | "answer-to-late-words"
  | "answer-to-fin"
  | "half-open-probe"
  | "connect-probe"
  | "client-exit";

/** A RST that lost nothing, and what makes it harmless. */
export interface HarmlessReset {
  readonly kind: HarmlessKind;
  readonly rst: Step;
  /** The packet that shows the orderly end before it: a FIN, the last answer, the SYN-ACK. */
  readonly because: Step;
}

/**
 * The harmless story of a connection's first RST, if there is one. Whoever had asked something
 * must have had an answer: a RST while a request is open is for the incident signatures.
 */
export function harmlessReset(reading: Reading): HarmlessReset | undefined {
  const rst = reading.steps.find((s) => s.rst);
  if (rst === undefined) return undefined;
  const before = reading.steps.slice(0, rst.index);
  if (!isOwn(before, rst)) return undefined;
  const accepted = before.find((s) => s.syn && s.side === "server");
  if (reading.trail.flow.clientSeen && accepted === undefined) return undefined;
  if (accepted !== undefined && rst.side === "client" && !before.some((s) => s.fresh || s.fin)) {
    const acknowledged = before.some((s) => s.side === "client" && s.index > accepted.index);
    return { kind: acknowledged ? "connect-probe" : "half-open-probe", rst, because: accepted };
  }
  return afterFin(reading, before, rst) ?? clientExit(reading, before, rst);
}

function afterFin(reading: Reading, before: readonly Step[], rst: Step): HarmlessReset | undefined {
  const own = before.find((s) => s.fin && s.side === rst.side);
  const theirs = before.find((s) => s.fin && s.side !== rst.side);
  if (own === undefined) {
    if (theirs === undefined || openRequest(reading, before) !== undefined || !wasUsed(reading, before))
      return undefined;
    return { kind: "answer-to-fin", rst, because: theirs };
  }
  if (openRequest(reading, before.slice(0, own.index)) !== undefined) return undefined;
  // What the other end said that this FIN had not seen: a goodbye is harmless, a request to a server is a lost race.
  const late = before.filter((s) => s.fresh && s.side !== rst.side && (s.index > own.index || !covers(own, s.end)));
  if (rst.side === "server" && (late.some((s) => !isGoodbye(reading, s)) || abrupt(reading, before, own)))
    return undefined;
  if (late[0] !== undefined) return { kind: "answer-to-late-words", rst, because: late[0] };
  return theirs === undefined
    ? { kind: "answer-to-late-words", rst, because: own }
    : { kind: "after-both-fins", rst, because: later(own, theirs) };
}

/** A server that speaks TLS closed without close_notify (RFC 8446 §6.1): its process may have died, which is no orderly close. */
function abrupt(reading: Reading, before: readonly Step[], fin: Step): boolean {
  const said = before.filter((s) => s.fresh && s.side === "server" && s.index <= fin.index);
  const encrypted = said.some((s) => ["handshake", "encrypted"].includes(reading.payload(s).kind));
  return encrypted && !said.slice(-2).some((s) => isGoodbye(reading, s));
}

/** The client leaves without a FIN: a process that exits with answers unread, or that gives up one it was getting. */
function clientExit(reading: Reading, before: readonly Step[], rst: Step): HarmlessReset | undefined {
  if (rst.side !== "client" || before.some((s) => s.fin) || !wasUsed(reading, before)) return undefined;
  const last = before.findLast((s) => s.fresh && !isSmall(reading, s));
  if (last === undefined || last.side !== "server") return undefined;
  const sent = before.findLast((s) => s.side === "client" && s.fresh);
  if (sent !== undefined && reading.acked.server !== undefined && seqAfter(sent.end, reading.acked.server))
    return undefined;
  // Keepalive probes that nothing answered: it did not leave, it gave up.
  if (before.findLast((s) => s.side === "client")?.probe === true && before.at(-1)?.probe === true) return undefined;
  return { kind: "client-exit", rst, because: last };
}

/** The client had asked something beyond the TLS handshake. */
function wasUsed(reading: Reading, steps: readonly Step[]): boolean {
  return steps.some(
    (s) => s.fresh && s.side === "client" && !isSmall(reading, s) && reading.payload(s).kind !== "handshake",
  );
}

/** The client's last request, when the server has said nothing since. */
function openRequest(reading: Reading, steps: readonly Step[]): Step | undefined {
  const last = steps.findLast((s) => s.fresh && !isSmall(reading, s));
  return last?.side === "client" ? last : undefined;
}

/** Said on leaving: close_notify, an alert, GOAWAY. */
function isGoodbye(reading: Reading, step: Step): boolean {
  const { kind } = reading.payload(step);
  return kind === "farewell" || kind === "goaway";
}

/** Not part of an exchange: goodbyes, and what HTTP/2 sends on its own account. */
function isSmall(reading: Reading, step: Step): boolean {
  return isGoodbye(reading, step) || reading.payload(step).kind === "control";
}

const later = (a: Step, b: Step): Step => (a.index > b.index ? a : b);

/** Sent by the end it claims to come from, as far as the TTL tells. */
function isOwn(before: readonly Step[], rst: Step): boolean {
  const own = before.filter((s) => s.side === rst.side);
  return own.length === 0 || own.some((s) => s.segment.ttl === rst.segment.ttl);
}

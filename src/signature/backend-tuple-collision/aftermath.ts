import { seqDiff } from "../../net/sequence.ts";
import { FIN, RST } from "../../net/tcp-flags.ts";
import { MILLISECOND, type Nanoseconds, SECOND } from "../../net/time.ts";
import type { Segment } from "../../session/segment.ts";
import type { Scene } from "../scene.ts";
import { type Attempt, endOf, foreignAnswers, hasFlags, isBareAck, isFar, nextNumber } from "../tuple-queries.ts";
import type { Collision, Older } from "./collision.ts";
import { oriented } from "./oriented.ts";

/** What one capture shows of the old connection after the newer one's SYN. */
export interface Aftermath {
  /** The first thing the client said on it: data, FIN or a keepalive that got no proper answer. */
  readonly speech: Segment | undefined;
  /** The same again. */
  readonly repeats: readonly Segment[];
  /** Answers with the newer connection's numbers. */
  readonly answers: readonly Segment[];
  /** The server's RST: the newer connection is gone as well, and nobody knows the numbers any more. */
  readonly reset: Segment | undefined;
  /** Payload of the newer connection that came under the old one's address and never under its own. */
  readonly strayed: readonly Segment[];
  /** Bare ACKs of the client with the old numbers, well after the newer connection stood. */
  readonly echoes: readonly Segment[];
}

/** Follows the old connection in the capture `vantage`; `older` is that connection's own trail there, when it has one. */
export function aftermathOf(collision: Collision, vantage: number, older: Older | undefined): Aftermath {
  const segments = oldSegmentsAfter(collision, vantage, older);
  const attempt = collision.attempts.find((a) => a.vantage === vantage);
  const turn = attempt === undefined ? 0 : turnOf(attempt) + IN_FLIGHT;
  const from = (side: Segment["from"]) => segments.filter((s) => s.from === side && !hasFlags(s, RST));
  const speech = from("client").find((s) => !isBareAck(s) && (s.time >= turn || s.length > 0));
  const newer = collision.newer
    .filter((n) => n.trail.vantage === vantage)
    .map((n) => oriented(n.trail.segments, n.side));
  const own = older === undefined ? [] : foreignAnswers(oriented(older.trail.segments, older.side), "client");
  const answers = [...own.filter((s) => isOf(s, newer)), ...mixedAnswers(collision, vantage)];
  const delivered = new Set(
    newer.flatMap((n) => n.filter((s) => s.from === "server" && s.length > 0).map((s) => s.seq)),
  );
  const strayed = own.filter((s) => s.length > 0 && newer.length > 0 && !delivered.has(s.seq) && isBeyond(s, newer));
  return {
    speech,
    repeats:
      speech === undefined
        ? []
        : from("client").filter((s) => s.packet > speech.packet && s.seq === speech.seq && !isBareAck(s)),
    answers,
    reset: segments.find((s) => s.from === "server" && hasFlags(s, RST) && s.time >= turn),
    strayed,
    echoes: from("client").filter((s) => isBareAck(s) && s.time >= turn),
  };
}

/** Where both have one four-tuple: bare ACKs with other numbers that follow what the client says with the old ones. */
function mixedAnswers({ attempts, challenge }: Collision, vantage: number): Segment[] {
  const found: Segment[] = [];
  if (challenge === undefined) return found;
  for (const attempt of attempts.filter((a) => a.vantage === vantage)) {
    let asked = false;
    for (const s of attempt.segments) {
      if (s.from === "client")
        asked = attempt.synAck !== undefined && s.packet > attempt.synAck.packet && carriesOld(s, challenge.answer);
      else if (asked && isBareAck(s) && isFar(s.ack, challenge.answer.ack)) found.push(s);
    }
  }
  return found;
}

/** Near the numbers that both sides of one of these trails use; anything fits when none was captured. */
function isOf(answer: Segment, newer: readonly (readonly Segment[])[]): boolean {
  if (newer.length === 0) return true;
  return newer.some((segments) => {
    const ack = nextNumber(segments, "client");
    const seq = nextNumber(segments, "server");
    return ack !== undefined && !isFar(answer.ack, ack) && (seq === undefined || !isFar(answer.seq, seq));
  });
}

/** Beyond everything that the client ever acknowledged on the newer connection itself. */
function isBeyond(strayed: Segment, newer: readonly (readonly Segment[])[]): boolean {
  return newer.every((segments) =>
    segments.every((s) => s.from !== "client" || isFar(s.ack, strayed.seq) || seqDiff(endOf(strayed), s.ack) > 0),
  );
}

/**
 * Segments with the old connection's numbers in the capture `vantage` after the newer one's first
 * SYN: of its own trail, or of the newer's flow where both have one four-tuple. Where that SYN was
 * not captured, what follows the server's last proper word on the old connection.
 */
export function oldSegmentsAfter(collision: Collision, vantage: number, older: Older | undefined): Segment[] {
  const attempts = collision.attempts.filter((a) => a.vantage === vantage);
  const { challenge } = collision;
  const own = older === undefined ? [] : oriented(older.trail.segments, older.side);
  const since = attempts[0]?.syns[0]?.packet ?? lastProper(own);
  const mixed =
    challenge === undefined ? [] : attempts.flatMap((a) => a.segments).filter((s) => carriesOld(s, challenge.answer));
  return [...own, ...mixed].filter((s) => s.packet > since).sort((a, b) => a.packet - b.packet);
}

function lastProper(segments: readonly Segment[]): number {
  const foreign = new Set(foreignAnswers(segments, "client"));
  return segments.findLast((s) => s.from === "server" && !hasFlags(s, RST) && !foreign.has(s))?.packet ?? 0;
}

function carriesOld(segment: Segment, answer: Segment): boolean {
  if (segment.from === "client")
    return !isFar(segment.seq, answer.ack) && !(hasFlags(segment, RST) && segment.seq === answer.ack);
  if (isBareAck(segment) && segment.seq === answer.seq && segment.ack === answer.ack) return false;
  return !isFar(segment.seq, answer.seq) && (hasFlags(segment, RST) || !isFar(segment.ack, answer.ack));
}

/** Data of the old connection may still be on its way this long after the newer one stood. */
const IN_FLIGHT: Nanoseconds = 300 * MILLISECOND;
/** Clocks of two captures may differ by this much. */
const CLOCKS_APART: Nanoseconds = 2 * SECOND;

/** Whether the backend went on with the old connection: it acknowledged or sent something new there. */
export function wentOn(collision: Collision, scene: Scene): boolean {
  const elsewhere = collision.older.filter((o) => !collision.attempts.some((a) => a.vantage === o.trail.vantage));
  const later = [
    ...collision.attempts.flatMap((attempt) => {
      const olds = collision.older.filter((o) => o.trail.vantage === attempt.vantage);
      const turn = turnOf(attempt) + IN_FLIGHT;
      return [undefined, ...olds].flatMap((o) =>
        oldSegmentsAfter(collision, attempt.vantage, o).filter((s) => s.time >= turn),
      );
    }),
    ...elsewhere.flatMap((o) => {
      const turn = turnElsewhere(collision, scene, o.trail.vantage);
      return oriented(o.trail.segments, o.side).filter((s) => s.time >= turn);
    }),
  ];
  const answer = collision.challenge?.answer;
  return later.some((s) => {
    if (s.from !== "server" || (s.flags & (RST | FIN)) !== 0) return false;
    if (answer === undefined) return s.length > 0;
    if (isFar(s.seq, answer.seq) || isFar(s.ack, answer.ack)) return false;
    return seqDiff(endOf(s), answer.seq) > 0 || seqDiff(s.ack, answer.ack) > 0;
  });
}

/** When the old connection must have been gone, if it went: at the SYN-ACK, or at the first challenge. */
function turnOf(attempt: Attempt): Nanoseconds {
  return attempt.synAck?.time ?? attempt.challenges[0]?.answer.time ?? attempt.syns[0]?.time ?? 0;
}

function turnElsewhere(collision: Collision, scene: Scene, vantage: number): Nanoseconds {
  const attempt = collision.attempts[0];
  if (attempt === undefined) return 0;
  const epochs = Number((scene.vantages[attempt.vantage]?.epoch ?? 0n) - (scene.vantages[vantage]?.epoch ?? 0n));
  return turnOf(attempt) + epochs + CLOCKS_APART;
}

/**
 * Whether the old connection was closed in order before the newer one stood: a FIN of the server with the old numbers after the challenge,
 * which a backend that had given the connection up would not have sent. Then nothing was lost, and the SYN had to wait for it.
 */
export function closedOrderly({ attempts, older, challenge }: Collision): boolean {
  if (challenge === undefined || challenge.reset !== undefined) return false;
  const { answer } = challenge;
  return attempts.some((attempt) => {
    const [from, to] = [attempt.challenges[0]?.answer.time, attempt.synAck?.time];
    const here = older.filter((o) => o.trail.vantage === attempt.vantage);
    const segments = [...attempt.segments, ...here.flatMap((o) => oriented(o.trail.segments, o.side))];
    const since = from ?? attempt.syns[0]?.time ?? 0;
    return segments.some(
      (s) =>
        s.from === "server" &&
        hasFlags(s, FIN) &&
        s.time >= since &&
        (to === undefined || s.time <= to) &&
        !isFar(s.seq, answer.seq) &&
        !isFar(s.ack, answer.ack),
    );
  });
}

import { seqAfter } from "../../net/sequence.ts";
import { ACK } from "../../net/tcp-flags.ts";
import type { Nanoseconds } from "../../net/time.ts";
import { MILLISECOND, SECOND } from "../../net/time.ts";
import type { Trail } from "../../session/segment.ts";
import { portElsewhere } from "../port-elsewhere.ts";
import type { Scene } from "../scene.ts";
import { notSentBy, type SenderSide } from "../sender-side.ts";
import { SHORTEST_SILENCE } from "../silence.ts";
import { strangeness } from "../stranger.ts";
import { covers, patience, type Reading, readTrail, type Step } from "../trail-queries.ts";

/** Why a RST is not from the end whose address it bears. */
export type Proof =
  | { readonly kind: "not-sent"; readonly at: SenderSide }
  /** Several RSTs at one instant, with numbers that the end had not reached. */
  | { readonly kind: "guessed"; readonly others: readonly Step[] }
  /** The end goes on as if it had sent no RST. */
  | { readonly kind: "went-on"; readonly later: Step }
  | { readonly kind: "stranger"; readonly says: readonly string[] };

/** A RST on a connection in use that somebody else sent. */
export interface Forged {
  readonly reading: Reading;
  readonly rst: Step;
  readonly proof: Proof;
}

/** RSTs of one salvo are no further apart. */
const SALVO: Nanoseconds = 20 * MILLISECOND;
/** Fewer packets of the end's own do not tell what is usual for it. */
const ENOUGH_OWN = 3;

/** Looks for a RST that ended a connection in use and that its supposed sender did not send. */
export function forgedReset(scene: Scene, trail: Trail): Forged | undefined {
  const vantage = scene.vantages[trail.vantage];
  const reading = readTrail(trail);
  if (vantage === undefined || vantage.oneSided || !reading.established) return undefined;
  const rst = reading.steps.find((s) => s.rst || s.fin);
  // At the sender's own host a packet of the other end's that left again is told from the other captures.
  if (rst === undefined || !rst.rst || vantage.place === rst.side || !inUse(reading, rst)) return undefined;
  const before = reading.steps.slice(0, rst.index);
  if (!before.some((s) => s.side === rst.side && !s.syn) || !before.some((s) => s.fresh)) return undefined;
  if (portElsewhere(scene, trail, rst.time + SECOND) === "collided") return undefined;
  const proof = proofOf(scene, reading, rst);
  return proof === undefined ? undefined : { reading, rst, proof };
}

/** After a long silence a forgetful box or an idle limit explains the RST: other signatures tell of those. */
function inUse(reading: Reading, rst: Step): boolean {
  if (rst.silence >= SHORTEST_SILENCE) return false;
  const asked = reading.steps.slice(0, rst.index).findLast((s) => s.side !== rst.side);
  return asked === undefined || asked.silence < SHORTEST_SILENCE || rst.time - asked.time > patience(reading);
}

function proofOf(scene: Scene, reading: Reading, rst: Step): Proof | undefined {
  const at = notSentBy(scene, reading, rst);
  if (at !== undefined) return { kind: "not-sent", at };
  const others = guesses(reading, rst);
  if (others.length >= 2) return { kind: "guessed", others };
  const signs = strangeness(scene, reading, rst);
  const strong = signs.some((sign) => sign.strong && sign.by === "hops");
  const later = wentOn(reading, rst);
  // A client's kernel resets what reaches it untranslated, in its own name, and its connection goes on (conntrack-invalid).
  if (later !== undefined && (rst.side === "server" || strong)) return { kind: "went-on", later };
  const own = reading.steps.filter((s) => s.side === rst.side && !s.rst && !s.syn);
  const alike = own.some((s) => s.segment.ttl === rst.segment.ttl);
  // A wait for an answer that ends in RST may be a proxy's that gave up, whatever its distance.
  const busy = rst.silence < SECOND;
  if (!strong || alike || own.length < ENOUGH_OWN || !busy) return undefined;
  return { kind: "stranger", says: signs.map((sign) => sign.says) };
}

/** RSTs of a salvo whose numbers lie beyond all that their supposed sender had sent or its peer had acknowledged. */
function guesses(reading: Reading, first: Step): readonly Step[] {
  if (reading.trail.omitted > 0 || hasHoles(reading, first.side)) return [];
  const salvo = reading.steps.filter((s) => s.rst && s.side === first.side && s.time - first.time <= SALVO);
  const own = reading.steps.filter((s) => s.side === first.side && !s.rst && s.time <= first.time + SALVO);
  const theirs = reading.steps.filter((s) => s.side !== first.side);
  const beyond = salvo.filter(
    (s) => own.every((o) => seqAfter(s.segment.seq, o.end)) && theirs.every((o) => o.segment.ack !== s.segment.seq),
  );
  const distinct = new Map(beyond.map((s) => [s.segment.seq, s] as const));
  return [...distinct.values()];
}

/** Bytes of that side are missing from the capture: then a number ahead may be its own. RSTs are left out of the reckoning. */
function hasHoles(reading: Reading, side: Step["side"]): boolean {
  let top: number | undefined;
  for (const { side: from, rst, segment, end } of reading.steps) {
    if (rst) continue;
    if (from !== side) {
      if (top !== undefined && (segment.flags & ACK) !== 0 && seqAfter(segment.ack, top)) return true;
      continue;
    }
    if (top !== undefined && seqAfter(segment.seq, top)) return true;
    if (top === undefined || seqAfter(end, top)) top = end;
  }
  return false;
}

/** New data of the supposed sender, or an acknowledgment of something new, so late that it left after the RST. */
function wentOn(reading: Reading, rst: Step): Step | undefined {
  const late = rst.time + patience(reading);
  const had = reading.steps.slice(0, rst.index).findLast((s) => s.side === rst.side && !s.rst);
  if (had === undefined || rst.segment.seq !== had.end) return undefined;
  return reading.steps.find(
    (s) =>
      s.side === rst.side && s.time > late && !s.rst && !s.syn && (s.fresh || (s.repeat && covers(s, had.segment.ack))),
  );
}

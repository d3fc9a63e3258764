import type { Trail } from "../../session/segment.ts";
import { shown } from "../findings.ts";
import type { Scene } from "../scene.ts";
import type { Finding, PacketEvidence, Signature } from "../signature.ts";
import { named, readTrail } from "../trail-queries.ts";
import { type HarmlessKind, type HarmlessReset, harmlessReset } from "./harmless-reset.ts";

/** RSTs that lost nothing: after an orderly close, from health checks, from clients that exit. */
export const signature: Signature = {
  id: "reset-after-close",
  kind: "note",
  title: "A RST that ends nothing: the exchange was over before it",
  symptoms: [],
  certainFrom: "any one capture of both directions",
  remedy:
    "Nothing needs mending. To see fewer of these: let clients read what is left (close_notify included) before they close, and let health checks close with FIN.",
  references: [
    "RFC 9293 §3.10.7.1: data for a closed connection is answered by RST",
    "RFC 2525 §2.17: closing with unread data sends RST",
    "RFC 8446 §6.1: close_notify",
  ],
  detect,
};

/** Connections that one note names, and of these the ones whose packets it shows. */
const MOST_TRAILS = 64;
const MOST_SHOWN = 4;

interface Found extends HarmlessReset {
  readonly trail: Trail;
  readonly evidence: readonly PacketEvidence[];
}

/** One note for each kind, however many connections ended so. */
function detect(scene: Scene): Finding[] {
  const kinds = new Map<HarmlessKind, Found[]>();
  const told = new Set<Trail>();
  for (const vantage of scene.vantages) {
    if (vantage.oneSided) continue;
    for (const trail of vantage.trails) {
      if (told.has(trail) || trail.flow.rst.length === 0) continue;
      const found = findIn(trail);
      if (found === undefined) continue;
      for (const { trail: same } of scene.sightings(trail)) told.add(same);
      const list = kinds.get(found.kind);
      if (list === undefined) kinds.set(found.kind, [found]);
      else list.push(found);
    }
  }
  return [...kinds].map(([kind, list]) => noteOf(kind, list));
}

function findIn(trail: Trail): Found | undefined {
  const reading = readTrail(trail);
  const reset = harmlessReset(reading);
  if (reset === undefined) return undefined;
  const { rst, because } = reset;
  return {
    ...reset,
    trail,
    evidence: [
      shown(reading, because, becauseOf(reset)),
      shown(reading, rst, `RST of the ${rst.side}, with nothing left to lose`),
    ],
  };
}

function noteOf(kind: HarmlessKind, list: readonly Found[]): Finding {
  const [first] = list as readonly [Found, ...Found[]];
  const count = list.length === 1 ? "The RST of one connection" : `The RSTs of ${list.length} connections`;
  const example = `${named(first.trail, "client")}, ${named(first.trail, "server")}`;
  return {
    cause: signature.id,
    variant: kind,
    confidence: "certain",
    initiator: first.rst.side,
    at: first.rst.time,
    trails: list.slice(0, MOST_TRAILS).map((f) => f.trail),
    evidence: list.slice(0, MOST_SHOWN).flatMap((f) => f.evidence),
    summary: `${count} lost nothing: ${STORY[kind]} (for instance ${example}, packet ${first.rst.segment.packet}).`,
    ruledOut: [],
    refutedBy: "an application that reports an error for such a connection at that time",
    symptoms: [],
  };
}

const STORY: Readonly<Record<HarmlessKind, string>> = {
  "after-both-fins": "both ends had sent FIN before",
  "answer-to-late-words": "the sender had closed, and answers what came later, a TLS close_notify as a rule",
  "answer-to-fin": "it answers the other end's FIN when nothing was being asked",
  "half-open-probe": "a SYN-ACK answered by RST, as port checks do that only want to know whether somebody listens",
  "connect-probe": "connected and reset without a byte, as TCP health checks do",
  "client-exit": "the client left after the server's answer, with some of it unread or not wanted",
};

function becauseOf({ kind, because }: HarmlessReset): string {
  switch (kind) {
    case "after-both-fins":
      return "FIN: with this both ends have closed";
    case "answer-to-late-words":
      return because.fin ? "FIN: its sender has closed" : "said to an end that had closed already";
    case "answer-to-fin":
      return "FIN with nothing outstanding";
    case "half-open-probe":
      return "SYN-ACK";
    case "connect-probe":
      return "SYN-ACK; no data follows";
    case "client-exit":
      return "the server's last data: nothing that the client asked is unanswered";
  }
}

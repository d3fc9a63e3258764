import type { GoawayLine } from "../goaway-lines.ts";
import { instantOfLine, strayWords, whatMayBeRepeated, wordsShown } from "../http2-findings.ts";
import { type FoundLine, namedBy } from "../log-lines.ts";
import type { Scene } from "../scene.ts";
import type { Confidence, Finding } from "../signature.ts";

type Line = FoundLine<GoawayLine>;

/** Whether a line blames a planned end for a request that failed. */
export function isComplaint({ said, entry }: Line): boolean {
  if (said.code !== undefined && said.code !== "NO_ERROR") return false;
  if (said.kind === "cannot-retry" || said.kind === "no-new-streams" || said.kind === "draining") return true;
  // Which connection's GOAWAY it was, frames must say: the line alone does not speak of one.
  if (said.kind === "given-up") return true;
  // The JDK's client fails requests with these words and gives no code.
  return said.kind === "received" && said.code === undefined && isJava(entry.content);
}

const isJava = (content: Line["entry"]["content"]): boolean =>
  "text" in content && typeof content.text === "string" && /IOException.{0,200}: GOAWAY received/.test(content.text);

/** What each kind of line proves: Go names the GOAWAY it could not act on; others leave the code open. */
const PROOF: Readonly<Record<string, readonly [variant: string, Confidence, says: string]>> = {
  "cannot-retry": [
    "cannot-retry",
    "certain",
    "the request was above the last stream and could have been sent again, but its body cannot be read twice (Request.GetBody is not set)",
  ],
  "no-new-streams": [
    "used-after-goaway",
    "likely",
    "the program asked for a new stream on a session that had received GOAWAY",
  ],
  draining: [
    "reported-as-failure",
    "possible",
    "a call failed because its connection was draining, instead of going to a new one",
  ],
  received: ["reported-as-failure", "likely", "requests failed because a GOAWAY was received"],
};

/** Complaints about connections whose frames nothing shows. */
export function complaints(scene: Scene): Finding[] {
  const lines = strayWords(scene).filter(isComplaint);
  return [...Map.groupBy(lines, ({ log, said }) => `${log.index} ${said.kind}`).values()].flatMap(
    (group): Finding[] => {
      const [line] = group;
      const proof = line === undefined ? undefined : PROOF[line.said.kind];
      if (line === undefined || proof === undefined) return [];
      const [variant, confidence, says] = proof;
      return [
        {
          cause: "goaway-mishandled",
          variant,
          confidence,
          initiator: "client",
          at: instantOfLine(group),
          trails: [],
          named: namedBy(group),
          evidence: wordsShown(group, says),
          summary: `${line.log.file} tells ${group.length === 1 ? "once" : `${group.length} times`}: ${says}. A GOAWAY with NO_ERROR is a planned end. ${whatMayBeRepeated(line.said.lastStream)}`,
          ruledOut: [{ cause: "goaway-planned", because: "a request failed with it, by the client's doing" }],
          refutedBy:
            "a capture or a log of frames in which the GOAWAY carries an error code, or the request's repetition by the program itself",
          ...(confidence === "certain" ? {} : { next: NEXT }),
          symptoms: ["goaway-reported", "request-lost"],
        },
      ];
    },
  );
}

const NEXT =
  "Run the client with TLS keys logged (SSLKEYLOGFILE; Node: --tls-keylog) and capture at its host, or log its frames (Go: GODEBUG=http2debug=2): the GOAWAY's code and last stream decide";

import { SECOND } from "../../net/time.ts";
import { type FoundLine, firstInstant, lineShown, linesThat } from "../log-lines.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";
import { synsShown } from "../syn-evidence.ts";
import { type Attempt, attemptsOf, toldOnce } from "../syn-queries.ts";

/** Lines and attempts shown. */
const MOST_LINES = 6;
const MOST_ATTEMPTS = 3;
/** The kernel limits how often it says so: what fails this long around a line fails for the same reason. */
const AROUND = 30 * SECOND;

/** The kernel says that it drops packets because its table of connections is full. */
export function tableFull(scene: Scene): Finding[] {
  const lines = linesThat(scene, (text) =>
    /nf_conntrack: (?:nf_conntrack: )?table full,? dropping packet/i.test(text)
      ? { said: true as const, named: { client: undefined, server: undefined } }
      : undefined,
  );
  if (lines.length === 0) return [];
  const lost = scene.vantages.flatMap((v) =>
    toldOnce(scene, attemptsOf(v), (a) => a.silent && isNear(scene, a, lines)),
  );
  const [first] = lost;
  const at = first === undefined ? firstInstant(scene, lines) : first.syns[0].time;
  return [
    {
      cause: "conntrack-entry-lost",
      variant: "table-full",
      confidence: "certain",
      initiator: "balancer",
      at,
      trails: lost.map((a) => a.trail),
      evidence: [
        ...lost.slice(0, MOST_ATTEMPTS).flatMap((a) => synsShown(a, 2)),
        ...lines
          .slice(0, MOST_LINES)
          .map((line) => lineShown(line, "the table of connections is full: the kernel drops packets of new ones")),
      ],
      summary: `The table of tracked connections was full on the host that wrote ${(lines[0] as FoundLine<true>).log.file}: its kernel dropped packets of new connections${lost.length === 0 ? "" : `, among them the ${lost.length} unanswered attempts shown`}.`,
      ruledOut: [{ cause: "syn-blackhole", because: "the kernel itself says that it drops, and why" }],
      refutedBy: "an answer to these SYNs, or another host's log",
      symptoms: ["connect-timeout"],
    },
  ];
}

function isNear(scene: Scene, { vantage, syns }: Attempt, lines: readonly FoundLine<true>[]): boolean {
  return syns.some(({ time }) => {
    const at = scene.toCommon(vantage, time);
    return lines.some((line) => line.at !== undefined && Math.abs(Number(line.at - at)) <= AROUND);
  });
}

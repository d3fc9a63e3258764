import { printable } from "../../net/printable.ts";
import { captureAt } from "../capture-advice.ts";
import { lossesOf } from "../log-losses.ts";
import { isUnanswered, lineOf, namedBy, near, quote, some } from "../log-queries.ts";
import { insertFailures } from "../logged-counters.ts";
import { counted, pointLines, seriesNamed } from "../metric-series.ts";
import type { Scene } from "../scene.ts";
import type { Finding, LogEvidence } from "../signature.ts";

/** A metric's period and a connect's patience, in nanoseconds. */
const PERIOD = 150e9;

/**
 * A translating box that says itself that it had no port: AWS counts it (`PortAllocationErrorCount` of a network balancer,
 * `ErrorPortAllocation` of a NAT gateway), Linux counts connections that it could not enter (`conntrack -S` insert_failed; also
 * counted for two entries that clash, so that only time-outs of new connections beside it say what was lost).
 */
export function exhaustionByLogs(scene: Scene): Finding[] {
  const silent = lossesOf(scene).filter(isUnanswered);
  const errors = seriesNamed(scene, /PortAllocationError|ErrorPortAllocation/i);
  const points = errors === undefined ? [] : counted(errors);
  const inserts = insertFailures(scene);
  if (points.length === 0 && (inserts === undefined || silent.length < 2)) return [];
  const lost = points.length === 0 ? silent : silent.filter((l) => points.some((p) => near(p.at, l.at, PERIOD)));
  const said: readonly LogEvidence[] =
    points.length > 0
      ? pointLines(points, `connections that found no port (${printable(errors?.name.slice(0, 60) ?? "")})`)
      : [inserts?.evidence as LogEvidence];
  const many = points.length > 0 ? `${errors?.total} connections` : `${inserts?.by} connections`;
  const tried = lost.length === 0 ? "" : `, and ${lost.length} attempts to connect timed out`;
  const certain = points.length > 0 && lost.length > 0;
  return [
    {
      cause: "snat-port-exhaustion",
      variant: "from-logs",
      confidence: certain ? "certain" : "likely",
      initiator: "balancer",
      at: points[0]?.at ?? lost[0]?.at ?? 0n,
      trails: [],
      named: namedBy(lost),
      evidence: [
        ...said,
        ...some(lost, 6).map((loss) => lineOf(loss, `no answer to the attempt: ${quote(loss.text)}`)),
      ],
      summary: `A translating box could not set up ${many}: it had no source port left towards that server${tried}.`,
      ruledOut: [{ cause: "syn-blackhole", because: "the box counts connections that it could not translate" }],
      refutedBy: "free ports in the box's table (`conntrack -L`) at that time, or one of these SYNs leaving the box",
      ...(certain
        ? {}
        : {
            next: captureAt(
              "the translating box, on both sides",
              "tcp[tcpflags] & tcp-syn != 0",
              "shows SYNs that enter and do not leave",
            ),
          }),
      symptoms: ["connect-timeout"],
    },
  ];
}

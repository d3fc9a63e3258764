import { printSpan, SECOND } from "../../net/time.ts";
import { captureAt } from "../capture-advice.ts";
import type { LogLoss } from "../log-losses.ts";
import { isCut, lineOf, near, quote, some } from "../log-queries.ts";
import { counted, type Point, pointLines, type Series, seriesNamed } from "../metric-series.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";

/** A period of CloudWatch as mostly asked for: what is counted in it may be written a little before or after. */
const PERIOD = 90 * SECOND;

/**
 * RSTs that a network balancer counted as its own (`TCP_ELB_Reset_Count`) while its targets sent none: it forgets
 * a connection after its idle timeout and resets the next packet (AWS, "Network Load Balancers", connection idle timeout, and
 * its CloudWatch metrics, read 2026-11). The clients' own count may rise with it, and so it does where two connections
 * collide: then only losses in the same minutes that waited for no answer make it likely.
 */
export function balancerResets(scene: Scene, losses: readonly LogLoss[], told: readonly Finding[]): readonly Finding[] {
  const elb = seriesNamed(scene, /TCP_ELB_Reset_Count/i);
  if (elb === undefined || elb.total <= 0 || told.length > 0) return [];
  const target = seriesNamed(scene, /TCP_Target_Reset_Count/i);
  const client = seriesNamed(scene, /TCP_Client_Reset_Count/i);
  const unhealthy = seriesNamed(scene, /UnHealthyHostCount/i);
  const points = counted(elb);
  // An unhealthy or deregistered target makes the balancer reset as well.
  if (target === undefined || unhealthyAt(unhealthy, points) || follows(target, points)) return [];
  const lost = losses.filter((loss) => isFit(loss) && points.some((p) => near(p.at, loss.at, PERIOD)));
  const alone = client === undefined || !follows(client, points);
  if (!alone && lost.length === 0) return [];
  const [first] = points as [Point, ...Point[]];
  const sure = lost.length > 0 && 2 * lost.length >= losses.filter(isFit).length;
  const others = `targets ${target.total}${client === undefined ? "" : `, clients ${client.total}`}`;
  return [
    {
      cause: "silent-idle-drop",
      variant: "reset-on-next-packet",
      confidence: sure ? "likely" : "possible",
      initiator: "balancer",
      at: first.at ?? lost[0]?.at ?? 0n,
      trails: [],
      named: lost
        .flatMap(({ local, remote }) => (remote === undefined ? [] : [{ client: local, server: remote }]))
        .slice(0, 20),
      evidence: [
        ...pointLines(points, `RSTs that the balancer itself sent (${others})`),
        ...some(lost, 6).map((loss) =>
          lineOf(loss, `failed in a period in which the balancer reset: ${quote(loss.text)}`),
        ),
      ],
      summary: `A network balancer sent ${elb.total} RSTs of its own in ${points.length} periods (${others})${lost.length === 0 ? "" : `, and ${lost.length} requests failed in those periods`}: it had forgotten connections that were silent for longer than its idle timeout (350 s as shipped), and reset the next packet.`,
      ruledOut: [
        { cause: "process-gone", because: "the targets sent no RST in those periods" },
        { cause: "peer-vanished", because: "a RST came, and the balancer counts it as its own" },
      ],
      refutedBy:
        "RSTs of the balancer on connections that had carried data within its idle timeout, or targets that were deregistered at those times",
      next: captureAt(
        "a client of the balancer",
        "tcp[tcpflags] & (tcp-rst|tcp-syn) != 0",
        `shows whether each RST follows a silence of more than ${printSpan(350 * SECOND)}`,
      ),
      symptoms: ["connection-reset"],
    },
  ];
}

/** What a reset after a silence looks like to whoever sent: a cut, or a gateway's error, or a time-out of one that repeats. */
const isFit = (loss: LogLoss): boolean =>
  isCut(loss) ||
  loss.status === 502 ||
  loss.status === 504 ||
  (loss.stage === "exchange" && loss.error === "timed-out");

/** Rises with the balancer's count: in at least half of its periods, too. */
function follows({ points }: Series, periods: readonly Point[]): boolean {
  const with_ = periods.filter((p) => points.some((q) => q.value > 0 && near(p.at, q.at, SECOND)));
  return 2 * with_.length >= periods.length;
}

function unhealthyAt(series: Series | undefined, periods: readonly Point[]): boolean {
  return series !== undefined && follows(series, periods);
}

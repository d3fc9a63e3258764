import { captureAt } from "../capture-advice.ts";
import { counted, pointLines, seriesNamed } from "../metric-series.ts";
import type { Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";

/** RSTs that a balancer counted as its own, where no log tells of a loss: something was reset. */
export function countedLosses(scene: Scene, told: boolean): Finding[] {
  const elb = seriesNamed(scene, /TCP_ELB_Reset_Count/i);
  const points = elb === undefined ? [] : counted(elb);
  const [first] = points;
  if (elb === undefined || first === undefined || told) return [];
  const client = seriesNamed(scene, /TCP_Client_Reset_Count/i);
  const target = seriesNamed(scene, /TCP_Target_Reset_Count/i);
  const others = [
    ...(client === undefined ? [] : [`clients sent ${client.total}`]),
    ...(target === undefined ? [] : [`targets sent ${target.total}`]),
  ].join(", ");
  return [
    {
      cause: "inconclusive",
      variant: "metric-resets",
      confidence: "possible",
      initiator: "balancer",
      at: first.at ?? 0n,
      trails: [],
      evidence: pointLines(points, "RSTs that the balancer itself sent"),
      summary: `A network balancer sent ${elb.total} RSTs of its own${others === "" ? "" : ` (${others})`}. Why is not decided. Still possible: silent-idle-drop (it resets the first packet after its idle timeout, 350 s as shipped), target-deregistered (it resets the connections of a target that is taken out or unhealthy), backend-tuple-collision (clients' and balancer's resets rise together).`,
      ruledOut: [],
      refutedBy: "clients and applications that report no error in those periods",
      next: captureAt(
        "a client of the balancer",
        "tcp[tcpflags] & (tcp-rst|tcp-syn) != 0",
        "shows what came before each RST: a silence, or a second SYN from the same port",
      ),
      symptoms: ["connection-reset"],
    },
  ];
}

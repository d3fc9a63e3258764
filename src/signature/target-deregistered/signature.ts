import { SECOND } from "../../net/time.ts";
import type { LogLoss } from "../log-losses.ts";
import { type Moment, momentLine } from "../log-moments.ts";
import { instantOfLosses, lineOf, namedBy, nextCapture, placeIn, quote, some } from "../log-queries.ts";
import type { Scene } from "../scene.ts";
import type { Finding, Signature } from "../signature.ts";
import { type Removal, removalsOf } from "./removal.ts";

export const signature: Signature = {
  id: "target-deregistered",
  kind: "incident",
  title: "A target was taken out of service with connections open, or ended before its balancer stopped sending to it",
  symptoms: ["connection-reset", "connection-refused", "unexpected-eof", "bad-gateway", "request-timeout"],
  certainFrom:
    "logs of the target or its orchestrator and of who sent to it, on one clock; packets show only that connections ended",
  remedy:
    "Take the target out first and end it last: fail its readiness or deregister it, wait until the balancer has noticed (a preStop sleep of its health-check or endpoint delay), answer with `Connection: close` or GOAWAY, finish what is in flight, then exit. The deregistration delay must be longer than the longest request, and the grace period of the process longer than both.",
  references: [
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#deregistration-delay (300 s)",
    "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination (endpoints are removed while the process is already told to stop)",
    "https://github.com/kubernetes/kubernetes/issues/43576",
  ],
  detect: (scene) => removalsOf(scene).map(findingOf(scene)),
};

const findingOf =
  (_scene: Scene) =>
  (removal: Removal): Finding => {
    const { history, moment, losses, early } = removal;
    const [first] = losses;
    const apart = losses.length === 1 ? "a request or connection" : `${losses.length} requests or connections`;
    return {
      cause: signature.id,
      variant: early ? "terminated-too-early" : "deregistered",
      confidence: losses.length >= 2 && removal.worked ? "likely" : "possible",
      initiator: "server",
      at: instantOfLosses(losses),
      trails: [],
      named: namedBy(losses),
      evidence: [
        momentLine(
          moment,
          `${early ? "the process is told to stop, or stops" : "the target is taken out"}: ${quote(moment.text)}`,
        ),
        ...some(losses).map((loss) => lineOf(loss, showsOf(moment, loss))),
      ],
      summary: early
        ? `The process behind ${placeIn(history)} was told to stop while requests still went there: ${apart} failed in the seconds after. ${quote(first.text)}.`
        : `A target behind ${placeIn(history)} was taken out of service with connections open: ${apart} failed together${removal.delayed ? " at the end of the deregistration delay" : " right afterwards"}. ${quote(first.text)}.`,
      ruledOut: [
        { cause: "process-gone", because: "the end was ordered: a log tells of it just before" },
        { cause: "keep-alive-race", because: "the losses cluster at that moment" },
      ],
      refutedBy: "the same losses at times at which nothing was stopped or taken out",
      next: nextCapture(first, "shows which connections end at that moment, and whether new ones still arrive"),
      symptoms: [symptomOf(first)],
    };
  };

function showsOf(moment: Moment, loss: LogLoss): string {
  if (moment.at === undefined || loss.at === undefined) return `lost: ${quote(loss.text)}`;
  const after = Math.max(0, Number(loss.at - moment.at)) / SECOND;
  return `lost ${after.toFixed(after < 10 ? 1 : 0)} s later: ${quote(loss.text)}`;
}

function symptomOf({ stage, error, status }: LogLoss): string {
  if (stage === "connect" && error === "refused") return "connection-refused";
  if (status === 502) return "bad-gateway";
  if (error === "timed-out") return "request-timeout";
  return error === "reset" ? "connection-reset" : "unexpected-eof";
}

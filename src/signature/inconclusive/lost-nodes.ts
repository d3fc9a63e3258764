import type { NodeStatus } from "../../log/content.ts";
import type { LogEntry } from "../../log/entry.ts";
import { SYMPTOMS } from "../../log/symptoms.ts";
import { printable } from "../../net/printable.ts";
import { captureAt } from "../capture-advice.ts";
import type { LogLoss } from "../log-losses.ts";
import { MOST_QUOTED, quote, some } from "../log-queries.ts";
import type { Log, Scene } from "../scene.ts";
import type { Finding } from "../signature.ts";

interface Told {
  readonly log: Log;
  readonly entry: LogEntry;
  readonly status: NodeStatus;
}

/** Nodes that a controller gave up, where no line says that a connection was lost: the nodes or the way of their news. */
export function lostNodes(scene: Scene, losses: readonly LogLoss[]): Finding[] {
  if (losses.length > 0) return [];
  const told = scene.logs.flatMap((log) =>
    log.entries.flatMap((entry): Told[] => {
      const { content } = entry;
      const down = content.kind === "node-status" && (content.status === "not-ready" || content.status === "unknown");
      return down ? [{ log, entry, status: content }] : [];
    }),
  );
  const [first] = told;
  if (first === undefined) return [];
  const symptom = SYMPTOMS.find(({ id }) => id === "node-not-ready");
  const nodes = new Set(told.map(({ status }) => status.node));
  return [
    {
      cause: "inconclusive",
      variant: "log-node-not-ready",
      confidence: "possible",
      initiator: "unknown",
      at: first.log.instantOf(first.entry) ?? 0n,
      trails: [],
      evidence: some(told, MOST_QUOTED).map(({ log, entry, status }) => ({
        log: log.index,
        line: entry.line,
        shows: quote(status.text),
      })),
      summary: `${nodes.size === 1 ? `Node ${printable(first.status.node.slice(0, 80))} was` : `${nodes.size} nodes were`} given up: ${quote(first.status.text)}. ${symptom?.meaning ?? ""} Why is not decided. Still possible: slow-health-check, backend-tuple-collision, peer-vanished, or nodes that were really down.`,
      ruledOut: [],
      refutedBy: "nodes that were switched off at that time",
      next: `${captureAt("kube-controller-manager's host", "tcp port 6443 or tcp port 443", "shows whether its watch was dead")}. And take the API server's audit log: it shows whether the kubelets went on renewing their leases.`,
      symptoms: ["node-not-ready"],
    },
  ];
}

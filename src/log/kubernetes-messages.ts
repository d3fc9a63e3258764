import type { LogContent, NodeStatus } from "./content.ts";
import { errorWord } from "./error-word.ts";
import { readGoDuration } from "./go-text.ts";
import { readKlogFields } from "./klog-fields.ts";

/**
 * What kube-controller-manager, kubelet, kube-apiserver and client-go say about watches, leases and
 * nodes, in the old wording and in structured logging (client-go tools/cache/reflector.go, kubernetes
 * pkg/controller/nodelifecycle, component-helpers apimachinery/lease, kubelet_node_status.go).
 * The message comes without klog's header.
 */
export function readKubernetesMessage(message: string): LogContent | undefined {
  if (!WORTH.test(message)) return undefined;
  return watch(message) ?? node(message) ?? lease(message);
}

const WORTH = /watch|lease|node|reflector/i;

function watch(text: string): LogContent | undefined {
  const ended = /watch of (\S{1,120}) ended with: (.*)$/.exec(text);
  if (ended !== null) return watchEnd("error", ended[1], text, ended[2]);
  if (text.startsWith('"Warning: watch ended with error"') || text.startsWith('"watch ended with error"')) {
    const fields = readKlogFields(text);
    return watchEnd("error", fields.get("type"), text, fields.get("err"));
  }
  if (text.startsWith('"Watch closed with unexpected EOF"')) {
    return watchEnd("error", readKlogFields(text).get("type"), text, "unexpected EOF");
  }
  if (text.startsWith('"Watch close"')) return watchEnd("closed", readKlogFields(text).get("type"), text, undefined);
  if (text.startsWith('"Failed to watch"')) {
    const fields = readKlogFields(text);
    return watchEnd("failed-to-start", fields.get("type"), text, fields.get("err"));
  }
  const failed = /Failed to watch (\S{1,120}): (.*)$/.exec(text);
  if (failed !== null) return watchEnd("failed-to-start", failed[1], text, failed[2]);
  const short = text.includes("very short watch: ") && text.includes("Unexpected watch close");
  if (short) return watchEnd("error", undefined, text, "EOF");
  const closed = /Watch close - (\S{1,120}) total \d+ items received/.exec(text);
  return closed === null ? undefined : watchEnd("closed", closed[1], text, undefined);
}

function watchEnd(
  outcome: "error" | "closed" | "failed-to-start",
  resource: string | undefined,
  text: string,
  error: string | undefined,
): LogContent {
  const word = error === undefined ? undefined : (errorWord(error) ?? "other");
  return { kind: "watch-ended", resource, outcome, error: word, text };
}

function node(text: string): NodeStatus | undefined {
  const stale = /^node (\S{1,253}) hasn't been updated for (\S{1,40})\. /.exec(text);
  if (stale !== null) return status(stale[1], "stale", text, stale[2]);
  if (text.startsWith('"Node hasn\'t been updated"')) {
    const fields = readKlogFields(text);
    return status(fields.get("node"), "stale", text, fields.get("duration"));
  }
  if (text.startsWith('"Recording status change event message for node"')) {
    const fields = readKlogFields(text);
    return status(fields.get("node"), readiness(fields.get("status")), text);
  }
  const old = /Recording status change (\S{1,40}) event message for node (\S{1,253})/.exec(text);
  if (old !== null) return status(old[2], readiness(old[1]), text);
  const event = /Node (\S{1,253}) status is now: (\w{1,40})/.exec(text);
  if (event !== null) return status(event[1], readiness(event[2]), text);
  if (text.startsWith('"Node is unresponsive')) return status(readKlogFields(text).get("node"), "unknown", text);
  const unresponsive = /Node (\S{1,253}) is unresponsive as of/.exec(text);
  return unresponsive === null ? undefined : status(unresponsive[1], "unknown", text);
}

function readiness(word: string | undefined): NodeStatus["status"] {
  if (word === "NodeReady" || word === "Ready") return "ready";
  return word === "NodeNotReady" || word === "NotReady" ? "not-ready" : "unknown";
}

function status(
  node: string | undefined,
  status: NodeStatus["status"],
  text: string,
  span?: string,
): NodeStatus | undefined {
  if (node === undefined || node === "") return undefined;
  const silentFor = span === undefined ? undefined : readGoDuration(span);
  return { kind: "node-status", node, status, silentFor, text };
}

const LEASE_FAILED =
  /(?:failed to (?:update|ensure|renew)|error (?:retrieving resource lock|updating)).{0,80}?lease|failed to (?:update|ensure) lease|leader ?election lost|failed to renew lease/i;

function lease(text: string): LogContent | undefined {
  const election =
    /^(?:error retrieving resource lock|Failed to renew lease|failed to renew lease) (\S{1,200}?)\/(\S{1,253}?):/.exec(
      text,
    );
  if (election === null && !LEASE_FAILED.test(text)) return undefined;
  const path = /namespaces\/([\w.-]{1,253})\/leases\/([\w.-]{1,253})/.exec(text);
  return {
    kind: "lease",
    name: path?.[2] ?? election?.[2],
    namespace: path?.[1] ?? election?.[1],
    outcome: "failed",
    status: undefined,
    error: errorWord(text) ?? "other",
    text,
  };
}

import type { LogContent } from "./content.ts";
import { entryOf, type LogEntry } from "./entry.ts";
import { type JsonObject, listField, numberField, objectField, parseJsonObject, textField } from "./json-value.ts";
import { readTime } from "./line-time.ts";
import { type LogParser, lineParser } from "./parser.ts";
import { endpointOf } from "./read-endpoint.ts";
import { requestOf } from "./request-of.ts";

/**
 * Kubernetes audit log, one event a line (audit.k8s.io/v1). An update of a node's lease is its heartbeat:
 * while these go on, the kubelet lives, whatever a controller believes.
 */
export function kubernetesAuditParser(): LogParser {
  return lineParser(readKubernetesAudit);
}

export function readKubernetesAudit(line: string, number: number): LogEntry | undefined {
  if (!line.startsWith("{") || !line.includes("audit.k8s.io")) return undefined;
  const event = parseJsonObject(line);
  if (event === undefined || textField(event, "kind") !== "Event") return undefined;
  const time = readTime(textField(event, "stageTimestamp") ?? textField(event, "requestReceivedTimestamp") ?? "");
  return entryOf(number, contentOf(event), { time, program: "kube-apiserver" });
}

const RENEWING = new Set(["update", "patch", "create"]);

function contentOf(event: JsonObject): LogContent {
  const object = objectField(event, "objectRef") ?? {};
  const response = objectField(event, "responseStatus");
  const status = response === undefined ? undefined : numberField(response, "code");
  const verb = textField(event, "verb");
  if (textField(object, "resource") === "leases" && RENEWING.has(verb ?? "") && status !== undefined) {
    const outcome = status < 300 ? "renewed" : "failed";
    const text = textField(event, "requestURI") ?? "";
    const [name, namespace] = [textField(object, "name"), textField(object, "namespace")];
    return { kind: "lease", name, namespace, outcome, status, error: undefined, text };
  }
  const from = listField(event, "sourceIPs").find((ip) => typeof ip === "string");
  const received = readTime(textField(event, "requestReceivedTimestamp") ?? "");
  const ended = readTime(textField(event, "stageTimestamp") ?? "");
  const whole = received?.kind === "instant" && ended?.kind === "instant" ? ended.at - received.at : undefined;
  return requestOf({
    client: typeof from === "string" ? endpointOf(from, "0") : undefined,
    method: verb,
    target: textField(event, "requestURI"),
    status,
    duration: whole === undefined ? undefined : Number(whole),
    termination: textField(event, "stage") === "Panic" ? "Panic" : undefined,
    userAgent: textField(event, "userAgent"),
    startedAt: received?.kind === "instant" ? received.at : undefined,
  });
}

import type { SettingKey } from "../../setting.ts";
import { type HopNotes, type Reading, shown, type Written } from "../reading.ts";
import type { Spot } from "../spot.ts";
import { count, flag, type Parse, seconds } from "../units.ts";
import { kindOf, preservationOf, readAttribute } from "./attributes.ts";

const SERVICE = "service.beta.kubernetes.io/aws-load-balancer-";
const INGRESS = "alb.ingress.kubernetes.io/";

/** `key=value,key=value` of an annotation, each as one attribute; the annotation is the key that a person changes. */
function readList(hop: HopNotes, annotation: string, { line, text = "" }: Spot): void {
  for (const part of text.slice(0, 4000).split(",")) {
    const [key = "", value = ""] = part.split("=").map((word) => word.trim());
    const written: Written = { line, key: `${annotation}: ${key}`, text: value };
    if (value !== "") readAttribute(hop, key, written);
  }
}

const CHECKS: ReadonlyMap<string, readonly [SettingKey, Parse]> = new Map([
  ["healthcheck-interval", ["healthCheckIntervalMs", seconds]],
  ["healthcheck-timeout", ["healthCheckTimeoutMs", seconds]],
  ["healthcheck-healthy-threshold", ["healthyThreshold", count]],
  ["healthcheck-unhealthy-threshold", ["unhealthyThreshold", count]],
  ["healthcheck-interval-seconds", ["healthCheckIntervalMs", seconds]],
  ["healthcheck-timeout-seconds", ["healthCheckTimeoutMs", seconds]],
  ["healthy-threshold-count", ["healthyThreshold", count]],
  ["unhealthy-threshold-count", ["unhealthyThreshold", count]],
  ["cross-zone-load-balancing-enabled", ["crossZone", flag]],
  ["connection-draining-timeout", ["deregistrationDelayMs", seconds]],
]);

/** Annotations of a Service that the AWS Load Balancer Controller or the older in-tree provider obey. */
export function readServiceAnnotations(reading: Reading, name: string, annotations: Spot, spec?: Spot): void {
  const mine = annotations.entries().filter(([key]) => key.startsWith(SERVICE));
  const loadBalancerClass = spec?.get("loadBalancerClass")?.text;
  if (mine.length === 0 && loadBalancerClass !== "service.k8s.aws/nlb") return;
  const type = annotations.get(`${SERVICE}type`)?.text;
  const network =
    loadBalancerClass === "service.k8s.aws/nlb" || type === "nlb" || type === "nlb-ip" || type === "external";
  const product = network ? "aws-nlb" : "aws-clb";
  if (!network)
    reading.assume(
      annotations.line,
      `${name} has no aws-load-balancer-type that names a network balancer: taken for a classic one`,
    );
  const hop = reading.hop({ name, product, ...kindOf(product), line: annotations.line, key: annotations.path });
  for (const [key, spot] of mine) readServiceAnnotation(hop, key, spot);
  if (network) readControllerDefaults(hop, annotations, type, spec?.get("loadBalancerClass"));
}

/**
 * What the AWS Load Balancer Controller sets where its annotations are silent (docs/guide/service/annotations.md of
 * kubernetes-sigs/aws-load-balancer-controller@225f4456): health checks, and with a loadBalancerClass the target type `instance`.
 */
function readControllerDefaults(
  hop: HopNotes,
  annotations: Spot,
  type: string | undefined,
  byClass: Spot | undefined,
): void {
  const from = annotations.get(`${SERVICE}type`)?.called(`${SERVICE}type`) ?? byClass;
  if (from === undefined || type === "nlb") return;
  hop.derive("healthCheckIntervalMs", 10_000, from);
  hop.derive("healthCheckTimeoutMs", 10_000, from);
  hop.derive("healthyThreshold", 3, from);
  hop.derive("unhealthyThreshold", 3, from);
  const target = annotations.get(`${SERVICE}nlb-target-type`);
  const kind = target?.text ?? (type === "nlb-ip" ? "ip" : byClass === undefined ? undefined : "instance");
  const preserved = preservationOf(kind, "TCP");
  if (preserved !== undefined)
    hop.derive("clientIpPreservation", preserved, target?.called(`${SERVICE}nlb-target-type`) ?? from);
}

function readServiceAnnotation(hop: HopNotes, key: string, spot: Spot): void {
  const name = key.slice(SERVICE.length);
  const at = spot.called(key);
  const check = CHECKS.get(name);
  if (check !== undefined) hop.take(check[0], at, check[1]);
  else if (name === "connection-idle-timeout")
    hop.take(["idleTimeoutMs", "poolIdleTimeoutMs", "streamIdleTimeoutMs"], at, seconds);
  else if (name === "attributes" || name === "target-group-attributes" || name.startsWith("listener-attributes."))
    readList(hop, key, spot);
}

/** Annotations of an Ingress that the AWS Load Balancer Controller obeys. */
export function readAlbAnnotations(reading: Reading, name: string, annotations: Spot): void {
  const mine = annotations.entries().filter(([key]) => key.startsWith(INGRESS));
  if (mine.length === 0) return;
  const hop = reading.hop({
    name,
    product: "aws-alb",
    role: "proxy",
    layer: 7,
    line: annotations.line,
    key: annotations.path,
  });
  for (const [key, spot] of mine) {
    const word = key.slice(INGRESS.length);
    const check = CHECKS.get(word);
    if (check !== undefined) hop.take(check[0], spot.called(key), check[1]);
    else if (/^(?:load-balancer|target-group)-attributes$|^listener-attributes\./.test(word)) readList(hop, key, spot);
    else if (word.startsWith("actions.")) reading.ignore(spot.line, `${shown(key)} was not used`);
  }
}

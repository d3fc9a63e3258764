import { readAlbAnnotations, readServiceAnnotations } from "../aws/annotations.ts";
import type { Reading } from "../reading.ts";
import type { Spot } from "../spot.ts";
import { minutes } from "../units.ts";
import { readIngressNginxAnnotations } from "./ingress-nginx.ts";
import type { KubernetesObject } from "./kubernetes.ts";

const AZURE = "service.beta.kubernetes.io/azure-load-balancer-";

/** Ingress: annotations of the AWS Load Balancer Controller and of ingress-nginx. */
export function readIngress({ reading, name, root }: KubernetesObject): void {
  const annotations = root.get("metadata", "annotations");
  if (annotations !== undefined) readEntranceAnnotations(reading, `Ingress ${name}`, annotations);
}

/** Service: annotations of clouds' balancers. */
export function readService({ reading, name, root }: KubernetesObject): void {
  const annotations = root.get("metadata", "annotations");
  const spec = root.get("spec");
  if (annotations === undefined) return;
  readServiceAnnotations(reading, `Service ${name}`, annotations, spec);
  readAzure(reading, `Service ${name}`, annotations);
}

/** Annotations wherever they stand, in charts too. */
export function readEntranceAnnotations(reading: Reading, name: string, annotations: Spot): void {
  readAlbAnnotations(reading, name, annotations);
  readIngressNginxAnnotations(reading, name, annotations);
}

/**
 * What the Azure cloud provider makes of a Service: `tcp-idle-timeout` in minutes (Microsoft's page on AKS load balancers, read
 * 2026-11-21), and TCP resets at expiry, which are always on for a Standard load balancer since Kubernetes 1.20
 * (reconcileLoadBalancerRule and getExpectedLBRules in pkg/provider/azure_loadbalancer.go of kubernetes-sigs/cloud-provider-azure).
 */
export function readAzure(reading: Reading, name: string, annotations: Spot): void {
  const [first] = annotations.entries().filter(([key]) => key.startsWith(AZURE));
  if (first === undefined) return;
  const hop = reading.hop({
    name,
    role: "box",
    layer: 4,
    product: "azure-load-balancer",
    line: annotations.line,
    key: annotations.path,
    onlyWithSettings: true,
  });
  const idle = `${AZURE}tcp-idle-timeout`;
  const at = annotations.get(idle);
  hop.take("idleTimeoutMs", at?.called(idle), minutes);
  hop.derive("resetsOnExpiry", 1, at?.called(idle) ?? first[1].called(first[0]));
  reading.assume(annotations.line, `${name} is taken for a Standard load balancer, which resets both ends at expiry`);
  const off = annotations.get(`${AZURE}disable-tcp-reset`);
  if (off !== undefined) reading.ignore(off.line, `${AZURE}disable-tcp-reset was removed in Kubernetes 1.20`);
}

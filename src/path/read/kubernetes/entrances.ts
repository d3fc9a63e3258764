import { readAlbAnnotations, readServiceAnnotations } from "../aws/annotations.ts";
import type { Reading } from "../reading.ts";
import type { Spot } from "../spot.ts";
import { flag, minutes } from "../units.ts";
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

export function readAzure(reading: Reading, name: string, annotations: Spot): void {
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
  hop.take("idleTimeoutMs", annotations.get(idle)?.called(idle), minutes);
  const off = `${AZURE}disable-tcp-reset`;
  hop.take("resetsOnExpiry", annotations.get(off)?.called(off), (text) =>
    flag(text) === undefined ? undefined : 1 - (flag(text) ?? 0),
  );
}

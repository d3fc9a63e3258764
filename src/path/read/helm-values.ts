import { readServiceAnnotations } from "./aws/annotations.ts";
import type { Format } from "./file-reader.ts";
import { readAzure, readEntranceAnnotations } from "./kubernetes/entrances.ts";
import { isIngressNginxConfig, readIngressNginxConfig } from "./kubernetes/ingress-nginx.ts";
import { LIMITS } from "./limits.ts";
import type { Reading } from "./reading.ts";
import type { Spot } from "./spot.ts";
import { readTrees } from "./trees.ts";

export const helmValues: Format = {
  id: "helm-values",
  title: "Helm values: the ingress-nginx chart's controller.config, annotations of services and ingresses in any chart",
  recognise: (name, head) => {
    if (head.startsWith("#!")) return 0;
    if (/^\s*apiVersion:/m.test(head) && /^\s*kind:/m.test(head)) return 0;
    const nginx =
      /^\s*controller:/m.test(head) && /^\s+config:/m.test(head) && /^\s+["']?[a-z]+(?:-[a-z]+)+["']?:/m.test(head);
    const annotations = /(?:service\.beta\.kubernetes\.io|(?:alb|nginx)\.ingress\.kubernetes\.io)\//.test(head);
    if (/^values(?:[.-][\w.-]+)?\.ya?ml$/.test(name)) return nginx || annotations ? 0.9 : 0.4;
    return nginx ? 0.6 : annotations ? 0.5 : 0;
  },
  read: (reading, text) => {
    for (const root of readTrees(reading, text)) visit(reading, root, { left: LIMITS.nodes / 10 }, 0);
  },
};

/** Charts nest their values in their own ways: the names `controller.config` and `annotations` are looked for everywhere. */
function visit(reading: Reading, spot: Spot, visits: { left: number }, depth: number): void {
  if (--visits.left < 0 || depth > 8) return;
  const config = spot.get("controller", "config");
  if (config !== undefined && isIngressNginxConfig(config)) readController(reading, config);
  for (const [key, inner] of spot.entries()) {
    if (/annotations$/i.test(key)) readAnnotations(reading, inner);
    visit(reading, inner, visits, depth + 1);
  }
}

function readController(reading: Reading, config: Spot): void {
  const hop = reading.hop({
    name: config.path,
    role: "proxy",
    layer: 7,
    product: "ingress-nginx",
    line: config.line,
    key: config.path,
  });
  readIngressNginxConfig(reading, hop, config);
}

function readAnnotations(reading: Reading, annotations: Spot): void {
  readEntranceAnnotations(reading, annotations.path, annotations);
  readServiceAnnotations(reading, annotations.path, annotations);
  readAzure(reading, annotations.path, annotations);
}

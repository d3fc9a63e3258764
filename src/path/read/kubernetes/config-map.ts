import { embeddedFormat } from "../embedded.ts";
import { readPart } from "../file-reader.ts";
import { Reading, shown } from "../reading.ts";
import { Spot } from "../spot.ts";
import { readTrees } from "../trees.ts";
import { yamlTrees } from "../yaml-tree.ts";
import {
  isIngressNginxConfig,
  isNginxControllerConfig,
  readIngressNginxConfig,
  readNginxControllerConfig,
} from "./ingress-nginx.ts";
import { readMesh } from "./istio.ts";
import type { KubernetesObject } from "./kubernetes.ts";
import { readClusterConfiguration, readKubeletConfiguration, readKubeProxyConfiguration } from "./node-config.ts";

/** What a controller's ConfigMap says holds under the annotations of every Ingress. */
const BASE = { kind: "base", of: [] } as const;

/** ConfigMap: ingress-nginx's settings, or whole files of formats that are read. */
export function readConfigMap({ reading, name, root }: KubernetesObject): void {
  const data = root.get("data");
  if (data === undefined) return;
  const own = isNginxControllerConfig(data);
  if (own || isIngressNginxConfig(data)) {
    const product = own ? "nginx" : "ingress-nginx";
    const at = { line: data.line, key: data.path };
    const hop = reading.hop({ name: `ConfigMap ${name}`, role: "proxy", layer: 7, product, part: BASE, ...at });
    if (own) readNginxControllerConfig(reading, hop, data);
    else readIngressNginxConfig(reading, hop, data);
    return;
  }
  for (const [key, spot] of data.entries()) readFile(reading, name, key, spot);
}

function readFile(reading: Reading, name: string, key: string, spot: Spot): void {
  const { text, tree } = spot;
  if (text === undefined || tree.kind !== "scalar" || text.length < 20) return;
  if (key === "mesh") {
    const mesh = yamlTrees(text).trees[0];
    if (mesh !== undefined) {
      const part = new Reading(reading.file, spot.line);
      readMesh(part, name, new Spot(mesh));
      reading.add(part.finish(), "");
    }
    return;
  }
  const read = NODE_CONFIG.test(text) ? readNodeConfig : embeddedFormat(key, text)?.read;
  if (read === undefined) return;
  // The text of a block begins on the line after its key.
  const shift = tree.block ? tree.line : tree.line - 1;
  if (!tree.block)
    reading.assume(spot.line, `${shown(key, 60)} is a file in one string: its lines are counted from here`);
  reading.add(readPart(read, new Reading(reading.file, shift), text, {}), `ConfigMap ${name} ${shown(key, 60)}: `);
}

/** What kubeadm keeps in the ConfigMaps `kubelet-config`, `kube-proxy` and `kubeadm-config`. */
const NODE_CONFIG = /^kind:[ \t]*(?:KubeletConfiguration|KubeProxyConfiguration|ClusterConfiguration)[ \t\r]*$/m;

function readNodeConfig(reading: Reading, text: string): void {
  for (const root of readTrees(reading, text)) {
    const kind = root.get("kind")?.text ?? "";
    if (kind === "KubeletConfiguration") readKubeletConfiguration({ reading, kind, name: kind, root });
    else if (kind === "KubeProxyConfiguration") readKubeProxyConfiguration({ reading, kind, name: kind, root });
    else if (kind === "ClusterConfiguration") readClusterConfiguration(reading, root);
  }
}

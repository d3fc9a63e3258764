import type { Format } from "../file-reader.ts";
import { LIMITS } from "../limits.ts";
import { type Reading, shown } from "../reading.ts";
import type { Spot } from "../spot.ts";
import { readTrees } from "../trees.ts";
import { readConfigMap } from "./config-map.ts";
import { readIngress, readService } from "./entrances.ts";
import { readDestinationRule, readEnvoyFilter, readMesh, readVirtualService } from "./istio.ts";
import { readClusterConfiguration, readKubeletConfiguration, readKubeProxyConfiguration } from "./node-config.ts";
import { readWorkload } from "./workload.ts";

export const kubernetes: Format = {
  id: "kubernetes",
  title:
    "Kubernetes objects: workloads and static pods, Service, Ingress, ConfigMap, KubeletConfiguration, kubeadm, Istio DestinationRule, EnvoyFilter",
  recognise: (_, head) => {
    if (head.startsWith("#!")) return 0;
    const api = /^\s*(?:- )?apiVersion:/m.test(head) || /"apiVersion"\s*:/.test(head);
    const kind = /^\s*(?:- )?kind:/m.test(head) || /"kind"\s*:/.test(head);
    return api && kind ? 0.97 : 0;
  },
  read: (reading, text) => {
    for (const root of readTrees(reading, text)) readObject(reading, root, 0);
  },
};

export interface KubernetesObject {
  readonly reading: Reading;
  readonly kind: string;
  /** `namespace/name`, or the name alone. */
  readonly name: string;
  readonly root: Spot;
}

const READ: Readonly<Record<string, (object: KubernetesObject) => void>> = {
  ConfigMap: readConfigMap,
  DestinationRule: readDestinationRule,
  EnvoyFilter: readEnvoyFilter,
  VirtualService: readVirtualService,
  IstioOperator: ({ reading, root, name }) => readMesh(reading, name, root.get("spec", "meshConfig")),
  Ingress: readIngress,
  Service: readService,
  KubeletConfiguration: readKubeletConfiguration,
  KubeProxyConfiguration: readKubeProxyConfiguration,
  ClusterConfiguration: ({ reading, root }) => readClusterConfiguration(reading, root),
  KubeadmControlPlane: ({ reading, root }) =>
    readClusterConfiguration(reading, root.get("spec", "kubeadmConfigSpec", "clusterConfiguration")),
};

/** Kinds without timeouts of connections; others are named under what was ignored. */
const SILENT =
  /^(?:Namespace|Secret|ServiceAccount|(?:Cluster)?Role(?:Binding)?|CustomResourceDefinition|PersistentVolume(?:Claim)?|StorageClass|(?:Mutating|Validating)WebhookConfiguration|HorizontalPodAutoscaler|PodDisruptionBudget|IngressClass|NetworkPolicy|PriorityClass|Event|Node|LimitRange|ResourceQuota|Lease|InitConfiguration|JoinConfiguration|APIService)$/;

function readObject(reading: Reading, root: Spot, depth: number): void {
  const kind = root.get("kind")?.text;
  if (kind === undefined) {
    if (root.tree.kind === "map" && root.tree.entries.size > 0) reading.ignore(root.line, "a document without a kind");
    return;
  }
  if (/List$/.test(kind) && root.get("items") !== undefined && depth < 3) {
    for (const item of root
      .get("items")
      ?.items()
      .slice(0, LIMITS.hops * 5) ?? [])
      readObject(reading, item, depth + 1);
    return;
  }
  const space = root.get("metadata", "namespace")?.text;
  const own = root.get("metadata", "name")?.text ?? "";
  const name = shown(space === undefined ? own : `${space}/${own}`, 120);
  const read = Object.hasOwn(READ, kind) ? READ[kind] : undefined;
  if (read !== undefined) read({ reading, kind, name, root });
  else if (!readWorkload({ reading, kind, name, root }) && !SILENT.test(kind)) {
    reading.ignore(root.get("kind")?.line ?? root.line, `kind ${shown(kind, 60)} is not read`);
  }
}

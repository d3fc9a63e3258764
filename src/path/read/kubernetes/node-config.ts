import { Flags } from "../argv.ts";
import { imageVersion } from "../program/container.ts";
import { readApiServer, readControllerManager } from "../program/kubernetes-parts.ts";
import type { Reading, Written } from "../reading.ts";
import { takeRows } from "../rows.ts";
import type { Spot } from "../spot.ts";
import { goDuration, seconds } from "../units.ts";
import type { KubernetesObject } from "./kubernetes.ts";

/** `KubeletConfiguration` (config/v1beta1/types.go of kubernetes/kubelet@63b32497). */
export function readKubeletConfiguration({ reading, root }: KubernetesObject): void {
  const at = { line: root.line, key: "KubeletConfiguration" };
  reading.hop({
    name: "kubelet as client",
    role: "client",
    layer: 7,
    product: "kubernetes-client",
    protocol: "http2",
    ...at,
  });
  const hop = reading.hop({ name: "kubelet", role: "detector", layer: 7, product: "kubelet", ...at });
  takeRows(hop, root, [
    ["nodeLeaseDurationSeconds", "nodeLeaseDurationMs", seconds],
    ["nodeStatusUpdateFrequency", "nodeStatusUpdateMs", goDuration],
  ]);
  const lease = hop.get("nodeLeaseDurationMs");
  const from = root.get("nodeLeaseDurationSeconds");
  // The kubelet renews after a quarter of the lease (renewIntervalFraction in pkg/kubelet/kubelet.go).
  if (lease !== undefined && from !== undefined) hop.derive("leaseRenewIntervalMs", lease.value / 4, from);
  for (const key of ["nodeStatusReportFrequency", "streamingConnectionIdleTimeout", "shutdownGracePeriod"]) {
    const other = root.get(key);
    if (other !== undefined) reading.ignore(other.line, `${key} is compared with nothing`);
  }
}

/** `KubeProxyConfiguration`: the host's connection tracking. */
export function readKubeProxyConfiguration({ reading, root }: KubernetesObject): void {
  const hop = reading.hop({
    name: "kube-proxy",
    role: "host",
    layer: 4,
    product: "linux",
    line: root.line,
    key: "KubeProxyConfiguration",
    onlyWithSettings: true,
  });
  const at = root.get("conntrack", "tcpEstablishedTimeout");
  if (at?.text !== "0s" && at?.text !== "0") hop.take("conntrackEstablishedMs", at, goDuration);
}

/** kubeadm's `ClusterConfiguration`: extra flags of the control plane, as a map (v1beta3) or a list (v1beta4). */
export function readClusterConfiguration(reading: Reading, root: Spot | undefined): void {
  const version = imageVersion(`:${root?.get("kubernetesVersion")?.text ?? ""}`);
  for (const [part, read] of [
    ["apiServer", readApiServer],
    ["controllerManager", readControllerManager],
  ] as const) {
    const component = root?.get(part);
    if (component === undefined) continue;
    const flags = new Flags(
      pairsOf(component.get("extraArgs")).map(({ key, text, line }) => ({ text: `--${key}=${text}`, line })),
    );
    const variables = pairsOf(component.get("extraEnvs"));
    const env = (name: string): Written | undefined => variables.findLast(({ key }) => key === name);
    read({ reading, name: component.path, line: component.line, key: component.path, flags, env, version });
  }
}

function pairsOf(spot: Spot | undefined): readonly Written[] {
  const map = (spot?.entries() ?? []).map(([key, { text, line }]) => ({ key, text, line }));
  const list = (spot?.items() ?? []).map((item) => {
    const value = item.get("value");
    return { key: item.get("name")?.text ?? "", text: value?.text, line: value?.line ?? item.line };
  });
  return [...map, ...list].flatMap(({ key, text, line }) =>
    text === undefined || key === "" ? [] : [{ key, text, line }],
  );
}

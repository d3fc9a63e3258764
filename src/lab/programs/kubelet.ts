import type { ClientsConfig } from "../../netns/program-configs.ts";
import type { Caller } from "./caller.ts";
import { keepPace, type Pace, wait } from "./pace.ts";
import { sayKlog } from "./say.ts";
import { textOf } from "./text-of.ts";
import { holdWatch } from "./watch.ts";

/** A node's agent: renews its lease, reports its status, watches. */
export async function runKubelet(
  node: string,
  callers: readonly Caller[],
  config: ClientsConfig,
  options: { readonly pace: Pace; readonly statusPace: Pace; readonly dice: () => number },
): Promise<void> {
  const first = callers[0];
  if (first === undefined || config.kubernetes === undefined) return;
  const write = async (method: string, path: string, body: object): Promise<void> => {
    try {
      const response = await first.client.request({
        method,
        path,
        headers: { ...first.headers, "content-type": "application/json" },
        body: JSON.stringify(body),
        timeoutMs: config.clients.requestTimeoutMs === 0 ? 60_000 : config.clients.requestTimeoutMs,
      });
      await response.bytes();
      if (response.status >= 300) throw new Error(`status ${response.status}`);
    } catch (error) {
      sayKlog(
        "E",
        "kubelet.ts:1",
        `failed to update ${path.includes("leases") ? "lease" : "node status"}, error: ${method} ${path}: ${textOf(error)}`,
      );
    }
  };
  const lease = (): Promise<void> =>
    write("PUT", `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node}`, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: node, namespace: "kube-node-lease" },
      spec: { holderIdentity: node, leaseDurationSeconds: 40, renewTime: microTime() },
    });
  const status = (): Promise<void> =>
    write("PATCH", `/api/v1/nodes/${node}/status`, {
      status: { conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: seconds() }] },
    });
  await write("POST", "/api/v1/nodes", {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: node },
    status: { conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: seconds() }] },
  });
  for (let i = 0; i < config.clients.watches.count; i += 1) {
    void holdWatch(first, {
      resource: "*v1.Node",
      path: "/api/v1/nodes?watch=true",
      watches: config.clients.watches,
      dice: options.dice,
      file: "kubelet.ts:2",
    });
  }
  void keepPace(options.statusPace, status);
  // Renewed at once, then at equal distances.
  await lease();
  await wait(options.pace.firstMs());
  await keepPace(options.pace, lease);
}

/** As Kubernetes' MicroTime. */
const microTime = (): string => new Date().toISOString().replace("Z", "000Z");

/** As Kubernetes' Time. */
const seconds = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

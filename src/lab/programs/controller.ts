import type { ClientsConfig } from "../../netns/program-configs.ts";
import type { Caller } from "./caller.ts";
import { keepPace, Pace, wait } from "./pace.ts";
import { sayKlog } from "./say.ts";
import { textOf } from "./text-of.ts";
import { holdWatch } from "./watch.ts";

/**
 * The node lifecycle controller: watches leases on its first transport and, every monitor period, says NotReady of a node whose
 * lease it has not seen renewed within the grace. As in Kubernetes it goes by when it saw the change, by its own clock. Further transports hold
 * watches of nodes only, as the other informers of a controller manager do.
 */
export async function runController(
  name: string,
  callers: readonly Caller[],
  config: ClientsConfig,
  options: { readonly pace: Pace; readonly dice: () => number },
): Promise<void> {
  const { kubernetes, clients } = config;
  const [first, ...others] = callers;
  if (first === undefined || kubernetes === undefined) return;
  const seen = new Map<string, { renewTime: string; atMs: number; ready: boolean }>();
  const { watches } = clients;
  for (const [i, caller] of callers.entries()) {
    // The watch of leases, below, is one of the first transport's.
    for (let k = i === 0 ? 1 : 0; k < watches.count; k += 1)
      void holdWatch(caller, {
        resource: "*v1.Node",
        path: "/api/v1/nodes?watch=true",
        watches,
        dice: options.dice,
        file: "reflector.ts:1",
      });
    const pace = i === 0 ? options.pace : new Pace(clients.requests, options.dice);
    if (clients.requests.everyMs > 0) void keepPace(pace, () => look(caller, name));
  }
  void holdWatch(first, {
    resource: "*v1.Lease",
    path: "/apis/coordination.k8s.io/v1/leases?watch=true",
    watches,
    dice: options.dice,
    file: "reflector.ts:1",
    onEvent: ({ type, object }) => {
      const renewTime = object.spec?.renewTime;
      if (type === "BOOKMARK" || renewTime === undefined) return;
      const before = seen.get(object.metadata.name);
      if (before?.renewTime === renewTime) return;
      if (before !== undefined && !before.ready) {
        sayKlog(
          "I",
          "node_lifecycle_controller.ts:2",
          `Recording status change NodeReady event message for node ${object.metadata.name}`,
        );
      }
      seen.set(object.metadata.name, { renewTime, atMs: Date.now(), ready: true });
    },
  });
  for (;;) {
    await wait(kubernetes.nodeMonitorPeriodMs);
    for (const [node, state] of seen) {
      const silentMs = Date.now() - state.atMs;
      if (!state.ready || silentMs <= kubernetes.nodeMonitorGraceMs) continue;
      state.ready = false;
      const last = new Date(state.atMs).toISOString();
      sayKlog(
        "I",
        "node_lifecycle_controller.ts:1",
        `node ${node} hasn't been updated for ${(silentMs / 1000).toFixed(3)}s. Last Lease seen at ${last}`,
      );
      sayKlog(
        "I",
        "node_lifecycle_controller.ts:2",
        `Recording status change NodeNotReady event message for node ${node}`,
      );
      // Said through a transport of its own where there is one: the first may be the lost one.
      void mark(others[0] ?? first, node).catch((error) =>
        sayKlog("E", "node_lifecycle_controller.ts:3", `${node}: ${textOf(error)}`),
      );
    }
  }
}

async function mark(caller: Caller, node: string): Promise<void> {
  const body = JSON.stringify({
    status: { conditions: [{ type: "Ready", status: "Unknown", reason: "NodeStatusUnknown" }] },
  });
  const headers = { ...caller.headers, "content-type": "application/json" };
  await (
    await caller.client.request({
      method: "PATCH",
      path: `/api/v1/nodes/${node}/status`,
      headers,
      body,
      timeoutMs: 20_000,
    })
  ).bytes();
}

async function look(caller: Caller, name: string): Promise<void> {
  try {
    await (
      await caller.client.request({
        path: "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager",
        headers: caller.headers,
        timeoutMs: 20_000,
      })
    ).bytes();
  } catch (error) {
    sayKlog(
      "E",
      "leaderelection.ts:1",
      `${name}: error retrieving resource lock kube-system/kube-controller-manager: ${textOf(error)}`,
    );
  }
}

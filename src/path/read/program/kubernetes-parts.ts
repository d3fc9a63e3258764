import type { SettingKey } from "../../setting.ts";
import type { HopNotes } from "../reading.ts";
import { count, goDuration, type Parse, ratio, seconds } from "../units.ts";
import { beginOf, type Started } from "./container.ts";

type FlagRow = readonly [flag: string, key: SettingKey, parse: Parse];

const takeFlags = (hop: HopNotes, { flags }: Started, rows: readonly FlagRow[]): void => {
  for (const [flag, key, parse] of rows) hop.take(key, flags.find(flag), parse);
};

/** `kube-apiserver` (pkg/server/options/server_run_options.go of kubernetes/apiserver@24a394e5). */
export function readApiServer(started: Started): HopNotes {
  const hop = beginOf(started)({
    role: "server",
    layer: 7,
    product: "kube-apiserver",
    version: started.version,
    protocol: "http2",
  });
  takeFlags(hop, started, [
    ["--goaway-chance", "goawayChance", ratio],
    ["--request-timeout", "requestTimeoutMs", goDuration],
    ["--shutdown-delay-duration", "preStopMs", goDuration],
    ["--shutdown-watch-termination-grace-period", "drainMs", goDuration],
  ]);
  const streams = started.flags.find("--http2-max-streams-per-connection");
  // 0 leaves it to the server (server_run_options.go).
  if (streams?.text !== "0") hop.take("maxStreams", streams, count);
  return hop;
}

/** The connections that a program made with client-go opens: its health check comes from the environment. */
export function readKubernetesClient(started: Started, onlyWithSettings = false): undefined {
  const hop = beginOf(started)(
    {
      role: "client",
      layer: 7,
      product: "kubernetes-client",
      version: started.version,
      protocol: "http2",
      onlyWithSettings,
    },
    " as client",
  );
  const idle = started.env("HTTP2_READ_IDLE_TIMEOUT_SECONDS");
  // 0 switches the check off (apimachinery, pkg/util/net/http.go).
  hop.take("readIdleTimeoutMs", idle, (text) => (text === "0" ? Number.POSITIVE_INFINITY : seconds(text)));
  hop.take("pingTimeoutMs", started.env("HTTP2_PING_TIMEOUT_SECONDS"), seconds);
  const off = started.env("DISABLE_HTTP2");
  if (off !== undefined && off.text !== "")
    started.reading.assume(off.line, "DISABLE_HTTP2 is set: this client speaks HTTP/1.1 and sends no PING");
}

/** `kube-controller-manager`: who declares nodes dead, and the client through which it hears of them. */
export function readControllerManager(started: Started): undefined {
  readKubernetesClient(started);
  const hop = beginOf(started)({
    role: "detector",
    layer: 7,
    product: "kube-controller-manager",
    version: started.version,
  });
  takeFlags(hop, started, [
    ["--node-monitor-grace-period", "nodeMonitorGracePeriodMs", goDuration],
    ["--node-monitor-period", "nodeMonitorPeriodMs", goDuration],
    ["--leader-elect-lease-duration", "leaderLeaseMs", goDuration],
    ["--leader-elect-renew-deadline", "leaderRenewDeadlineMs", goDuration],
    ["--leader-elect-retry-period", "leaderRetryMs", goDuration],
  ]);
}

/** `kubelet` by its (deprecated) flags. */
export function readKubelet(started: Started): undefined {
  readKubernetesClient(started);
  const hop = beginOf(started)({ role: "detector", layer: 7, product: "kubelet", version: started.version });
  takeFlags(hop, started, [["--node-status-update-frequency", "nodeStatusUpdateMs", goDuration]]);
}

/** `kube-proxy` sets the host's connection tracking. */
export function readKubeProxy(started: Started): undefined {
  const hop = beginOf(started)({ role: "host", layer: 4, product: "linux", onlyWithSettings: true });
  const at = started.flags.find("--conntrack-tcp-timeout-established");
  // 0 leaves the kernel's own.
  if (at?.text !== "0" && at?.text !== "0s") hop.take("conntrackEstablishedMs", at, goDuration);
}

import { onePerConnection } from "../findings.ts";
import type { Signature } from "../signature.ts";
import { reloadFromLogs } from "./from-logs.ts";
import { reloadOf } from "./from-packets.ts";

export const signature: Signature = {
  id: "proxy-reload",
  kind: "incident",
  title:
    "A proxy that reloaded its configuration closed all of its idle connections at one moment, and requests met the close",
  symptoms: ["connection-reset", "unexpected-eof", "bad-gateway"],
  certainFrom:
    "a capture in which connections of different idle times close at one moment and new ones are accepted, with the proxy's log of the reload",
  remedy:
    "Reload less often (batch changes; let endpoints change without a reload), and let callers repeat idempotent requests once on a new connection. Let old workers live until their connections are done (nginx worker_shutdown_timeout unset or long; HAProxy hard-stop-after; Envoy --drain-time-s and parent shutdown), and answer with `Connection: close` or GOAWAY in that time.",
  references: [
    "https://nginx.org/en/docs/control.html (old worker processes shut down gracefully: idle connections are closed)",
    "RFC 9112 §9.3.1 (retrying requests), §9.6 (tear-down)",
    "nginx src/event/ngx_event.c and core/ngx_connection.c, ngx_close_idle_connections",
  ],
  detect: (scene) => [...onePerConnection(scene, (trail) => reloadOf(scene, trail)), ...reloadFromLogs(scene)],
};

import type { SettingKey } from "../../setting.ts";
import type { HopNotes, Reading } from "../reading.ts";
import type { Spot } from "../spot.ts";
import { count, nginxTime, type Parse } from "../units.ts";

type Known = ReadonlyMap<string, readonly [SettingKey | readonly SettingKey[], Parse]>;

/** Keys of ingress-nginx's ConfigMap (docs/user-guide/nginx-configuration/configmap.md of kubernetes/ingress-nginx@dbb11b92). */
const KEYS: Known = new Map<string, readonly [SettingKey | readonly SettingKey[], Parse]>([
  ["keep-alive", ["idleTimeoutMs", nginxTime]],
  ["keep-alive-requests", ["maxRequests", count]],
  ["client-header-timeout", ["headersTimeoutMs", nginxTime]],
  ["upstream-keepalive-timeout", ["poolIdleTimeoutMs", nginxTime]],
  ["upstream-keepalive-requests", ["poolMaxRequests", count]],
  ["upstream-keepalive-time", ["poolMaxAgeMs", nginxTime]],
  ["proxy-connect-timeout", ["connectTimeoutMs", nginxTime]],
  ["proxy-read-timeout", [["responseTimeoutMs", "streamIdleTimeoutMs"], nginxTime]],
  ["worker-shutdown-timeout", ["drainMs", nginxTime]],
  ["upstream-keepalive-connections", ["reusesConnections", (text) => atLeastOne(count(text))]],
]);

const atLeastOne = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.min(1, value);

/** Annotations of an Ingress that have the same effect on its own routes. */
const ANNOTATIONS = ["proxy-connect-timeout", "proxy-read-timeout"];
const PREFIX = "nginx.ingress.kubernetes.io/";

/** Whether a map of settings is one that ingress-nginx reads. */
export const isIngressNginxConfig = (config: Spot): boolean =>
  config
    .entries()
    .some(
      ([key]) =>
        KEYS.has(key) ||
        /^(?:proxy-(?:body-size|buffer-size|send-timeout|stream-timeout)|use-forwarded-headers|ssl-protocols|enable-underscores-in-headers)$/.test(
          key,
        ),
    );

export function readIngressNginxConfig(reading: Reading, hop: HopNotes, config: Spot): void {
  for (const [key, [settings, parse]] of KEYS) hop.take(settings, config.get(key), parse);
  const keepAlive = config.get("keep-alive");
  // "0" switches keep-alive off.
  if (keepAlive !== undefined && hop.get("idleTimeoutMs")?.value === 0) hop.set("maxRequests", 1, keepAlive);
  for (const [key, spot] of config.entries()) noteSnippet(reading, key, spot);
}

/** The annotations of an Ingress; none of them, nothing read. */
export function readIngressNginxAnnotations(reading: Reading, name: string, annotations: Spot): void {
  const mine = annotations.entries().filter(([key]) => key.startsWith(PREFIX));
  if (mine.length === 0) return;
  const hop = reading.hop({
    name,
    role: "proxy",
    layer: 7,
    product: "ingress-nginx",
    line: annotations.line,
    key: annotations.path,
  });
  for (const [key, spot] of mine) {
    const word = key.slice(PREFIX.length);
    const known = ANNOTATIONS.includes(word) ? KEYS.get(word) : undefined;
    if (known !== undefined) hop.take(known[0], spot.called(key), known[1]);
    else if (word === "backend-protocol" && /^GRPCS?$/i.test(spot.text ?? "")) {
      hop.speaks("http2");
      reading.assume(spot.line, "backend-protocol GRPC: requests to the server are HTTP/2");
    }
    noteSnippet(reading, key, spot);
  }
}

/** Keys of the ConfigMap of NGINX Ingress Controller, nginx's own (internal/configs/configmaps.go of nginx/kubernetes-ingress@0eb3072d). */
const OWN: Known = new Map<string, readonly [SettingKey | readonly SettingKey[], Parse]>([
  ["keepalive-timeout", ["idleTimeoutMs", nginxTime]],
  ["keepalive-requests", ["maxRequests", count]],
  ["proxy-connect-timeout", ["connectTimeoutMs", nginxTime]],
  ["proxy-read-timeout", [["responseTimeoutMs", "streamIdleTimeoutMs"], nginxTime]],
  ["keepalive", ["reusesConnections", (text) => atLeastOne(count(text))]],
]);

/** Whether a map of settings is one that nginx's own controller reads. */
export const isNginxControllerConfig = (config: Spot): boolean =>
  config.get("keepalive") !== undefined || config.get("keepalive-timeout") !== undefined;

export function readNginxControllerConfig(reading: Reading, hop: HopNotes, config: Spot): void {
  for (const [key, [settings, parse]] of OWN) hop.take(settings, config.get(key), parse);
  for (const [key, spot] of config.entries()) noteSnippet(reading, key, spot);
}

/** Snippets are nginx's own language inside a string. */
function noteSnippet(reading: Reading, key: string, { text = "", line }: Spot): void {
  if (!key.endsWith("-snippet") || !/\b(?:keepalive_|proxy_(?:read|connect)_timeout|grpc_read_timeout)/.test(text))
    return;
  reading.ignore(line, `${key.replace(/[^\w./-]/g, "")} sets timeouts, which were not read`);
}

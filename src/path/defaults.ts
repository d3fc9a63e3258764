import { entryOf, inPathUnit, productNamed } from "../catalogue/look-up.ts";
import { entriesOfHop } from "./entries-of-hop.ts";
import type { Hop } from "./hop.ts";
import { isSettingKey, NEVER, type Setting, type SettingKey } from "./setting.ts";

/**
 * A hop with what its product does when nobody says otherwise. Where one knob governs several settings (an ALB's idle timeout
 * holds towards both sides), stating one of them states all.
 */
export function withDefaults(hop: Hop): Hop {
  const settings = new Map(hop.settings);
  for (const entry of entriesOfHop(hop)) {
    const keys = entry.governs.filter(isSettingKey);
    const stated = keys.map((key) => hop.settings.get(key)).find((setting) => setting !== undefined);
    for (const key of keys) {
      const own = settings.get(key);
      if (own?.value === 0 && entry.zeroIsNever === true) settings.set(key, { ...own, value: NEVER });
      if (own !== undefined) continue;
      if (stated !== undefined) settings.set(key, { ...stated, key, stated: "derived", entry: entry.id });
      else if (entry.default !== null) {
        const value = inPathUnit(entry, entry.default);
        settings.set(key, { key, value, stated: "assumed-default", entry: entry.id });
      }
    }
  }
  if (needsHost(hop)) for (const setting of HOST) if (!settings.has(setting.key)) settings.set(setting.key, setting);
  const known = hop.product === undefined ? undefined : productNamed(hop.product);
  return {
    ...hop,
    settings,
    ...(hop.protocol === undefined && known?.protocol === "http2" ? { protocol: "http2" as const } : {}),
  };
}

/** The host's own settings matter where sockets are opened on it: taken for Linux unless said otherwise. */
const needsHost = (hop: Hop): boolean => hop.role === "client" || hop.settings.get("tcpKeepalive")?.value === 1;

const HOST: readonly Setting[] = (
  [
    ["hostTcpKeepaliveMs", "linux.tcp-keepalive-time"],
    ["localPortFirst", "linux.local-port-first"],
    ["localPortLast", "linux.local-port-last"],
  ] as readonly (readonly [SettingKey, string])[]
).flatMap(([key, id]) => {
  const entry = entryOf(id);
  if (entry === undefined || entry.default === null) return [];
  return [{ key, value: inPathUnit(entry, entry.default), stated: "assumed-default" as const, entry: id }];
});

import { NEVER } from "../setting.ts";
import type { Format } from "./file-reader.ts";
import type { HopNotes, Reading } from "./reading.ts";
import type { Spot } from "./spot.ts";
import { readTrees } from "./trees.ts";
import { count, timeSpan } from "./units.ts";

export const kestrel: Format = {
  id: "kestrel",
  title: "ASP.NET Core's appsettings.json: Kestrel limits",
  recognise: (name, head) => {
    if (!/^[\s\u{feff}]*(?:\{|\/\/|\/\*)/u.test(head)) return 0;
    if (/"Kestrel"\s*:/i.test(head)) return 0.9;
    return /^appsettings(?:\.[\w-]+)*\.json$/.test(name) ? 0.5 : 0;
  },
  read: (reading, text) => {
    for (const root of readTrees(reading, text)) readSettings(reading, root);
  },
};

/** Keys of .NET's configuration meet whatever their case, and `A:B` is `B` within `A`. */
function find(spot: Spot | undefined, ...keys: readonly string[]): Spot | undefined {
  const [key, ...rest] = keys;
  if (spot === undefined || key === undefined) return spot;
  for (const [name, inner] of spot.entries()) {
    const [first = "", ...more] = name.toLowerCase().split(":");
    if (first !== key.toLowerCase()) continue;
    if (!more.every((word, i) => word === rest[i]?.toLowerCase())) continue;
    const found = find(inner, ...rest.slice(more.length));
    if (found !== undefined) return found;
  }
  return undefined;
}

function readSettings(reading: Reading, root: Spot): void {
  const kestrelAt = find(root, "Kestrel");
  const limits = find(root, "Kestrel", "Limits");
  const at = limits ?? kestrelAt ?? root;
  const hop = reading.hop({
    name: "Kestrel",
    role: "server",
    layer: 7,
    product: "kestrel",
    line: at.line,
    key: at.path,
    onlyWithSettings: kestrelAt === undefined,
  });
  const limit = (...keys: readonly string[]): Spot | undefined => find(root, "Kestrel", "Limits", ...keys);
  hop.take("idleTimeoutMs", limit("KeepAliveTimeout"), timeSpan);
  hop.take("headersTimeoutMs", limit("RequestHeadersTimeout"), timeSpan);
  hop.take("maxStreams", limit("Http2", "MaxStreamsPerConnection"), count);
  readPing(hop, limit("Http2", "KeepAlivePingDelay"));
  hop.take("drainMs", find(root, "HostOptions", "ShutdownTimeout"), timeSpan);
  if (kestrelAt !== undefined && limits !== undefined) {
    // The section is not bound by every program: learn.microsoft.com shows limits set in code (page "Configure options for Kestrel").
    reading.assume(
      limits.line,
      "Kestrel:Limits is taken for bound to KestrelServerOptions by the program; without that it has no effect",
    );
  }
}

/** `TimeSpan.MaxValue`, written out, is how .NET says that no PING is sent. */
function readPing(hop: HopNotes, delay: Spot | undefined): void {
  hop.take("serverPingIntervalMs", delay, (text) => (/^10675199\./.test(text.trim()) ? NEVER : timeSpan(text)));
}

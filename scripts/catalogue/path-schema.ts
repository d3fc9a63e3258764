import { SETTINGS, type SettingKey } from "../../src/path/setting.ts";

/** The JSON Schema of `path.yaml`, so that editors complete and check it. The settings come from their table. */
export function pathSchema(): string {
  const duration = { type: "string", pattern: "^(never|(\\s*[0-9]+(\\.[0-9]+)?\\s*(ms|s|min|m|h|d))+\\s*)$" };
  const count = { anyOf: [{ type: "number", minimum: 0 }, { enum: ["never", "unlimited"] }] };
  const settings: Record<string, unknown> = {};
  for (const [key, { unit, means }] of Object.entries(SETTINGS)) {
    const name = key as SettingKey;
    const short = name.replace(/Ms$/, "");
    if (unit === "ms") {
      settings[name] = { description: `${means}, in milliseconds`, ...count };
      settings[short] ??= { description: means, ...duration };
    } else {
      settings[name] = { description: means, ...(unit === "flag" ? { enum: [true, false, 0, 1] } : count) };
    }
  }
  // The one name that is a flag and, with a duration, a time.
  settings.tcpKeepalive = {
    description: SETTINGS.tcpKeepalive.means,
    anyOf: [{ enum: [true, false, 0, 1] }, duration],
  };
  const traffic = { enum: ["http", "streams", "watches"] };
  const oneOrMore = (items: unknown) => ({ anyOf: [items, { type: "array", items }] });
  const hop = (more: Record<string, unknown>) => ({
    type: "object",
    additionalProperties: false,
    required: ["id"],
    properties: {
      id: { description: "unique in the path", type: ["string", "number"] },
      product: { description: "its name in the catalogue: halfopen catalogue", type: "string" },
      version: { type: ["string", "number"] },
      role: { enum: ["client", "box", "proxy", "server", "host", "detector"] },
      layer: { enum: [4, 7] },
      protocol: { enum: ["tcp", "http1", "http2"] },
      files: {
        description: "real configuration that says more, relative to this file",
        ...oneOrMore({ type: "string" }),
      },
      section: { description: "part of those files, by words of its name", type: "string" },
      settings: { $ref: "#/$defs/settings" },
      ...more,
    },
  });
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A path of hops from client to server, for halfopen check",
    type: "object",
    additionalProperties: false,
    required: ["path", "hops"],
    properties: {
      path: { description: "version of the format", const: 1 },
      name: { type: "string" },
      carries: { description: "what rides on it", ...oneOrMore(traffic) },
      roundTrip: { description: "largest round-trip time between neighbours", ...duration },
      clientsAreTargets: { description: "clients run on hosts that are targets", type: "boolean" },
      load: {
        type: "object",
        additionalProperties: false,
        properties: {
          connectionsPerClient: { type: "number", minimum: 0 },
          clients: { type: "number", minimum: 0 },
          requestsPerSecondPerConnection: { type: "number", minimum: 0 },
          targets: { type: "number", minimum: 0 },
          balancerNodes: { type: "number", minimum: 0 },
          linger: { description: "how long an old connection lives on after GOAWAY", ...duration },
          newConnectionsPerSecond: { type: "number", minimum: 0 },
        },
      },
      hops: { description: "from client to server", type: "array", minItems: 1, items: hop({}) },
      branches: {
        description: "ways through the hops, by their ids; all in order where there are none",
        type: "array",
        items: {
          anyOf: [
            { type: "array", items: { type: ["string", "number"] } },
            {
              type: "object",
              additionalProperties: false,
              required: ["hops"],
              properties: {
                name: { type: "string" },
                hops: { type: "array", items: { type: ["string", "number"] } },
                carries: oneOrMore(traffic),
              },
            },
          ],
        },
      },
      detectors: {
        description: "who declares others dead when nothing is heard of them",
        type: "array",
        items: hop({ hearsThrough: { description: "id of the hop through which it hears", type: "string" } }),
      },
      suppress: {
        type: "array",
        items: {
          type: "object",
          additionalProperties: false,
          required: ["rule", "reason"],
          properties: {
            rule: { type: "string" },
            hops: oneOrMore({ type: "string" }),
            reason: { type: "string", pattern: "\\S" },
          },
        },
      },
    },
    $defs: { settings: { type: ["object", "null"], additionalProperties: false, properties: settings } },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

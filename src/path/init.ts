import { entriesFor, productNamed } from "../catalogue/look-up.ts";
import { parseDuration } from "../net/duration.ts";
import { yamlValue } from "./duration.ts";
import type { FileReading } from "./reader.ts";
import { isSettingKey, meaningOf, type SettingKey } from "./setting.ts";

/** One hop that a path is to be written with: a file that was read, or words such as `aws-alb`, `node-server@20`, `id=product`. */
export type InitHop =
  | { readonly kind: "file"; readonly file: string; readonly reading: FileReading }
  | { readonly kind: "words"; readonly words: string };

/** A `path.yaml` with these hops from client to server. Defaults stand beside it as comments, so that one sees what is assumed. */
export function initPath(hops: readonly InitHop[]): string {
  const ids = new Set<string>();
  const blocks = hops.map((hop, place) => {
    const byPlace = place === 0 ? "client" : place === hops.length - 1 ? "server" : "proxy";
    return hop.kind === "file" ? fileBlock(hop, ids) : wordsBlock(hop.words, byPlace, ids);
  });
  return [
    "# Hops from client to server; docs/path-yaml.md describes the format.",
    "path: 1",
    "name: my path",
    "carries: [http] # what rides on it: http, streams, watches",
    "roundTrip: 10ms",
    "hops:",
    ...blocks.flat(),
    "",
  ].join("\n");
}

function fileBlock({ file, reading }: Extract<InitHop, { kind: "file" }>, ids: Set<string>): readonly string[] {
  const main = reading.hops.find(({ role }) => role !== "host" && role !== "detector") ?? reading.hops[0];
  const name = (file.split(/[\\/]/).at(-1) ?? file).replace(/\.[a-z]+$/i, "");
  const lines = [`  - id: ${unused(wordOf(name), ids)}`];
  if (main?.product !== undefined) lines.push(`    product: ${main.product}`);
  if (main?.version !== undefined) lines.push(`    version: ${JSON.stringify(main.version)}`);
  lines.push(`    files: [${JSON.stringify(file)}]`);
  const sections = reading.hops
    .filter(({ role }) => role !== "host" && role !== "detector")
    .map(({ name: part }) => part);
  if (sections.length > 1) lines.push(`    # section: one of ${sections.slice(0, 8).join("; ")}`);
  return lines;
}

/** `[id=]product[@version][:key=value,…]`. */
function wordsBlock(words: string, byPlace: string, ids: Set<string>): readonly string[] {
  const match = /^(?:([\w.-]+)=)?([\w.-]+)(?:@([\w.+-]+))?(?::(.*))?$/s.exec(words);
  const product = match?.[2] ?? wordOf(words);
  const known = productNamed(product);
  const lines = [`  - id: ${unused(match?.[1] ?? product, ids)}`];
  if (known === undefined)
    lines.push(`    role: ${byPlace} # '${product}' is not in the catalogue: halfopen catalogue <words>`);
  else lines.push(`    product: ${product}`);
  if (match?.[3] !== undefined) lines.push(`    version: ${JSON.stringify(match[3])}`);
  const settings = (match?.[4] ?? "").split(",").flatMap(stated);
  const set = new Set(settings.map(({ key }) => key));
  const defaults =
    known === undefined
      ? []
      : entriesFor(product, match?.[3]).flatMap((entry) => {
          const key = entry.governs.find(isSettingKey);
          if (key === undefined || entry.set === undefined || entry.default === null || set.has(key)) return [];
          const figure =
            entry.default === "never"
              ? Number.POSITIVE_INFINITY
              : entry.unit === "s"
                ? entry.default * 1000
                : entry.default;
          return [
            `      # ${key.replace(/Ms$/, "")}: ${yamlValue(figure, meaningOf(key).unit)} by default (${entry.id})`,
          ];
        });
  if (settings.length + defaults.length > 0) {
    lines.push(settings.length > 0 ? "    settings:" : "    # settings:");
    lines.push(...settings.map(({ key, value }) => `      ${key.replace(/Ms$/, "")}: ${value}`), ...defaults);
  }
  return lines;
}

function stated(text: string): readonly { key: SettingKey; value: string }[] {
  const [name = "", value = ""] = text.split("=").map((part) => part.trim());
  const key = isSettingKey(name) ? name : isSettingKey(`${name}Ms`) ? (`${name}Ms` as SettingKey) : undefined;
  if (key === undefined || value === "") return [];
  const fine =
    meaningOf(key).unit === "ms" ? parseDuration(value) !== undefined : /^(true|false|never|\d+(\.\d+)?)$/.test(value);
  return fine ? [{ key, value }] : [];
}

function unused(id: string, ids: Set<string>): string {
  let name = id;
  for (let n = 2; ids.has(name); n++) name = `${id}-${n}`;
  ids.add(name);
  return name;
}

const wordOf = (text: string): string => text.replace(/[^\w.-]+/g, "-").replace(/^-+|-+$/g, "") || "hop";

import { type CheckedPath, check } from "../../src/path/check.ts";
import { READERS } from "../../src/path/read/index.ts";

/** A `path.yaml`'s text, read, joined with the catalogue, and judged. Throws when it has a mistake. */
export function judgePath(text: string): CheckedPath {
  const { paths, files } = check([{ file: "path.yaml", text }], { readers: READERS });
  const problems = files.flatMap((file) => file.problems.map(({ line, says }) => `${line}: ${says}`));
  if (problems.length > 0) throw new Error(`path.yaml:${problems.join("; ")}\n${text}`);
  const [path] = paths;
  if (path === undefined) throw new Error("no path");
  return path;
}

/** Findings as short lines: `error keep-alive-order alb.poolIdleTimeout app.idleTimeout`. */
export function linesOf({ findings }: CheckedPath): string[] {
  return findings.map(({ level, rule, settings }) =>
    [level, rule, ...settings.map(({ hop, key }) => `${hop}.${key.replace(/Ms$/, "")}`)].join(" "),
  );
}

/** A path in short: `id: product@version key=value …` a line, hops from client to server; what else it says first. */
export function pathText(hops: string, more = ""): string {
  const blocks = hops
    .trim()
    .split("\n")
    .map((line) => {
      const [, id = "", product = "", version, rest = ""] = /^\s*([\w-]+): ([\w.-]+)(?:@(\S+))?(.*)$/.exec(line) ?? [];
      const isRole = ["client", "box", "proxy", "server"].includes(product);
      const pairs =
        rest.trim() === ""
          ? []
          : rest
              .trim()
              .split(/\s+/)
              .map((pair) => pair.split("="));
      const fields = pairs
        .filter(([key]) => key === "role" || key === "protocol" || key === "layer")
        .map(([key, value]) => `    ${key}: ${value}`);
      const settings = pairs.filter(([key]) => key !== "role" && key !== "protocol" && key !== "layer");
      return [
        `  - id: ${id}`,
        isRole ? `    role: ${product}` : `    product: ${product}`,
        ...(version === undefined ? [] : [`    version: "${version}"`]),
        ...fields,
        ...(settings.length === 0
          ? []
          : ["    settings:", ...settings.map(([key, value]) => `      ${key}: ${value}`)]),
      ].join("\n");
    });
  return `path: 1\n${more}${more === "" || more.endsWith("\n") ? "" : "\n"}hops:\n${blocks.join("\n")}\n`;
}

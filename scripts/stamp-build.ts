/**
 * The last step of a build: takes out of dist/ what no source stands behind any more (a compiler leaves the output of
 * a deleted file), and writes dist/.built, whose time the launcher compares with the sources.
 */

import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const dist = join(root, "dist");

for (const output of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
  const source = output.replace(/\.(js|d\.ts)$/, ".ts");
  if (source !== output && !existsSync(join(root, "src", source))) rmSync(join(dist, output));
}
writeFileSync(join(dist, ".built"), "");

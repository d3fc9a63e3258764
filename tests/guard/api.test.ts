import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import * as guard from "../../src/guard/index.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const GOLDEN = join(ROOT, "tests/guard/api.txt");

/** The declarations that the door leads to, without comments: a change of the interface shows as a difference of this text. */
function declarations(): string {
  const out = mkdtempSync(join(tmpdir(), "halfopen-api-"));
  try {
    const tsc = join(ROOT, "node_modules/.bin/tsc");
    const flags = ["--emitDeclarationOnly", "--removeComments", "--outDir", out];
    execFileSync(process.execPath, [tsc, "-p", join(ROOT, "tsconfig.build.json"), ...flags]);
    const seen = new Set<string>();
    const read = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const [, path = ""] of text(file).matchAll(/from "(\.[^"]+)"/g)) {
        read(join(file, "..", path).replace(/\.(ts|js)$/, ".d.ts"));
      }
    };
    const text = (file: string): string => readFileSync(join(out, file), "utf8");
    read("guard/index.d.ts");
    return [...seen]
      .sort()
      .map((file) => `// ${file}\n${text(file).trim()}\n`)
      .join("\n");
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

test("the interface is the one written down; HALFOPEN_GOLDEN=write writes it anew after a change that is meant", () => {
  const now = declarations();
  if (process.env.HALFOPEN_GOLDEN === "write") writeFileSync(GOLDEN, now);
  expect(now).toBe(readFileSync(GOLDEN, "utf8"));
});

test("what the door gives is what it declares", () => {
  const [door = ""] = readFileSync(GOLDEN, "utf8").match(/\/\/ guard\/index\.d\.ts\n[\s\S]*?(?=\n\/\/ )/) ?? [];
  const declared = [...door.matchAll(/export \{([^}]*)\}/g)]
    .flatMap(([, names = ""]) => names.split(","))
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith("type "));
  expect(Object.keys(guard).sort()).toEqual(declared.sort());
});

test("every option says its default, a sensible range, and its name in Go and gRPC", () => {
  const optionTypes =
    /export interface (GoawayRuleOptions|GoawayOptions|DrainOptions|ClientOptions|GrpcServerSettings) [^{]*\{([\s\S]*?)\n\}/g;
  const lacking: string[] = [];
  let options = 0;
  for (const file of readdirSync(join(ROOT, "src/guard"), { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
    const text = readFileSync(join(ROOT, "src/guard", file), "utf8");
    for (const [, type, body = ""] of text.matchAll(optionTypes)) {
      for (const [, comment, name = ""] of body.matchAll(/(?:\/\*\*([\s\S]*?)\*\/\s*)?readonly (\w+)\??:/g)) {
        // What tests inject, and what is Node's own.
        if (["clock", "dice", "http2"].includes(name)) continue;
        options += 1;
        const words = comment ?? "";
        if (
          !/Default/.test(words) ||
          !/Sensible/.test(words) ||
          !/Go\b|Kubernetes/.test(words) ||
          !/gRPC/.test(words)
        ) {
          lacking.push(`${type}.${name}`);
        }
      }
    }
  }
  expect(lacking).toEqual([]);
  expect(options).toBeGreaterThan(25);
});

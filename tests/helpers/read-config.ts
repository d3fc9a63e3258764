import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { READERS } from "../../src/path/read/index.ts";
import type { ConfigReader, FileReading, ReadOptions } from "../../src/path/reader.ts";

/** The folder of real configurations. */
export const CONFIGS: string = join(import.meta.dirname, "..", "fixtures", "config");

/** The reader that knows a text best, as `check` chooses it. */
export function readerOf(file: string, text: string): ConfigReader | undefined {
  const scores = READERS.map((reader) => ({ reader, score: reader.recognise(file, text) }));
  const best = scores.reduce((a, b) => (b.score > a.score ? b : a));
  return best.score > 0 ? best.reader : undefined;
}

/** Reads a text with the reader that knows it best. */
export function readText(file: string, text: string, options: ReadOptions = {}): FileReading {
  const reader = readerOf(file, text);
  if (reader === undefined) throw new Error(`no reader knows ${file}`);
  return reader.read(file, text, options);
}

/** Reads one of the real configurations, with what it includes. */
export function readFixture(name: string): FileReading {
  const include = (path: string): string | undefined => {
    const file = join(CONFIGS, path);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  };
  return readText(name, readFileSync(join(CONFIGS, name), "utf8"), { include });
}

/**
 * What was read, a line a hop: name, role, layer, product, version, protocol, then its settings with their lines. `*` marks a value
 * that was derived.
 */
export function hopLines({ hops }: FileReading): readonly string[] {
  return hops.map((hop) => {
    const towards = hop.serverProtocol === undefined ? undefined : `-> ${hop.serverProtocol}`;
    const what = [hop.role, hop.layer, hop.product, hop.version, hop.protocol, towards].filter((p) => p !== undefined);
    const settings = hop.settings.map(
      ({ key, value, stated, source }) => `${key}=${value}${stated === "derived" ? "*" : ""}@${source?.line ?? stated}`,
    );
    return `${hop.name} | ${what.join(" ")} | ${settings.join(" ")}`;
  });
}

/** What else was said, a line a remark. */
export function remarkLines({ assumed, ignored, problems }: FileReading): readonly string[] {
  return [
    ...assumed.map(({ file, line, says }) => `assumed ${file}:${line} ${says}`),
    ...ignored.map(({ file, line, says }) => `ignored ${file}:${line} ${says}`),
    ...problems.map(({ file, line, says, code, level }) => `${level} ${code} ${file}:${line} ${says}`),
  ];
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Recorded readings of captures in a folder: JSON lines, gzipped, and the key log of each file where there is one. */
export function recordingsIn<T>(folder: string, name: string): { readings: T[]; keyLogs: Map<string, string | null> } {
  const lines = (text: string): unknown[] =>
    text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  const readings = lines(gunzipSync(readFileSync(join(folder, name))).toString()) as T[];
  const index = lines(readFileSync(join(folder, "index.jsonl"), "utf8")) as { file: string; keylog: string | null }[];
  return { readings, keyLogs: new Map(index.map(({ file, keylog }) => [file, keylog])) };
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { CLASSES, type StreamReading } from "./reading.ts";

/** One public capture and tshark's reading of it, recorded once. */
export interface RecordedReading {
  readonly file: string;
  readonly streams: readonly (StreamReading & { readonly incomplete: ReadonlySet<string> })[];
}

interface RawStream {
  readonly i: number;
  readonly a: readonly [string, number];
  readonly b: readonly [string, number];
  readonly pk: readonly number[];
  readonly by: readonly number[];
  readonly syn?: readonly number[];
  readonly synack?: readonly number[];
  readonly fin?: readonly number[];
  readonly rst?: readonly number[];
  readonly fl?: Readonly<Record<string, readonly number[]>>;
  readonly only_icmp?: unknown;
  readonly cut?: unknown;
  readonly [more: string]: unknown;
}

/**
 * The recorded readings in the folder that HALFOPEN_CAPTURES names (`oracle-tcp.jsonl.gz` beside the
 * captures); undefined when there is none on this machine.
 */
export function recordedReadings(): readonly RecordedReading[] | undefined {
  const folder = process.env.HALFOPEN_CAPTURES;
  if (folder === undefined || !existsSync(join(folder, "oracle-tcp.jsonl.gz"))) return undefined;
  const lines = gunzipSync(readFileSync(join(folder, "oracle-tcp.jsonl.gz")))
    .toString()
    .trim()
    .split("\n");
  return lines
    .map((line) => JSON.parse(line) as { file: string; tshark: string; streams: RawStream[] })
    .filter((record) => record.tshark === "ok")
    .map((record) => ({
      file: join(folder, record.file),
      streams: record.streams
        .filter((s) => !s.only_icmp && !s.cut && (s.pk[0] ?? 0) + (s.pk[1] ?? 0) > 0)
        .map((s) => ({
          stream: s.i,
          ends: [s.a.join(" "), s.b.join(" ")],
          packets: s.pk,
          bytes: s.by,
          syn: s.syn ?? [],
          synAck: s.synack ?? [],
          fin: s.fin ?? [],
          rst: s.rst ?? [],
          events: Object.fromEntries(
            CLASSES.map((c) => [
              c.name,
              [...new Set(c.theirs.flatMap((k) => s.fl?.[k] ?? []).map(Math.abs))].sort((x, y) => x - y),
            ]),
          ),
          // Lists that were cut when they were recorded are not compared.
          incomplete: new Set([
            ...CLASSES.filter((c) => c.theirs.some((k) => s.fl?.[`${k}_more`] !== undefined)).map((c) => c.name),
            ...["syn", "fin", "rst"].filter((k) => s[`${k}_more`] !== undefined),
          ]),
        })),
    }));
}

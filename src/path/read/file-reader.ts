import type { ConfigReader, FileReading, ReadOptions } from "../reader.ts";
import { LIMITS } from "./limits.ts";
import { Reading } from "./reading.ts";

/** A format: how its files are known and read. */
export interface Format {
  readonly id: string;
  readonly title: string;
  /** Given the file's name in lower case, without folders, and the first 64 KiB of its text. */
  readonly recognise: (name: string, head: string) => number;
  readonly read: (reading: Reading, text: string, options: ReadOptions) => void;
}

/** A reader with what all have in common: the limit on size, the head that is looked at, and an answer to whatever happens. */
export function fileReader({ id, title, recognise, read }: Format): ConfigReader {
  return {
    id,
    title,
    recognise: (file, text) => recognise(baseName(file), text.slice(0, 64 * 1024)),
    read: (file, text, options = {}) => readPart(read, new Reading(file), text, options),
  };
}

const baseName = (file: string): string => (file.split(/[/\\]/).at(-1) ?? "").toLowerCase();

export function readPart(read: Format["read"], reading: Reading, text: string, options: ReadOptions): FileReading {
  if (text.length > LIMITS.text) reading.problem("too-large", 1, `longer than ${LIMITS.text} characters, not read`);
  else read(reading, text, options);
  return reading.finish();
}

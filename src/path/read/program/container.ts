import type { Flags } from "../argv.ts";
import type { HopNotes, Reading, Written } from "../reading.ts";

/** A program as a container, an image or a command line starts it. */
export interface Started {
  readonly reading: Reading;
  /** Names the place, for instance `Deployment web container app`. */
  readonly name: string;
  readonly line: number;
  readonly key: string;
  readonly flags: Flags;
  /** The value of an environment variable that is set here. */
  readonly env: (name: string) => Written | undefined;
  /** From the image's tag. */
  readonly version: string | undefined;
}

/** Begins the hop that a started program is. */
export type Begin = (more: Omit<Parameters<Reading["hop"]>[0], "name" | "line" | "key">, suffix?: string) => HopNotes;

export const beginOf =
  ({ reading, name, line, key }: Started): Begin =>
  (more, suffix = "") =>
    reading.hop({ ...more, name: `${name}${suffix}`, line, key });

/** `registry/name:v1.31.2-eksbuild.1@sha256:…` is 1.31.2; no number, no version. */
export function imageVersion(image: string | undefined): string | undefined {
  const tag = /:([^:/@]{1,128})(?:@[\w:]{1,200})?$/.exec(image ?? "")?.[1];
  return /^v?(\d{1,6}(?:\.\d{1,6}){0,3})(?![\d.])/.exec(tag ?? "")?.[1];
}

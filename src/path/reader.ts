import type { HopFragment } from "./hop.ts";
import type { Source } from "./setting.ts";

/** A remark of a reader about a place in a file. */
export interface Remark {
  readonly file: string;
  /** Counts from 1; 1 where the remark is about the whole file. */
  readonly line: number;
  /** One sentence without a full stop, plain, without secrets and already `printable`. */
  readonly says: string;
}

/** Something that kept a file, or a part of it, from being read. */
export interface ReadProblem extends Remark {
  /** Stable code: `malformed`, `too-large`, `missing-include`, `include-loop`, `bad-value`, … */
  readonly code: string;
  /** `error`: something that matters was not read. `warning`: the rest is sound without it. */
  readonly level: "error" | "warning";
}

/** Everything that a reader has to say of a file. */
export interface FileReading {
  readonly hops: readonly HopFragment[];
  /** What was read: each place that gave a setting. */
  readonly read: readonly Source[];
  /** What the file leaves open and was assumed (beside catalogue defaults, which are added later). */
  readonly assumed: readonly Remark[];
  /** What stands there, may matter, and was not understood or not used. */
  readonly ignored: readonly Remark[];
  readonly problems: readonly ReadProblem[];
}

export interface ReadOptions {
  /** The text of another file named in this one, relative to it; undefined where it can't be had. */
  readonly include?: (path: string) => string | undefined;
  /** The paths that a pattern means, sorted, each for `include`; undefined where they can't be had. */
  readonly expand?: (pattern: string) => readonly string[] | undefined;
}

/**
 * Reads one format of real configuration. Pure; any text gives a reading, never a throw or a hang. Nothing in a file is
 * executed or fetched, and nothing is put into a reading but numbers, names of sections and the texts of timeouts.
 */
export interface ConfigReader {
  /** The format's name: `nginx`, `haproxy`, `envoy`, … */
  readonly id: string;
  /** One line for `halfopen check --help` and the documentation. */
  readonly title: string;
  /**
   * How sure it is that a file is of its format: 0 not at all, up to 1. What the text shows counts for more than the
   * file's name; the highest score above 0 reads the file. Cheap: looks at the first 64 KiB at most.
   */
  readonly recognise: (file: string, text: string) => number;
  readonly read: (file: string, text: string, options?: ReadOptions) => FileReading;
}

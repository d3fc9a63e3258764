import type { FileReading } from "../reader.ts";

/** A reading in which the files that it includes bear the names under which they were found, rather than those that it calls them by. */
export function withNames(reading: FileReading, names: ReadonlyMap<string, string>): FileReading {
  if ([...names].every(([path, file]) => path === file)) return reading;
  const named = <At extends { readonly file: string }>(at: At): At => ({ ...at, file: names.get(at.file) ?? at.file });
  return {
    hops: reading.hops.map((hop) => ({
      ...hop,
      source: named(hop.source),
      settings: hop.settings.map((setting) =>
        setting.source === undefined ? setting : { ...setting, source: named(setting.source) },
      ),
    })),
    read: reading.read.map(named),
    assumed: reading.assumed.map(named),
    ignored: reading.ignored.map(named),
    problems: reading.problems.map(named),
  };
}

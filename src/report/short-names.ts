import type { Explanation } from "../incident/explanation.ts";

/** Gives each file its base name where that is unambiguous, and its whole path where it is not; `-` is `stdin`. */
export function shortNames(files: readonly string[]): (file: string) => string {
  const users = new Map<string, Set<string>>();
  for (const file of files) {
    const base = baseName(file);
    users.set(base, (users.get(base) ?? new Set()).add(file));
  }
  return (file) => (file === "-" ? "stdin" : (users.get(baseName(file))?.size ?? 0) > 1 ? file : baseName(file));
}

const baseName = (file: string): string => file.slice(file.lastIndexOf("/") + 1) || file;

/** The same explanation with short names in its sentences; everything that is looked up by file keeps the whole name. */
export function withShortNames(explanation: Explanation): Explanation {
  const nameOf = shortNames(explanation.inputs.map((input) => input.file));
  const files = explanation.inputs
    .map((input) => input.file)
    .filter((file) => file.includes("/") && nameOf(file) !== file);
  // Longer paths first, in case one continues another.
  const paths = files.sort((a, b) => b.length - a.length);
  const short = (text: string): string => paths.reduce((told, path) => told.replaceAll(path, nameOf(path)), text);
  return {
    ...explanation,
    incidents: explanation.incidents.map((incident) => ({
      ...incident,
      summary: short(incident.summary),
      evidence: incident.evidence.map((item) => ({ ...item, shows: short(item.shows) })),
      ...(incident.effects === undefined
        ? {}
        : { effects: incident.effects.map((effect) => ({ ...effect, because: short(effect.because) })) }),
      ruledOut: incident.ruledOut.map(({ cause, because }) => ({ cause, because: short(because) })),
      refutedBy: short(incident.refutedBy),
      ...(incident.next === undefined ? {} : { next: short(incident.next) }),
      ...(incident.inferred === undefined ? {} : { inferred: incident.inferred.map(short) }),
    })),
    notes: explanation.notes.map((note) => ({ ...note, summary: short(note.summary) })),
  };
}

import type { Tree, TreeEntry } from "./tree.ts";

/**
 * JSON Merge Patch (RFC 7396 §2) on trees: a map changes the members that it names, null takes one away, anything else
 * takes the place of what was there. Every value keeps the place where it was written.
 */
export function mergePatch(target: Tree | undefined, patch: Tree): Tree {
  if (patch.kind !== "map") return patch;
  const base = target?.kind === "map" ? target : undefined;
  const entries = new Map<string, TreeEntry>(base?.entries);
  for (const [name, entry] of patch.entries) {
    const { value } = entry;
    if (value.kind === "leaf" && value.value === null) entries.delete(name);
    else entries.set(name, { ...entry, value: mergePatch(entries.get(name)?.value, value) });
  }
  return { kind: "map", at: base?.at ?? patch.at, entries };
}

import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "./net/fault.ts";
import { printable } from "./net/printable.ts";

/** What the paths lead to. */
export interface EvidenceFiles {
  /** Files named, and every plain file in the folders named, in order; a file once, by whatever names. */
  readonly files: readonly string[];
  /** Entries of folders that are no plain files: subfolders, pipes, links that lead nowhere. */
  readonly passedOver: readonly string[];
  /** Files that a folder held: one that cannot be read does not stop the rest. */
  readonly fromFolders: ReadonlySet<string>;
}

/** Finds the files that paths lead to. */
export async function evidenceFiles(paths: readonly string[]): Promise<EvidenceFiles> {
  const files: string[] = [];
  const passedOver: string[] = [];
  const fromFolders = new Set<string>();
  for (const path of paths) {
    if (path === "-" || (await kindOf(path)) !== "folder") {
      files.push(path);
      continue;
    }
    const entries = (await readdir(path)).filter((name) => !name.startsWith(".")).sort();
    if (entries.length === 0) {
      throw new Fault(
        "empty-folder",
        `There is no file in the folder '${printable(path)}'.`,
        "Name a folder with captures, or the capture itself.",
      );
    }
    for (const name of entries) {
      const file = join(path, name);
      if ((await kindOf(file)) !== "file") {
        passedOver.push(file);
        continue;
      }
      files.push(file);
      fromFolders.add(file);
    }
  }
  const once = new Map<string, string>();
  for (const file of files) {
    const real = file === "-" ? file : await realpath(file).catch(() => file);
    if (!once.has(real)) once.set(real, file);
  }
  return { files: [...once.values()], passedOver, fromFolders };
}

async function kindOf(path: string): Promise<"file" | "folder" | "other"> {
  try {
    const entry = await stat(path);
    return entry.isFile() ? "file" : entry.isDirectory() ? "folder" : "other";
  } catch {
    return "other";
  }
}

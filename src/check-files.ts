import { realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { filesAt, MOST_BYTES, readConfigText, realNameOf } from "./config-files.ts";
import { expandGlob } from "./expand-glob.ts";
import { insideFolder } from "./inside-folder.ts";
import { type CheckOptions, type CheckResult, type ConfigFile, check } from "./path/check.ts";
import { READERS } from "./path/read/index.ts";

/** What to do with files beside checking them. */
export type CheckFilesOptions = Omit<CheckOptions, "readers" | "load" | "expand">;

/** Reads files and folders of configuration, and those that they name, and checks them. Writes nothing. */
export function checkFiles(paths: readonly string[], options: CheckFilesOptions = {}): CheckResult {
  const known = ({ file, text }: ConfigFile): boolean => READERS.some((reader) => reader.recognise(file, text) > 0);
  const found = paths.map((path) => filesAt(path, known));
  const all = found.flatMap(({ files }) => files);
  const named = new Map<string, string>();
  // A file that is named twice, by whatever ways, is one file.
  const files = all.filter(({ file }) => {
    if (file === "-") return true;
    const real = realNameOf(file);
    return named.get(real) === undefined && named.set(real, file);
  });
  const load = (path: string, from: string): ConfigFile | undefined => loadFrom(path, from, named);
  const expand = (pattern: string, from: string): readonly string[] | undefined =>
    expandGlob(besideIt(pattern), dirname(from));
  const result = check(files, { ...options, readers: READERS, load, expand });
  return { ...result, files: [...result.files, ...found.flatMap(({ passedOver }) => passedOver)] };
}

/** Where nginx' own packages put its configuration; a folder of it kept elsewhere has the same layout below. */
const NGINX_HOME = /^\/(?:(?:usr\/local\/|opt\/homebrew\/)?etc\/nginx|usr\/local\/(?:openresty\/)?nginx\/conf)\//;

/** A path of an installed nginx.conf as one beside the nginx.conf that is checked. */
const besideIt = (path: string): string => path.replace(NGINX_HOME, "");

/**
 * A file that another names, relative to that one: a readable, regular and not too large one in the folder of the other or
 * below, since a file that is checked does not choose what else of a machine is read. `named` are files that may lie anywhere:
 * those that somebody asked to check, by their real path.
 */
function loadFrom(path: string, from: string, named: ReadonlyMap<string, string>): ConfigFile | undefined {
  const beside = besideIt(path);
  if (beside !== path) {
    const own = loadFrom(beside, from, named);
    if (own !== undefined) return own;
  }
  const file = isAbsolute(path) ? path : join(dirname(from), path);
  try {
    const known = named.get(realpathSync(file));
    if (known === undefined && (isAbsolute(path) || !insideFolder(file, dirname(from)))) return undefined;
    const status = statSync(file);
    if (!status.isFile() || status.size > MOST_BYTES) return undefined;
    return { file: known ?? file, text: readConfigText(file) };
  } catch {
    return undefined;
  }
}

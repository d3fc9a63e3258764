import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, normalize } from "node:path";
import { expandGlob } from "./expand-glob.ts";
import { insideFolder } from "./inside-folder.ts";
import { Fault } from "./net/fault.ts";
import { printable } from "./net/printable.ts";
import { type CheckOptions, type CheckResult, type ConfigFile, check } from "./path/check.ts";
import { READERS } from "./path/read/index.ts";

/** Largest file that is taken for configuration. */
const MOST_BYTES = 4_194_304;
/** Files that a folder may hold. */
const MOST_FILES = 10_000;

/** What to do with files beside checking them. */
export type CheckFilesOptions = Omit<CheckOptions, "readers" | "load" | "expand">;

/** Reads files and folders of configuration, and those that they name, and checks them. Writes nothing. */
export function checkFiles(paths: readonly string[], options: CheckFilesOptions = {}): CheckResult {
  const all = paths.flatMap((path) => (path === "-" ? [{ file: "-", text: readText(0, "-") }] : filesAt(path)));
  const named = new Map<string, string>();
  // A file that is named twice, by whatever ways, is one file.
  const files = all.filter(({ file }) => {
    if (file === "-") return true;
    const real = realpathSync(file);
    return named.get(real) === undefined && named.set(real, file);
  });
  const load = (path: string, from: string): ConfigFile | undefined => loadFrom(path, from, named);
  const expand = (pattern: string, from: string): readonly string[] | undefined =>
    expandGlob(besideIt(pattern), dirname(from));
  return check(files, { ...options, readers: READERS, load, expand });
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
    return { file: known ?? file, text: readFileSync(file, "utf8") };
  } catch {
    return undefined;
  }
}

/** What is taken for configuration by its name alone. */
const CONFIGURATION = /\.(?:ya?ml|json|conf|cfg|properties|txt|toml|dockerfile)$|^(?:Docker|Container)file/i;
/** Scripts and units: taken if a reader knows a command line in them, else passed over. */
const SCRIPT = /\.(?:sh|bash|service|py)$|^Procfile/i;

function filesAt(path: string): readonly ConfigFile[] {
  const status = statOf(path);
  if (!status.isDirectory()) return [{ file: normalize(path), text: readText(path, path) }];
  const names = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && (CONFIGURATION.test(entry.name) || SCRIPT.test(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/(^|\/)(node_modules|\.git)\//.test(file))
    .sort();
  if (names.length > MOST_FILES) {
    throw new Fault(
      "too-many-files",
      `${printable(path)} holds ${names.length} files.`,
      "Name the files, or fewer folders.",
    );
  }
  return names
    .map((file) => ({ file, text: readText(file, file), found: true }))
    .filter(
      ({ file, text }) =>
        CONFIGURATION.test(basename(file)) || READERS.some((reader) => reader.recognise(file, text) > 0),
    );
}

function statOf(path: string): ReturnType<typeof statSync> & object {
  try {
    return statSync(path);
  } catch {
    throw new Fault("no-such-file", `There is no file '${printable(path)}', or it cannot be read.`, "Check the name.");
  }
}

function readText(source: string | 0, name: string): string {
  try {
    const bytes = readFileSync(source);
    // One character too many, so that a reader sees that there is more than it takes.
    return bytes.subarray(0, MOST_BYTES + 1).toString("utf8");
  } catch {
    throw new Fault("unreadable", `'${printable(name)}' cannot be read.`, "Check its rights and that it is a file.");
  }
}

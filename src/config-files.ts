import { closeSync, constants, type Dirent, openSync, readdirSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, join, normalize } from "node:path";
import { insideFolder } from "./inside-folder.ts";
import { Fault } from "./net/fault.ts";
import { printable } from "./net/printable.ts";
import type { CheckedFile, ConfigFile } from "./path/check.ts";

/** Largest file that is taken for configuration. */
export const MOST_BYTES = 4_194_304;
/** Files that a folder may hold, and entries that are looked at in search of them. */
const MOST_FILES = 10_000;
const MOST_ENTRIES = 1_000_000;

/** Files that a path leads to, and what was passed over on the way. */
export interface FoundFiles {
  readonly files: readonly ConfigFile[];
  readonly passedOver: readonly CheckedFile[];
}

/** What is taken for configuration by its name alone. */
const CONFIGURATION = /\.(?:ya?ml|json|conf|cfg|properties|txt|toml|dockerfile)$|^(?:Docker|Container)file/i;
/** Scripts and units: taken if a reader knows a command line in them, else passed over. */
const SCRIPT = /\.(?:sh|bash|service|py)$|^Procfile/i;
/** Folders in which nobody keeps configuration of their own. */
const FOREIGN = /^(?:node_modules|\.git)$/;

/** Reads a file, standard input (`-`), or what a folder holds; `known` says whether some reader knows a script. */
export function filesAt(path: string, known: (file: ConfigFile) => boolean): FoundFiles {
  if (path === "-") return { files: [{ file: "-", text: readConfigText("-") }], passedOver: [] };
  if (!statOf(path).isDirectory()) {
    return { files: [{ file: normalize(path), text: readConfigText(path) }], passedOver: [] };
  }
  const { names, passedOver } = walk(path);
  if (names.length > MOST_FILES) {
    throw new Fault(
      "too-many-files",
      `${printable(path)} holds more than ${MOST_FILES} files.`,
      "Name the files, or fewer folders.",
    );
  }
  const files: ConfigFile[] = [];
  for (const file of names) {
    try {
      const found = { file, text: readConfigText(file), found: true };
      if (CONFIGURATION.test(basename(file)) || known(found)) files.push(found);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      passedOver.push(passed(file, "unreadable", "error", "cannot be read"));
    }
  }
  return { files, passedOver };
}

/** The files below a folder, sorted. Links are not followed: what they lead to is there anyway, or lies outside and is named. */
function walk(root: string): { readonly names: readonly string[]; readonly passedOver: CheckedFile[] } {
  const names: string[] = [];
  const passedOver: CheckedFile[] = [];
  const folders = [root];
  let entries = 0;
  for (let folder = folders.pop(); folder !== undefined && names.length <= MOST_FILES; folder = folders.pop()) {
    const inside = entriesOf(folder);
    if (inside === undefined) {
      passedOver.push(passed(folder, "unreadable", "error", "this folder cannot be read"));
      continue;
    }
    entries += inside.length;
    if (entries > MOST_ENTRIES) names.length = MOST_FILES + 1;
    for (const entry of inside) {
      const file = join(folder, entry.name);
      if (entry.isDirectory() && !FOREIGN.test(entry.name)) folders.push(file);
      else if (entry.isFile() && (CONFIGURATION.test(entry.name) || SCRIPT.test(entry.name))) names.push(file);
      else if (entry.isSymbolicLink() && leadsOut(file, root)) {
        passedOver.push(
          passed(file, "link-outside", "warning", "a link out of the folder, not followed: name what it leads to"),
        );
      }
    }
  }
  return { names: names.sort(), passedOver };
}

/** Whether a link leads to configuration, or a folder, that lies outside. */
function leadsOut(link: string, root: string): boolean {
  try {
    const isFolder = statSync(link).isDirectory();
    return (isFolder || CONFIGURATION.test(basename(link))) && !insideFolder(link, root);
  } catch {
    return false;
  }
}

function entriesOf(folder: string): readonly Dirent[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return undefined;
  }
}

const passed = (file: string, code: string, level: "error" | "warning", says: string): CheckedFile => ({
  file,
  kind: "unknown",
  problems: [{ file, line: 1, code, level, says }],
});

function statOf(path: string): ReturnType<typeof statSync> & object {
  try {
    return statSync(path);
  } catch {
    throw new Fault("no-such-file", `There is no file '${printable(path)}', or it cannot be read.`, "Check the name.");
  }
}

/** The text of a file, a pipe or standard input (`-`): as much as readers take and no more, whatever stands behind the name. */
export function readConfigText(source: string): string {
  try {
    return decoded(source === "-" ? readUpTo(0, []) : readSource(source));
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault("unreadable", `'${printable(source)}' cannot be read.`, "Check its rights and that it is a file.");
  }
}

function readSource(path: string): Buffer {
  // A pipe is opened without waiting first: one that nobody has open for writing would never end.
  const isPipe = statSync(path).isFIFO();
  const first = openSync(path, isPipe ? constants.O_RDONLY | constants.O_NONBLOCK : constants.O_RDONLY);
  try {
    if (!isPipe) return readUpTo(first, []);
    const begun = firstBytes(first, path);
    const waiting = openSync(path, constants.O_RDONLY);
    try {
      return readUpTo(waiting, [begun]);
    } finally {
      closeSync(waiting);
    }
  } finally {
    closeSync(first);
  }
}

/** What a pipe holds already. Nothing, with somebody there to write, is no end. */
function firstBytes(pipe: number, path: string): Buffer {
  const chunk = Buffer.alloc(65_536);
  try {
    const length = readSync(pipe, chunk);
    if (length > 0) return chunk.subarray(0, length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return Buffer.alloc(0);
    throw error;
  }
  throw new Fault("unreadable", `'${printable(path)}' is a pipe that nobody writes into.`, "Start the writer first.");
}

/** The rest of a file, up to one byte more than is taken. */
function readUpTo(descriptor: number, begun: readonly Buffer[]): Buffer {
  const chunks = [...begun];
  let length = begun.reduce((sum, chunk) => sum + chunk.length, 0);
  while (length <= MOST_BYTES) {
    // As much again as there is: most files are small, and a buffer costs more than they do.
    const chunk = Buffer.alloc(Math.min(Math.max(16_384, length), MOST_BYTES + 1 - length));
    const read = readSync(descriptor, chunk);
    if (read === 0) break;
    chunks.push(chunk.subarray(0, read));
    length += read;
  }
  return Buffer.concat(chunks);
}

/** Bytes as text: UTF-16 where its byte order mark says so, else UTF-8; without the mark. */
function decoded(bytes: Buffer): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  const text = new TextDecoder(encoding).decode(bytes.subarray(0, MOST_BYTES));
  // A file that was cut is told by its length, which counts characters: as many as it has bytes.
  return bytes.length > MOST_BYTES ? text.padEnd(MOST_BYTES + 1, "\n") : text;
}

/** The real name of something that was read; itself where there is none, as with pipes. */
export function realNameOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

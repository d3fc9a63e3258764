import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";

/** A source's name as it may be shown to people. */
export function nameOf(path: string): string {
  return path === "-" ? "standard input" : `'${printable(path)}'`;
}

/** The fault for a device: it may never end. */
export function deviceFault(path: string): Fault {
  return new Fault(
    "is-a-device",
    `${nameOf(path)} is a device, not a file or pipe.`,
    "Save what it gives to a file and name that.",
  );
}

/** Tells what a failed call to the file system means for the user, and what to try. */
export function asFault(error: unknown, path: string): Fault {
  if (error instanceof Fault) return error;
  const code = error instanceof Object && "code" in error ? String(error.code) : "";
  const name = nameOf(path);
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return new Fault("no-such-file", `There is no file ${name}.`, "Check the name; '-' reads standard input.");
    case "EISDIR":
      return new Fault("is-a-directory", `${name} is a directory.`, "Name the files in it, for instance with *.pcap.");
    case "EACCES":
    case "EPERM":
      return new Fault("no-permission", `${name} may not be read.`, "Change its permissions or run as its owner.");
    case "ENOSPC":
      return new Fault(
        "no-space",
        `The temporary folder is full: ${name} could not be kept for a second reading.`,
        "Set TMPDIR to a folder with room, or save the input to a file and name that.",
      );
    case "ERR_INVALID_ARG_VALUE":
    case "ENAMETOOLONG":
    case "ELOOP":
      return new Fault("bad-file-name", `${name} cannot be a file's name (${printable(code)}).`, "Check the name.");
    default:
      return new Fault(
        "unreadable-file",
        `${name} could not be read (${printable(code === "" ? String(error) : code)}).`,
        "Try to copy the file and read the copy.",
      );
  }
}

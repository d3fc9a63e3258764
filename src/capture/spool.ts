import { closeSync, mkdtempSync, openSync, read, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { asFault } from "./file-faults.ts";
import { HEAD, sniff, sniffCompression } from "./sniff.ts";

/** A file that can be read by position. */
export interface OpenFile {
  readonly fd: number;
  readonly close: () => void;
}

const PIECE: number = 1024 * 1024;
const RETRY_MS = 10;

/** Copies what can be read only once (a pipe) into a temporary file that nobody else can open. */
export async function spool(from: number, name: string): Promise<OpenFile> {
  let file: OpenFile | undefined;
  try {
    file = temporaryFile();
    const piece = new Uint8Array(PIECE);
    let length = 0;
    for (;;) {
      const got = await readSome(from, piece);
      if (got === 0) return file;
      writeAll(file.fd, piece.subarray(0, got));
      const judged = length >= HEAD;
      length += got;
      if (!judged && length >= HEAD && isHopeless(file.fd)) return file;
    }
  } catch (error) {
    file?.close();
    throw asFault(error, name);
  }
}

/** Does something at most once. */
export function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}

function temporaryFile(): OpenFile {
  const folder = mkdtempSync(join(tmpdir(), "halfopen-"));
  const remove = once(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const fd = openSync(join(folder, "spool"), "wx+", 0o600);
    const close = once(() => {
      closeSync(fd);
      remove();
    });
    // Gone from the folder at once where the system allows it: then even a crash leaves nothing behind.
    if (process.platform === "win32") process.once("exit", close);
    else remove();
    return { fd, close };
  } catch (error) {
    remove();
    throw error;
  }
}

const readPromise = promisify(read);

/** Reads in the thread pool; 0 at the end. A pipe that some other program made non-blocking says EAGAIN. */
async function readSome(fd: number, into: Uint8Array): Promise<number> {
  for (;;) {
    try {
      const { bytesRead } = await readPromise(fd, into, 0, into.length, null);
      return bytesRead;
    } catch (error) {
      const code = error instanceof Object && "code" in error ? error.code : undefined;
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) at += writeSync(fd, bytes, at);
}

/** Nothing that is read here begins like this: no need to keep the rest. */
function isHopeless(fd: number): boolean {
  const head = new Uint8Array(HEAD);
  readSync(fd, head, 0, HEAD, 0);
  return sniffCompression(head) === "none" && sniff(head) === "unknown";
}

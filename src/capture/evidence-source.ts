import { closeSync, fstatSync, open, readSync, type Stats } from "node:fs";
import { isatty } from "node:tty";
import { promisify } from "node:util";
import { Fault } from "../net/fault.ts";
import type { Compression } from "./batch.ts";
import { asFault, deviceFault } from "./file-faults.ts";
import { inflate } from "./inflate.ts";
import { type EvidenceKind, HEAD, sniff, sniffCompression } from "./sniff.ts";
import { type OpenFile, once, spool } from "./spool.ts";

/** A file, or standard input, opened for reading as often as needed. */
export interface EvidenceSource {
  /** As the user wrote it, `-` for standard input. Not safe to print: see `printable`. */
  readonly name: string;
  /** Bytes of the file (compressed as it is), if known. */
  readonly size: number | undefined;
  /** Found by content. */
  readonly kind: EvidenceKind;
  readonly compression: Compression;
  /** Open for reading by position; valid until `close`. */
  readonly fd: number;
  close(): void;
}

/** Opens evidence. Pipes are first copied to a private temporary file, since they are read twice. */
export async function openSource(path: string): Promise<EvidenceSource> {
  const file = await openFile(path);
  try {
    const size = fstatSync(file.fd).size;
    const head = new Uint8Array(HEAD);
    const length = readSync(file.fd, head, 0, HEAD, 0);
    const compression = sniffCompression(head.subarray(0, length));
    const start = compression === "none" ? head.subarray(0, length) : await inflatedHead(file.fd, compression);
    return { name: path, size, kind: sniff(start), compression, fd: file.fd, close: file.close };
  } catch (error) {
    file.close();
    throw asFault(error, path);
  }
}

async function openFile(path: string): Promise<OpenFile> {
  if (path === "-") {
    return await openStandardInput();
  }
  let fd: number;
  try {
    fd = await openWithoutBlocking(path, "r");
  } catch (error) {
    throw asFault(error, path);
  }
  const stat = fstatSync(fd);
  if (stat.isFile()) return { fd, close: once(() => closeSync(fd)) };
  try {
    if (stat.isDirectory()) throw asFault({ code: "EISDIR" }, path);
    if (isDevice(stat)) throw deviceFault(path);
    return await spool(fd, path);
  } finally {
    closeSync(fd);
  }
}

/** `< file` can be read by position; a pipe can't. */
async function openStandardInput(): Promise<OpenFile> {
  if (isatty(0)) {
    throw new Fault(
      "no-input",
      "Standard input is a terminal, not a file or pipe.",
      "Pipe a capture into it: … | halfopen explain -",
    );
  }
  try {
    const stat = fstatSync(0);
    if (isDevice(stat)) throw deviceFault("-");
    return stat.isFile() ? { fd: 0, close: () => {} } : await spool(0, "-");
  } catch (error) {
    throw asFault(error, "-");
  }
}

/** Devices may never end, so they are not copied. */
const isDevice = (stat: Stats): boolean => stat.isCharacterDevice() || stat.isBlockDevice();

/** Opens in the thread pool: a named pipe waits there for its writer. */
const openWithoutBlocking = promisify(open);

/** The first inflated bytes; one step is enough, however much the file would inflate to. */
async function inflatedHead(fd: number, compression: "gzip" | "zstd"): Promise<Uint8Array> {
  const head = new Uint8Array(HEAD);
  let length = 0;
  const onBytes = (bytes: Uint8Array): boolean => {
    head.set(bytes.subarray(0, HEAD - length), length);
    length = Math.min(HEAD, length + bytes.length);
    return length < HEAD;
  };
  await inflate(fd, { compression, onBytes });
  return head.subarray(0, length);
}

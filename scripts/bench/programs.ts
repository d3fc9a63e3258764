/** The programs that are measured beside halfopen, and how each is called. */

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Program {
  /** As it stands in the table. */
  readonly name: string;
  readonly command: string;
  readonly args: (file: string) => readonly string[];
  /** How often it runs; the median counts. */
  readonly runs: number;
  readonly limitSeconds: number;
  /** Set beside the environment it inherits. */
  readonly env?: Readonly<Record<string, string>>;
  /** Set for halfopen itself, whose output and exit code are looked at. */
  readonly own?: boolean;
}

const root = join(import.meta.dirname, "../..");
const launcher = join(root, "halfopen");
const tcpOnly = join(root, ".bench/wireshark-tcp-only");
/** Protocols that stay on in `TSHARK_TCP_ONLY`. */
const KEPT: ReadonlySet<string> = new Set(["frame", "eth", "ethertype", "vlan", "ip", "ipv6", "tcp", "data"]);
const FAST = { runs: 5, limitSeconds: 120 };
const SLOW = { runs: 1, limitSeconds: 1800 };

export const SURVEY: Program = {
  name: "halfopen survey",
  command: launcher,
  args: (file) => ["flows", file, "--summary"],
  own: true,
  ...FAST,
};

export const EXPLAIN: Program = {
  name: "halfopen explain",
  command: launcher,
  args: (file) => ["explain", file, "--format", "json"],
  own: true,
  ...FAST,
};

export const CAT: Program = { name: "cat", command: "cat", args: (file) => [file], ...FAST };

// As root tcpdump gives its rights up before it opens the file; -Z root keeps them.
const tcpdumpUser = process.getuid?.() === 0 ? ["-Z", "root"] : [];

export const TCPDUMP: Program = {
  name: "tcpdump",
  command: "tcpdump",
  args: (file) => [...tcpdumpUser, "-r", file, "-w", "/dev/null", "tcp"],
  ...FAST,
};

export const CAPINFOS: Program = {
  name: "capinfos -c",
  command: "capinfos",
  args: (file) => ["-c", file],
  ...FAST,
};

export const TCPTRACE: Program = {
  name: "tcptrace -n",
  command: "tcptrace",
  args: (file) => ["-n", file],
  runs: 1,
  limitSeconds: 900,
};

export const TSHARK: Program = {
  name: "tshark conv,tcp",
  command: "tshark",
  args: (file) => ["-q", "-z", "conv,tcp", "-r", file],
  ...SLOW,
};

/** The same with every dissector above TCP switched off: the least tshark can do for this job. */
export const TSHARK_TCP_ONLY: Program = {
  ...TSHARK,
  name: "tshark conv,tcp, TCP only",
  env: { WIRESHARK_CONFIG_DIR: tcpOnly },
};

export const TSHARK_EXPERT: Program = {
  name: "tshark expert",
  command: "tshark",
  args: (file) => ["-q", "-z", "expert", "-r", file],
  ...SLOW,
};

export const GUNZIP: Program = {
  name: "gzip -dc",
  command: "gzip",
  args: (file) => ["-dc", file],
  ...FAST,
};

export const NODE_INFLATE: Program = {
  name: "node:zlib inflate",
  command: process.execPath,
  args: (file) => [join(import.meta.dirname, "inflate.ts"), file],
  ...FAST,
};

/** Writes the Wireshark settings that `TSHARK_TCP_ONLY` runs with; nothing where tshark is not installed. */
export function writeTcpOnlySettings(): void {
  if (versionOf(TSHARK) === undefined) return;
  const listed = outputOf("tshark", ["-G", "protocols"]).trim().split("\n");
  const off = listed.map((line) => line.split("\t")[2] ?? "").filter((name) => !KEPT.has(name));
  mkdirSync(tcpOnly, { recursive: true });
  writeFileSync(join(tcpOnly, "disabled_protos"), `${off.join("\n")}\n`);
}

/** The first line a program says of its version, or undefined when it is not installed. */
export function versionOf(program: Program): string | undefined {
  if (program.command.includes("/")) return "";
  for (const flag of ["--version", "-version"]) {
    try {
      return outputOf(program.command, [flag]).trim().split("\n")[0] ?? "";
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    }
  }
  return "";
}

function outputOf(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

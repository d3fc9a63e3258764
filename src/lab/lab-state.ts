import { randomInt } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Fault } from "../net/fault.ts";

/** Who a run belongs to: a process, and when it began, since numbers of processes come again. */
interface Owner {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat (proc_pid_stat(5)): clock ticks since boot. */
  readonly started: string;
  readonly network: number;
}

export interface OpenRun {
  readonly folder: string;
  /** 0 to 255: the second number of each of the run's addresses. */
  readonly network: number;
}

const NETWORKS = 256;

/** The folder below which every run of this user has its own. */
export const runsFolder = (): string => join(tmpdir(), `halfopen-lab-${userInfo().uid}`);

/**
 * Makes a run's folder and gives it addresses that no other living run of this user has: namespaces keep the packets of runs apart, but the kernel's trace
 * tells its hosts by address alone (and those of other users' runs, whose networks are not known here). Throws a `Fault` where every network has its run.
 */
export function openRun(suffix: string): OpenRun {
  mkdirSync(runsFolder(), { recursive: true, mode: 0o700 });
  const folder = join(runsFolder(), suffix);
  for (;;) {
    const taken = networksBut(suffix);
    const free = [...Array(NETWORKS).keys()].filter((network) => !taken.has(network));
    const network = free[randomInt(Math.max(1, free.length))];
    if (network === undefined)
      throw new Fault(
        "lab-full",
        `${NETWORKS} runs are under way; there are no addresses for another.`,
        "Wait for one to end.",
      );
    // It appears among the runs with its owner in it: another command that looks just then finds it alive.
    const made = mkdtempSync(`${runsFolder()}-new-`);
    for (const part of ["config", "evidence", "truth", "proxy"]) mkdirSync(join(made, part));
    const owner: Owner = { pid: process.pid, started: startOf(process.pid) ?? "", network };
    writeFileSync(join(made, "owner.json"), JSON.stringify(owner));
    renameSync(made, folder);
    // Two that chose at one time see each other now, and both choose again.
    if (!networksBut(suffix).has(network)) return { folder, network };
    rmSync(folder, { recursive: true, force: true });
  }
}

function networksBut(suffix: string): ReadonlySet<number> {
  const others = readdirSync(runsFolder()).filter((other) => other !== suffix);
  return new Set(others.flatMap((other) => livingOwner(join(runsFolder(), other))?.network ?? []));
}

/**
 * Removes what runs left whose process is gone, killed before it could. Their programs, namespaces, cables and rules went with them: only files
 * are left. Gives the names of those removed.
 */
export function cleanLeftovers(): readonly string[] {
  if (!existsSync(runsFolder())) return [];
  const left = readdirSync(runsFolder()).filter((suffix) => livingOwner(join(runsFolder(), suffix)) === undefined);
  for (const suffix of left) rmSync(join(runsFolder(), suffix), { recursive: true, force: true });
  return left;
}

/** Absent where its process is gone. */
function livingOwner(folder: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(join(folder, "owner.json"), "utf8")) as Owner;
    return startOf(owner.pid) === owner.started ? owner : undefined;
  } catch {
    return undefined;
  }
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is a name in parentheses that may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

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

/** Who a run belongs to: a process, and when it began, since numbers of processes come again. */
interface Owner {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat (proc_pid_stat(5)): clock ticks since boot. */
  readonly started: string;
}

/** The folder below which every run of this user has its own. */
export const runsFolder = (): string => join(tmpdir(), `halfopen-lab-${userInfo().uid}`);

/** Makes a run's folder. It appears among the runs with its owner in it: another command that looks just then finds it alive. */
export function openRun(suffix: string): string {
  mkdirSync(runsFolder(), { recursive: true, mode: 0o700 });
  const made = mkdtempSync(`${runsFolder()}-new-`);
  for (const part of ["config", "evidence", "truth", "proxy"]) mkdirSync(join(made, part));
  const owner: Owner = { pid: process.pid, started: startOf(process.pid) ?? "" };
  writeFileSync(join(made, "owner.json"), JSON.stringify(owner));
  const folder = join(runsFolder(), suffix);
  renameSync(made, folder);
  return folder;
}

/**
 * Removes what runs left whose process is gone, killed before it could. Their programs, namespaces, cables and rules went with them: only files
 * are left. Gives the names of those removed.
 */
export function cleanLeftovers(): readonly string[] {
  if (!existsSync(runsFolder())) return [];
  const left = readdirSync(runsFolder()).filter((suffix) => !isAlive(join(runsFolder(), suffix)));
  for (const suffix of left) rmSync(join(runsFolder(), suffix), { recursive: true, force: true });
  return left;
}

function isAlive(folder: string): boolean {
  try {
    const { pid, started } = JSON.parse(readFileSync(join(folder, "owner.json"), "utf8")) as Owner;
    return startOf(pid) === started;
  } catch {
    return false;
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

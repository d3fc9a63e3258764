import { Flags, programName, shellWords, type Word } from "../argv.ts";
import type { HopNotes, Reading, Written } from "../reading.ts";
import type { Started } from "./container.ts";
import {
  readApiServer,
  readControllerManager,
  readKubelet,
  readKubeProxy,
  readKubernetesClient,
} from "./kubernetes-parts.ts";
import { readGunicorn, readHypercorn, readUvicorn } from "./python-servers.ts";

export interface Command {
  readonly reading: Reading;
  readonly name: string;
  readonly line: number;
  readonly key: string;
  readonly words: readonly Word[];
  readonly env: (name: string) => Written | undefined;
  readonly version?: string | undefined;
}

const PROGRAMS: ReadonlyMap<string, (started: Started) => HopNotes | undefined> = new Map<
  string,
  (started: Started) => HopNotes | undefined
>([
  ["kube-apiserver", readApiServer],
  ["kube-controller-manager", readControllerManager],
  ["kubelet", readKubelet],
  ["kube-proxy", readKubeProxy],
  ["kube-scheduler", (started) => readKubernetesClient(started)],
  ["uvicorn", readUvicorn],
  ["gunicorn", readGunicorn],
  ["hypercorn", readHypercorn],
]);

/**
 * Reads the command line of a program that is known. `sh -c "…"`, `exec`, `python -m` and what else stands before its name are
 * passed over. Gives the server's hop, if it is one, for what else is known of it. Nothing is run.
 */
export function readCommand({ words, version, ...command }: Command): HopNotes | undefined {
  const all = words.flatMap((word) =>
    /\s/.test(word.text) && word.text.length < 20_000 ? shellWords(word.text, word.line) : [word],
  );
  const at = all.findIndex(
    ({ text }, i) =>
      PROGRAMS.has(programName(text)) &&
      !(all[i - 1]?.text.startsWith("-") && all[i - 1]?.text !== "-m" && all[i - 1]?.text !== "-c"),
  );
  if (at < 0) {
    readKubernetesClient({ ...command, flags: new Flags([]), version: undefined }, true);
    return undefined;
  }
  const program = programName(all[at]?.text ?? "");
  const control = program.startsWith("kube");
  const started: Started = { ...command, flags: new Flags(all.slice(at + 1)), version: control ? version : undefined };
  return PROGRAMS.get(program)?.(started) ?? undefined;
}

/** Names of programs whose command lines are read. */
export const PROGRAM_NAMES: readonly string[] = [...PROGRAMS.keys()];

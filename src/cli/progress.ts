import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Progress } from "../gather-evidence.ts";
import { printable } from "../net/printable.ts";

/** Reading less than this takes no time worth a bar. */
const LONG = 64 * 1024 * 1024;

/** Shows how far a long reading has come, on standard error. */
export interface ProgressBar {
  readonly onProgress?: (progress: Progress) => void;
  /** Removes the bar. */
  stop(): void;
}

/** A bar if standard error is a terminal and a file is long, otherwise nothing. */
export async function progressBar(paths: readonly string[]): Promise<ProgressBar> {
  if (!process.stderr.isTTY || !(await isLong(paths))) return { stop: () => {} };
  const { SingleBar } = (await import("cli-progress")).default;
  // Cursor and line wrap stay as they are: an interrupt ends the process at once and could not bring them back.
  const bar = new SingleBar({
    format: "{what}  {bar} {percentage}%  {eta_formatted} left",
    clearOnComplete: true,
    hideCursor: false,
    linewrap: true,
    barsize: 30,
    stream: process.stderr,
  });
  let what = "";
  return {
    onProgress: ({ file, phase, bytesRead, totalBytes }) => {
      if (totalBytes === undefined) return;
      const now = `${phase === "survey" ? "reading" : "looking closely at"} ${printable(basename(file)).slice(0, 40)}`;
      if (now !== what) {
        if (what !== "") bar.stop();
        what = now;
        bar.start(totalBytes, bytesRead, { what });
      } else bar.update(bytesRead);
    },
    stop: () => bar.stop(),
  };
}

async function isLong(paths: readonly string[]): Promise<boolean> {
  const sizes = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        (file) => (file.isDirectory() ? LONG : file.size),
        () => 0,
      ),
    ),
  );
  return sizes.some((size) => size >= LONG);
}

import { realpathSync } from "node:fs";
import { isAbsolute, relative } from "node:path";

/** Whether a file or folder that exists really lies in a folder, once symbolic links are followed. */
export function insideFolder(path: string, folder: string): boolean {
  try {
    const way = relative(realpathSync(folder), realpathSync(path));
    return !isAbsolute(way) && way !== ".." && !/^\.\.[/\\]/.test(way);
  } catch {
    return false;
  }
}

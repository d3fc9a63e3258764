import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AS_NOBODY } from "./unshare-arguments.ts";
import { perform } from "./world-process.ts";

/** `antechamber FOLDER`: without root, makes the private /run while it may mount, and starts `world` in the namespaces that are its own. */
await perform({ argv: ["mount", "-t", "tmpfs", "tmpfs", "/run"] });
mkdirSync("/run/netns");
const here = fileURLToPath(import.meta.url);
const world = join(dirname(here), `world${extname(here)}`);
const child = spawn("unshare", [...AS_NOBODY, process.execPath, world, process.argv[2] ?? "", "mounted"], {
  stdio: "inherit",
});
child.on("close", (code) => process.exit(code ?? 1));

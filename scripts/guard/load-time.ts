/**
 * How long `import "halfopen/guard"` takes, set against 20 ms, and what it loads: `node scripts/guard/load-time.ts`, after `npm run build`. Exits 1 where
 * it loads what is not its own. The time of the best run by the clock is what counts; a busy machine makes it longer, and the processor's time holds
 * that of V8's other threads as well.
 */
import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";

const LIMIT_MS = 20;
const TIMES = 21;
const door = JSON.stringify(join(resolve(import.meta.dirname, "../../dist"), "guard/index.js"));
const code = `
  const used = process.cpuUsage();
  const before = performance.now();
  await import(${door});
  const { user, system } = process.cpuUsage(used);
  console.log(performance.now() - before, (user + system) / 1000);
`;
const runs = Array.from({ length: TIMES }, () =>
  execFileSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" }).split(" ").map(Number),
);
const sorted = (column: number): readonly number[] => runs.map((run) => run[column] ?? 0).sort((a, b) => a - b);
const told = (times: readonly number[]): string =>
  `${times[0]?.toFixed(1)} ms at best, median ${times[Math.floor(TIMES / 2)]?.toFixed(1)} ms`;

const trace = `
  import { registerHooks } from "node:module";
  registerHooks({ load: (url, context, next) => { console.log(url); return next(url, context); } });
  await import(${door});
`;
const hooked = ["--no-warnings", "--input-type=module", "--eval", trace];
const loaded = execFileSync(process.execPath, hooked, { encoding: "utf8" }).split("\n");
const files = loaded.filter((url) => url.startsWith("file:"));
const strangers = files.filter((url) => !url.includes("/dist/guard/"));
console.log(`load time of ${TIMES} runs: ${told(sorted(0))}; of the processor: ${told(sorted(1))}`);
console.log(`loaded: ${files.length - strangers.length} files of the room, ${strangers.length} others`);
for (const url of strangers) console.log(url);
console.log(
  (sorted(0)[0] ?? 0) <= LIMIT_MS ? `within the target of ${LIMIT_MS} ms` : `over the target of ${LIMIT_MS} ms`,
);
if (strangers.length > 0) process.exitCode = 1;

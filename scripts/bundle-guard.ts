/**
 * After `tsc`: puts the room of `halfopen/guard` into the one file that is its door, dist/guard/index.js. A service imports it each time it starts, and
 * most of that time went into finding and opening 49 files (docs/decisions/0018). The declarations stay file for file, and so do the modules, which other rooms import.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";

const door = join(import.meta.dirname, "../dist/guard/index.js");
const room = await rolldown({
  input: door,
  platform: "node",
  // No package has a place in it.
  external: (name) => name.startsWith("node:"),
  onLog(_level, { message }) {
    throw new Error(`putting ${door} into one file: ${message}`);
  },
});
const { output } = await room.generate({ format: "esm" });
if (output.length !== 1) throw new Error(`putting ${door} into one file made ${output.length}`);
writeFileSync(door, output[0].code);

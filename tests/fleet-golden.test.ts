import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runHalfopen } from "./helpers/command-line.ts";

/**
 * What halfopen says of stories that it simulates, word for word, and what the documents quote of it. After a meant change of the engine
 * or of the words write them anew with HALFOPEN_GOLDEN=write, and read the difference as a user would.
 */
const WRITE = process.env.HALFOPEN_GOLDEN === "write";
const ROOT = join(import.meta.dirname, "..");
const GOLDEN = join(import.meta.dirname, "golden-fleet");

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  "rolling-update-imbalance.txt": ["simulate", "rolling-update-imbalance", "--all-variants", "--seeds", "5"],
  "goaway-behind-network-balancer.txt": [
    "simulate",
    "goaway-behind-network-balancer",
    "--all-variants",
    "--seeds",
    "10",
  ],
  "hairpin-loopback.txt": ["simulate", "hairpin-loopback", "--all-variants", "--seeds", "4"],
  "short.json": [
    "simulate",
    "goaway-behind-network-balancer",
    "--seeds",
    "2",
    "--duration",
    "65s",
    "--step",
    "13s",
    "--format",
    "json",
  ],
  "calibration.txt": [
    "calibrate",
    "rolling-update-imbalance",
    ...["--half-life", "3m", "--reconnects-per-second", "5", "--most-seeds", "32"],
  ],
  "calibration-none.txt": [
    "calibrate",
    "goaway-behind-network-balancer",
    ...["--half-life", "8m", "--collisions", "1%", "--chances", "0.00005,0.001,0.02", "--most-seeds", "16"],
  ],
};

test.each(Object.entries(COMMANDS))("%s", (name, args) => {
  const { code, out, err } = runHalfopen([...args, ...(name.endsWith(".txt") ? ["--width", "80"] : [])]);
  expect({ code: code === 0 || code === 1, err }).toEqual({ code: true, err: "" });
  const file = join(GOLDEN, name);
  if (WRITE) writeFileSync(file, out);
  expect(out).toBe(readFileSync(file, "utf8"));
});

test.each([
  ["README.md", "simulated", "rolling-update-imbalance.txt", /\n+goaway-chance ─[\s\S]*$/],
  ["docs/simulate.md", "story", "goaway-behind-network-balancer.txt", /\n+The story ─[\s\S]*$/],
  ["docs/simulate.md", "charts", "rolling-update-imbalance.txt", /^[\s\S]*?\n(?=base ─)/],
  ["docs/simulate.md", "calibrated", "calibration.txt", /$^/],
])("%s quotes %s", (document, mark, golden, without) => {
  const text = `\`\`\`\n${readFileSync(join(GOLDEN, golden), "utf8").replace(without, "").trimEnd()}\n\`\`\`\n`;
  const file = join(ROOT, document);
  const place = new RegExp(`(?<=<!-- ${mark} -->\n)[^]*(?=<!-- /${mark} -->)`);
  if (WRITE) {
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace(place, () => text),
    );
  }
  expect(place.exec(readFileSync(file, "utf8"))?.[0]).toBe(text);
});

/**
 * Makes the module that a page of plots is built from: uPlot's code and style, and the page's own from `web/fleet/`, each with the hash that
 * the page's policy admits it by. Run it after a change of either: `node scripts/embed-page.ts`.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderAssets } from "./embed-page/render-assets.ts";

const root = join(import.meta.dirname, "..");
const text = renderAssets(root);
writeFileSync(join(root, "src/report/fleet/page-assets.ts"), text);
console.log(`src/report/fleet/page-assets.ts: ${text.length} characters`);

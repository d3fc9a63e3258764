/**
 * Makes what is derived from `catalogue/*.yaml` and from the table of settings: the module that the program looks things up in, the
 * catalogue's page in docs/, the schema of `path.yaml` and the tables of its page. Run it after a change of either:
 * `node scripts/catalogue.ts`.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withTables } from "./catalogue/path-page.ts";
import { pathSchema } from "./catalogue/path-schema.ts";
import { readProducts } from "./catalogue/read-products.ts";
import { renderModule } from "./catalogue/render-module.ts";
import { renderPage } from "./catalogue/render-page.ts";

const root = join(import.meta.dirname, "..");
const products = readProducts(join(root, "catalogue"));
writeFileSync(join(root, "src/catalogue/entries.ts"), renderModule(products));
writeFileSync(join(root, "docs/catalogue.md"), renderPage(products));
writeFileSync(join(root, "schema/path-1.schema.json"), pathSchema());
writeFileSync(join(root, "docs/path-yaml.md"), withTables(readFileSync(join(root, "docs/path-yaml.md"), "utf8")));
console.log(`${products.length} products, ${products.reduce((sum, p) => sum + p.entries.length, 0)} entries`);

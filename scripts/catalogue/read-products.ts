import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { CatalogueProduct } from "../../src/catalogue/entry.ts";

/** The products of a folder of YAML files, in the order of their names. Their shape is tests/catalogue-data.test.ts's business. */
export function readProducts(folder: string): readonly CatalogueProduct[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .map((file) => parse(readFileSync(join(folder, file), "utf8")) as CatalogueProduct);
}

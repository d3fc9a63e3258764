import type { CatalogueProduct } from "../../src/catalogue/entry.ts";

/** The catalogue as a module, one entry a line, so that looking things up needs no files. */
export function renderModule(products: readonly CatalogueProduct[]): string {
  const lines = products.flatMap(({ entries, ...product }) => [
    `  ${JSON.stringify(product).slice(0, -1)},"entries":[`,
    ...entries.map((entry) => `    ${JSON.stringify(entry)},`),
    "  ]},",
  ]);
  return [
    "// Made by scripts/catalogue.ts from catalogue/*.yaml: change those.",
    'import type { CatalogueProduct } from "./entry.ts";',
    "",
    "/** Every product, sorted by name. */",
    "export const PRODUCTS: readonly CatalogueProduct[] = [",
    ...lines,
    "];",
    "",
  ].join("\n");
}

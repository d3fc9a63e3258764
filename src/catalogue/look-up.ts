import { PRODUCTS } from "./entries.ts";
import type { CatalogueEntry, CatalogueProduct } from "./entry.ts";
import { inVersionRange } from "./version-range.ts";

const byName: ReadonlyMap<string, CatalogueProduct> = new Map(PRODUCTS.map((product) => [product.product, product]));
const byId: ReadonlyMap<string, CatalogueEntry> = new Map(
  PRODUCTS.flatMap(({ entries }) => entries.map((entry) => [entry.id, entry] as const)),
);

/** The product of that name. */
export const productNamed = (name: string): CatalogueProduct | undefined => byName.get(name);

/** The entry of that id. */
export const entryOf = (id: string): CatalogueEntry | undefined => byId.get(id);

/** The entries of a product that hold for a version (the newest where it is not known). */
export function entriesFor(product: string, version?: string): readonly CatalogueEntry[] {
  return byName.get(product)?.entries.filter((entry) => inVersionRange(version, entry.versions)) ?? [];
}

/** A figure of an entry in the units that paths use: milliseconds for times, infinity for never. */
export function inPathUnit(entry: CatalogueEntry, figure: number | "never"): number {
  if (figure === "never") return Number.POSITIVE_INFINITY;
  return entry.unit === "s" ? Math.round(figure * 1e6) / 1000 : figure;
}

/** Everything that has all the words, in any field, whatever their case: each product with those of its entries. */
export function searchCatalogue(words: readonly string[]): readonly CatalogueProduct[] {
  const wanted = words.flatMap((word) => word.toLowerCase().split(/\s+/)).filter((word) => word !== "");
  return PRODUCTS.flatMap((product) => {
    const about = `${product.product} ${product.name}`.toLowerCase();
    const entries = product.entries.filter((entry) => {
      const text = `${about} ${textOf(entry)}`;
      return wanted.every((word) => text.includes(word));
    });
    return entries.length > 0 ? [{ ...product, entries }] : [];
  });
}

const textOf = (entry: CatalogueEntry): string =>
  [
    entry.id,
    entry.title,
    entry.does,
    entry.protocol.join(" "),
    entry.set ?? "",
    entry.expiry ?? "",
    entry.governs.join(" "),
    entry.default === null ? "" : `${entry.default}${entry.unit === "s" || entry.unit === "ms" ? entry.unit : ""}`,
    entry.source,
    entry.note ?? "",
  ]
    .join(" ")
    .toLowerCase();

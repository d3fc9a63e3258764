import type { CatalogueEntry, CatalogueProduct } from "../../src/catalogue/entry.ts";
import { isVerified } from "../../src/catalogue/entry.ts";

/** The catalogue as a page: a table for each product. */
export function renderPage(products: readonly CatalogueProduct[]): string {
  const entries = products.flatMap((product) => product.entries);
  return [
    "# Catalogue of timeouts, limits and behaviours",
    "",
    `${products.length} products, ${entries.length} entries, ${entries.filter(isVerified).length} of them verified: read in source or in the vendor's documentation, or measured.`,
    "Others are marked ⚠ with how they are known; `halfopen check` uses them and says so. Made from `catalogue/*.yaml` by",
    "`node scripts/catalogue.ts`; `halfopen catalogue <words>` searches it.",
    "",
    ...products.flatMap(renderProduct),
  ].join("\n");
}

function renderProduct({ product, name, role, layer, client, entries }: CatalogueProduct): readonly string[] {
  return [
    `## ${name}`,
    "",
    `\`${product}\`, ${role}, layer ${layer}${client === undefined ? "" : `; opens connections as \`${client}\` does`}`,
    "",
    "| entry | what it is | towards | versions | default | range | set by | at expiry | source |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...entries.map(renderEntry),
    "",
  ];
}

function renderEntry(entry: CatalogueEntry): string {
  const cells = [
    `\`${entry.id.slice(entry.id.indexOf(".") + 1)}\``,
    entry.note === undefined ? entry.title : `${entry.title}. ${entry.note}`,
    entry.direction,
    entry.versions === "*" ? "all" : entry.versions,
    entry.default === null ? "not known" : figure(entry, entry.default),
    rangeOf(entry),
    entry.set ?? "fixed",
    entry.expiry ?? "",
    `${isVerified(entry) ? "" : `⚠ ${entry.confidence}: `}${entry.source} (${entry.read})`,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function rangeOf(entry: CatalogueEntry): string {
  const { least, most } = entry.range ?? {};
  if (least === undefined && most === undefined) return "";
  if (most === undefined) return `from ${figure(entry, least ?? 0)}`;
  return least === undefined ? `up to ${figure(entry, most)}` : `${least} to ${figure(entry, most)}`;
}

function figure({ unit }: CatalogueEntry, value: number | "never"): string {
  if (value === "never") return "never";
  if (unit === "flag") return value === 1 ? "on" : "off";
  return unit === "s" || unit === "ms" ? `${value} ${unit}` : String(value);
}

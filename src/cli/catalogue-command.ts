import type { CatalogueEntry, CatalogueProduct } from "../catalogue/entry.ts";
import { isVerified } from "../catalogue/entry.ts";
import { searchCatalogue } from "../catalogue/look-up.ts";
import { wrap } from "../report/lines.ts";
import { type Palette, paletteOf } from "../report/palette.ts";
import { type ColourOptions, wantsColour, widthOf, writeOut } from "./output.ts";

/** What `halfopen catalogue` was told. */
export interface CatalogueCommandOptions extends ColourOptions {
  readonly json?: boolean;
}

/** Looks words up in the catalogue of timeouts; gives 0, also when nothing was found. */
export async function catalogueCommand(words: readonly string[], options: CatalogueCommandOptions): Promise<number> {
  const products = searchCatalogue(words);
  if (options.json) {
    await writeOut([`${JSON.stringify({ schema: 1, products }, null, 2)}\n`]);
    return 0;
  }
  const palette = paletteOf(wantsColour(options));
  const width = widthOf(undefined);
  await writeOut(
    products.length === 0 ? ["Nothing in the catalogue has these words.\n"] : listed(products, palette, width),
  );
  return 0;
}

function* listed(products: readonly CatalogueProduct[], palette: Palette, width: number): Generator<string> {
  for (const { product, name, role, layer, entries } of products) {
    yield `${palette.strong(name)}  ${palette.dim(`${product}, ${role}, layer ${layer}`)}\n`;
    for (const entry of entries) yield* oneEntry(entry, palette, width);
    yield "\n";
  }
}

function* oneEntry(entry: CatalogueEntry, palette: Palette, width: number): Generator<string> {
  const versions = entry.versions === "*" ? "" : ` (version ${entry.versions})`;
  yield `  ${palette.mark(entry.id)}  ${entry.title}${versions}: ${palette.strong(figureOf(entry))}\n`;
  const { least, most } = entry.range ?? {};
  const range = least === undefined && most === undefined ? [] : [`range ${least ?? ""}–${most ?? ""} ${entry.unit}`];
  const facts = [
    entry.set === undefined ? "cannot be changed" : `set by ${entry.set}`,
    ...range,
    ...(entry.expiry === null ? [] : [`at expiry: ${entry.expiry}`]),
    `towards ${entry.direction}`,
    ...(entry.note === undefined ? [] : [entry.note.replace(/\.$/, "")]),
  ];
  for (const line of wrap(facts.join("; "), width - 6)) yield `      ${line}\n`;
  const known = isVerified(entry) ? palette.dim : palette.warn;
  for (const line of wrap(`${entry.confidence}: ${entry.source}, ${entry.read}`, width - 6))
    yield `      ${known(line)}\n`;
}

function figureOf({ default: figure, unit }: CatalogueEntry): string {
  if (figure === null) return "not known";
  if (figure === "never") return "never";
  if (unit === "flag") return figure === 1 ? "on" : "off";
  return unit === "s" || unit === "ms" ? `${figure} ${unit}` : String(figure);
}

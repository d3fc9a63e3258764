import type { CatalogueEntry } from "../catalogue/entry.ts";
import { entriesFor, entryOf, productNamed } from "../catalogue/look-up.ts";
import type { Hop } from "./hop.ts";

/**
 * What the catalogue says of a hop: the entries of its product and, where it opens connections with a library that the catalogue
 * knows (a kubelet is a client-go program), that library's; and of what a file's reader took from another product's.
 */
export function entriesOfHop({ product, version, role, layer, settings }: Hop): readonly CatalogueEntry[] {
  const all = product === undefined ? [] : entriesFor(product, version);
  // A proxy that only passes bytes on (HAProxy's mode tcp, nginx' stream) has nothing of what it does with HTTP.
  const bytesOnly = layer === 4 && product !== undefined && productNamed(product)?.layer === 7;
  const own = bytesOnly ? all.filter(({ protocol }) => protocol.some((name) => name === "tcp" || name === "any")) : all;
  const library = product === undefined || role === "detector" ? undefined : productNamed(product)?.client;
  const known = new Set(own.flatMap(({ governs }) => governs));
  const lent = library === undefined ? [] : entriesFor(library, version);
  const borrowed = [...settings.values()].flatMap(({ entry }) => (entry === undefined ? [] : (entryOf(entry) ?? [])));
  return [
    ...own,
    ...[...lent, ...borrowed].filter(
      ({ governs }) =>
        governs.some((key) => !known.has(key)) && governs.every((key) => !known.has(key) && known.add(key)),
    ),
  ];
}

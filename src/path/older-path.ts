import { entriesFor, productNamed } from "../catalogue/look-up.ts";
import { withDefaults } from "./defaults.ts";
import type { Hop, Path } from "./hop.ts";
import type { Setting, SettingKey } from "./setting.ts";

/** A version before every bound of the catalogue. */
const OLDEST = "0";

/**
 * The path with the oldest known defaults of every hop whose version is not stated, where those differ from the newest; and which
 * hops these are. Undefined where nothing depends on a version.
 */
export function olderPath(path: Path): { readonly older?: Path; readonly hops: readonly string[] } {
  const hops: string[] = [];
  const change = (hop: Hop): Hop => {
    const older = olderHop(hop);
    if (older !== hop) hops.push(hop.id);
    return older;
  };
  const older: Path = {
    ...path,
    hops: path.hops.map(change),
    detectors: path.detectors.map((detector) => ({ ...detector, hop: change(detector.hop) })),
  };
  return hops.length === 0 ? { hops } : { older, hops };
}

function olderHop(hop: Hop): Hop {
  if (hop.version !== undefined || hop.product === undefined) return hop;
  const bounded = productNamed(hop.product)?.entries.some(({ versions }) => versions.startsWith("<"));
  if (!bounded) return hop;
  const ruled = new Set(entriesFor(hop.product, OLDEST).flatMap(({ governs }) => governs));
  const settings = new Map<SettingKey, Setting>();
  for (const [key, setting] of hop.settings) {
    // Of what has no older figure the newest stands.
    if (setting.stated !== "assumed-default" || !ruled.has(key)) settings.set(key, setting);
  }
  return {
    ...withDefaults({ ...hop, version: OLDEST, settings }),
    ...(hop.protocol === undefined ? {} : { protocol: hop.protocol }),
  };
}

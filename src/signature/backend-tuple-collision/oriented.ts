import type { Segment, Side } from "../../session/segment.ts";
import { other } from "../trail-queries.ts";

/** Segments as if `client` were the client: swaps the sides where they were guessed the other way round. */
export function oriented(segments: readonly Segment[], client: Side): readonly Segment[] {
  if (client === "client") return segments;
  return segments.map((s) => ({ ...s, from: other(s.from) }));
}

import type { Scene, Segment } from "../scene.ts";

/**
 * Whether no connection of a segment is ever kept for a next request: its opener does not reuse any, or either end is done with
 * one after one request.
 */
export function neverIdle(
  scene: Pick<Scene, "value">,
  { opener, acceptor }: Pick<Segment, "opener" | "acceptor">,
): boolean {
  return (
    scene.value(opener, "reusesConnections") === 0 ||
    scene.value(opener, "poolMaxRequests") === 1 ||
    scene.value(acceptor, "maxRequests") === 1
  );
}

import type { Scene, Segment } from "../scene.ts";

/**
 * Whether no connection of a segment is ever kept for a next request: its opener does not reuse any, or either end is done with
 * one after one request.
 */
export function neverIdle(scene: Pick<Scene, "value" | "through">, segment: Segment): boolean {
  const { opener, acceptor, branch } = segment;
  // Who only passes bytes on closes when the ends are done.
  const whole = scene.through.find(
    (ends) =>
      ends.branch === branch &&
      (ends.opener === opener || ends.boxes.includes(opener)) &&
      (ends.acceptor === acceptor || ends.boxes.includes(acceptor)),
  );
  return [segment, ...(whole === undefined ? [] : [whole])].some(
    (ends) =>
      scene.value(ends.opener, "reusesConnections") === 0 ||
      scene.value(ends.opener, "poolMaxRequests") === 1 ||
      scene.value(ends.acceptor, "maxRequests") === 1,
  );
}

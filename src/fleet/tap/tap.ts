import { frontProtocol, type World } from "../app/world.ts";
import type { Links } from "../balancer/links.ts";
import { GoLog } from "./go-log.ts";
import { PacketCapture } from "./packet-capture.ts";
import { Chunks, DEFAULT_EPOCH, type Taps } from "./taps.ts";

/** Begins captures and logs of a simulation; gives what ends them. */
export function tap(world: World, links: Links, taps: Taps): () => void {
  const { kernel, places, bytes, actors, groups, scenario } = world;
  const chunks = new Chunks(taps.write);
  const epoch = taps.epoch ?? DEFAULT_EPOCH;
  const at = taps.at ?? usual(world);
  const capture = new PacketCapture({ kernel, places, bytes, write: taps.write, epoch, at });
  links.tap = capture;
  const groupOf = (actor: number): World["groups"][number] =>
    groups[actors[actor]?.group ?? 0] as World["groups"][number];
  const leader = actors.find(({ id }) => groupOf(id).clients.kind === "controller")?.id ?? 0;
  const group = (actor: number): string => groupOf(actor).name;
  const isKubernetes = (actor: number): boolean => groupOf(actor).clients.kind !== "plain";
  const now = (): number => kernel.now;
  const http2 = frontProtocol(scenario) === "http2";
  const { port } = scenario.network.servers;
  world.journal = new GoLog({ places, bytes, chunks, epoch, at, now, group, isKubernetes, leader, http2, port });
  return () => {
    capture.end();
    chunks.end();
  };
}

const FEW = 64;

function usual({ places, groups, actors }: World): (place: string) => boolean {
  if (places.names.length <= FEW) return () => true;
  const named = new Set<string>();
  for (const { group, place } of actors)
    if (groups[group]?.clients.kind === "controller") named.add(places.names[place] as string);
  for (const [place, kind] of places.kinds.entries()) if (kind === "server") named.add(places.names[place] as string);
  return (place) => named.has(place);
}

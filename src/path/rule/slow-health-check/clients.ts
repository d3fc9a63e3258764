import { type Hop, isMeant } from "../../hop.ts";
import type { Scene } from "../../scene.ts";

/** The hops through which a detector hears: the one named, or every client. */
export const clientsOf = (scene: Scene, id: string | undefined): readonly Hop[] =>
  scene.path.hops.filter((hop) => (id === undefined ? hop.role === "client" : isMeant(id, hop.id)));

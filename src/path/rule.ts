import type { Demand, Level } from "./demand.ts";
import type { Scene } from "./scene.ts";

/** One thing that can be wrong with a path. */
export interface Rule {
  /** Never renamed. */
  readonly id: string;
  /** One sentence that names what goes wrong, without a full stop. */
  readonly title: string;
  /** The worst level that it gives. */
  readonly level: Level;
  /** Ids of signatures: what `halfopen explain` calls the loss that follows. */
  readonly causes: readonly string[];
  readonly references: readonly string[];
  /** What it asks of a path. Pure; where a setting is not known it asks nothing. */
  readonly demands: (scene: Scene) => readonly Demand[];
}

import type { Story } from "./adapt.ts";
import type { LabOptions } from "./lab-options.ts";
import type { Command, PlannedFile, Program } from "./lab-plan.ts";
import type { Topology } from "./topology.ts";

/** What is played, where, and how. */
export interface Play {
  readonly scenario: Story;
  readonly topology: Topology;
  readonly options: LabOptions;
}

/** What is needed for it. */
export interface PlannedPrograms {
  readonly programs: readonly Program[];
  readonly files: readonly PlannedFile[];
  /** Rules and settings of the balancer's nodes. */
  readonly commands: readonly Command[];
  /** What programs do otherwise than the scenario says. */
  readonly said: readonly string[];
}

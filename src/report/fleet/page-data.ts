/** What the script of a page of plots reads: embedded in the page as JSON, drawn by `web/fleet/plots.ts`. */
export interface PageData {
  /** What can be drawn: the ways in which a scenario was run. The first is always drawn; with others, one of them beside it. */
  readonly arms: readonly { readonly name: string; readonly title: string }[];
  /** The arm that is drawn beside the first when the page opens. */
  readonly beside: number;
  readonly figures: readonly FigureData[];
}

/** One quantity, drawn once for each arm that is shown. */
export interface FigureData {
  readonly id: string;
  /** Pixels. */
  readonly height: number;
  readonly x: "time" | "linear" | "log";
  /** Default: linear from 0. */
  readonly y?: "log";
  /** What stands under the axis, where it is not time. */
  readonly xLabel?: string;
  /** One name a line; more than one: lines of the servers' colours and a legend. */
  readonly lines: readonly string[];
  /** Steps (a value holds until the next) or straight lines between points. */
  readonly drawn: "line" | "steps" | "points";
  /** The least upper end of the scale, so that noise near zero is not blown up. */
  readonly least: number;
  /** Figures after the point that are worth printing. */
  readonly decimals: number;
  /** By the arm's place; a figure with one panel is drawn once, whatever arm is chosen. */
  readonly panels: readonly PanelData[];
}

export interface PanelData {
  /** Seconds, or the figure's x. */
  readonly x: readonly number[];
  /** For each line its mean over the seeds. `null`: nothing is known there. */
  readonly mean: readonly Values[];
  /** For each line the ends of its 95 % interval; absent with one seed. */
  readonly low?: readonly Values[];
  readonly high?: readonly Values[];
  /** In place of both, where it reaches as far up as down (and not below 0): how far. */
  readonly half?: readonly Values[];
  /** For each line what the first seed gave. */
  readonly one?: readonly Values[];
  /** What happens in the story. */
  readonly marks: readonly { readonly from: number; readonly to?: number; readonly label: string }[];
  /** A line across: a target. */
  readonly limit?: { readonly y: number; readonly label: string };
  /** A line upright: what was chosen. */
  readonly chosen?: { readonly x: number; readonly label: string };
}

export type Values = readonly (number | null)[];

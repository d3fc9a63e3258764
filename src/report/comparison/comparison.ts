import type { Explanation } from "../../incident/explanation.ts";

/** Runs of one scenario and its variants beside each other, for a report: what was counted and what was found. */
export interface Comparison {
  readonly scenario: string;
  readonly title: string;
  readonly about: string;
  readonly kernel: string;
  readonly rows: readonly ComparedRun[];
}

export interface ComparedRun {
  /** `vanilla`, `base`, or a variant's name. */
  readonly name: string;
  readonly title: string;
  readonly kind: "vanilla" | "base" | "mitigation" | "variation";
  readonly seed: number;
  readonly timeScale: number;
  readonly seconds: number;
  /** What this run did differently from the scenario. */
  readonly adapted: readonly string[];
  /** Connections that the clients opened, of which so many were told to go away by their servers. */
  readonly opened: number;
  readonly toldToGo: number;
  /** SYNs on open connections, by the servers' kernels' own count. */
  readonly challenged: number;
  /** Lines of logs that say a connection was lost, and nodes that were said to be NotReady. */
  readonly lostInLogs: number;
  readonly notReady: number;
  /** What kubectl's watch met; absent: nobody watched. */
  readonly kubectl?: { readonly lost: number; readonly begun: number };
  readonly expected: string;
  readonly found: string;
  readonly agrees: boolean;
  /** By server, over time: the figures of the account. */
  readonly servers: readonly ServerSeries[];
  readonly explanation: Explanation;
}

/** What one server counted, at seconds since the start. */
export interface ServerSeries {
  readonly name: string;
  readonly points: readonly { readonly at: number; readonly connections: number; readonly requests: number }[];
}

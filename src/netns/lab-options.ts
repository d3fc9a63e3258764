import type { ProxySoftware } from "./proxy/proxy.ts";

/** What a plan needs to know besides the scenario. All of it is passed in: a plan is a function of its arguments. */
export interface LabOptions {
  /** Part of every name: 1 to 6 small letters and digits. */
  readonly suffix: string;
  readonly seed: number;
  /** Times of programs and balancers are divided by it. */
  readonly timeScale: number;
  /** The run ends after so long if nothing happens in its story, or half as long where no loss is expected; otherwise with what follows; absent: with the scenario. */
  readonly mostMs?: number;
  /** It ends as soon as its clients have told of the loss it is for. */
  readonly brief?: boolean;
  readonly variant?: string;
  /** 0 to 255: the second number of every address. */
  readonly network: number;
  /** The run's folder: configuration, and below it `evidence` and `truth`. */
  readonly folder: string;
  /** How a lab program in TypeScript is started: `node`, the folder of the programs and their ending. */
  readonly programs: { readonly node: string; readonly folder: string; readonly ending: ".ts" | ".js" };
  /** The folder of the Go programs that were built; absent: none. */
  readonly go?: string;
  /** The software of an application balancer; absent: nginx. */
  readonly proxy?: ProxySoftware;
  readonly tools: LabTools;
}

/** What this machine has, as far as a plan differs by it. */
export interface LabTools {
  /** How links can be delayed. */
  readonly delay: "netem" | "line" | "none";
  readonly conntrack: boolean;
  readonly ethtool: boolean;
  /** Whether somebody watches nodes with it. */
  readonly kubectl: boolean;
  /** The software that is there for application balancers. */
  readonly proxies: readonly ProxySoftware[];
}

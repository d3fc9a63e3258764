import type { Expectation } from "../scenario/scenario.ts";
import type { Enough } from "./enough.ts";
import type { ProxySoftware } from "./proxy/proxy.ts";

/**
 * Everything that a run does on the kernel, as data: nothing here has happened yet. Commands are lists of arguments, never texts for a
 * shell. The order is: files, `setUp`, `programs` (those with `early`), `taps`, snapshots, the other programs, `story`, `cut`, snapshots, `tearDown`.
 */
export interface LabPlan {
  readonly scenario: string;
  readonly variant?: string;
  /** The software of the application balancer; absent: there is none. */
  readonly proxy?: ProxySoftware;
  readonly seed: number;
  /** Times of programs and balancers were divided by it; the kernel's own timers are as they are. */
  readonly timeScale: number;
  /** From the first client's start to the end of the story. */
  readonly durationMs: number;
  /** When it may end sooner; absent: not before. */
  readonly enough?: Enough;
  readonly expect: Expectation;
  readonly hosts: readonly Host[];
  readonly files: readonly PlannedFile[];
  readonly setUp: readonly Command[];
  readonly taps: readonly Tap[];
  readonly programs: readonly Program[];
  /** Ordered by time. */
  readonly story: readonly Step[];
  /** When the story is over: no host hears another any more. */
  readonly cut: readonly Command[];
  readonly snapshots: readonly Snapshot[];
  readonly tearDown: readonly Command[];
  /** What this run does differently from the scenario, for a person; one sentence each. */
  readonly adapted: readonly string[];
}

export type HostKind = "router" | "balancer" | "proxy" | "server" | "nat" | "client";

export interface Host {
  readonly name: string;
  readonly kind: HostKind;
  /** The network namespace: the name with the run's suffix. */
  readonly namespace: string;
  /** Absent: the router, which has only the other ends. */
  readonly address?: string;
  /** The router's end of the host's cable; at most 15 characters (IFNAMSIZ, linux/if.h). */
  readonly link?: string;
  readonly zone: number;
}

export interface PlannedFile {
  /** Below the run's folder. */
  readonly path: string;
  readonly text: string;
}

export interface Command {
  /** The namespace it runs in; absent: the run's own, which has no network. */
  readonly namespace?: string;
  readonly argv: readonly string[];
  /** For standard input. */
  readonly input?: string;
  /** It may fail: what it does is of use, but not needed. */
  readonly mayFail?: true;
}

/** tcpdump at one place. */
export interface Tap {
  readonly host: string;
  readonly namespace: string;
  /** Below the evidence. */
  readonly file: string;
  readonly argv: readonly string[];
}

export interface Program {
  readonly name: string;
  readonly host: string;
  /** Absent: the run's own. */
  readonly namespace?: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Below the evidence: what it prints on standard output and error. */
  readonly log: string;
  /** A line that holds this text says that it is ready; absent: ready at once. */
  readonly ready?: string;
  /** Before the captures begin. */
  readonly early?: true;
  /** Before everything else: others need it. */
  readonly first?: true;
  /** Takes lines of JSON on standard input (`src/lab/programs/control.ts`). */
  readonly control?: true;
  /** It carries packets: when programs stop where they stand, a link does not. */
  readonly carries?: true;
  /** Its log is no evidence: nobody has such a program. */
  readonly inner?: true;
  /** The signal by which it reads its configuration again. */
  readonly reload?: "SIGHUP" | "SIGUSR2";
  /** Begins with the story, and again when it ends by itself. */
  readonly restarts?: true;
}

/** One thing that happens to the run. */
export type Step =
  | { readonly atMs: number; readonly kind: "run"; readonly command: Command }
  | {
      readonly atMs: number;
      readonly kind: "signal";
      readonly program: string;
      readonly signal: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGHUP" | "SIGUSR2";
    }
  /** With `down`, once it has ended by itself (at most so long is waited for that), and so long after; otherwise what runs of it is ended. Then, when it is ready, others are told. */
  | {
      readonly atMs: number;
      readonly kind: "start";
      readonly program: string;
      readonly down?: { readonly patienceMs: number; readonly forMs: number };
      readonly afterwards?: readonly Told[];
    }
  | { readonly atMs: number; readonly kind: "tell"; readonly program: string; readonly message: Message };

export interface Told {
  readonly program: string;
  readonly message: Message;
}

/** What a program is told while it runs. */
export type Message =
  | { readonly do: "start" }
  | { readonly do: "quiet"; readonly forMs: number }
  | { readonly do: "traffic"; readonly factor: number; readonly forMs: number }
  | { readonly do: "goaway-chance"; readonly chance: number }
  | { readonly do: "latency"; readonly addMs: number; readonly forMs: number }
  | { readonly do: "register"; readonly target: number }
  | { readonly do: "deregister"; readonly target: number; readonly delayMs: number; readonly reset: boolean }
  | { readonly do: "addresses"; readonly addresses: readonly string[] };

/** A command whose output is kept, once before the clients start and once at the end. */
export interface Snapshot extends Command {
  /** Below the evidence, or for `truth` below the truth; `%` stands for `before` and `after`. */
  readonly file: string;
  readonly when: "before" | "after" | "both";
  readonly truth?: true;
}

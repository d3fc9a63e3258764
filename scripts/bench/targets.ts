/** What halfopen promises of its speed and memory, judged against the figures of one run. */

/** One program on one capture. */
export interface Figure {
  readonly capture: string;
  readonly program: string;
  /** Median wall-clock seconds; undefined when it did not finish. */
  readonly seconds: number | undefined;
  /** Median processor time, shown beside the clock's; targets are judged by the clock. */
  readonly cpuSeconds: number | undefined;
  readonly peakMB: number | undefined;
  readonly packetsPerSecond?: number;
  readonly MBPerSecond?: number;
  /** Why there is no figure: not installed, stopped at the limit, failed. */
  readonly missing?: string;
}

export interface Verdict {
  readonly target: string;
  readonly capture: string;
  /** The figure that was compared, rounded. */
  readonly measured: number | undefined;
  /** undefined when a program that the target needs gave no figure. */
  readonly met: boolean | undefined;
}

interface Target {
  readonly text: string;
  readonly captures: readonly string[];
  readonly measure: (figures: Lookup) => number | undefined;
  readonly holds: (measured: number) => boolean;
}

type Lookup = (program: string) => Figure | undefined;

const MAIN = ["mixed", "small", "million"];

const TARGETS: readonly Target[] = [
  {
    text: "survey at least 25 times as fast as tshark conv,tcp",
    captures: MAIN,
    measure: (f) => ratio(f("tshark conv,tcp")?.seconds, f("halfopen survey")?.seconds),
    holds: (x) => x >= 25,
  },
  {
    text: "survey at least 3 times as fast as tcptrace",
    captures: MAIN,
    measure: (f) => ratio(f("tcptrace -n")?.seconds, f("halfopen survey")?.seconds),
    holds: (x) => x >= 3,
  },
  {
    text: "survey at most 1.6 times tcpdump's time",
    captures: MAIN,
    measure: (f) => ratio(f("halfopen survey")?.seconds, f("tcpdump")?.seconds),
    holds: (x) => x <= 1.6,
  },
  {
    text: "explain at most 1.3 times the survey when nothing was lost",
    captures: MAIN,
    measure: (f) => ratio(f("halfopen explain")?.seconds, f("halfopen survey")?.seconds),
    holds: (x) => x <= 1.3,
  },
  {
    text: "survey of 100,000 flows in less than 150 MB",
    captures: ["mixed", "small"],
    measure: (f) => f("halfopen survey")?.peakMB,
    holds: (x) => x < 150,
  },
  {
    text: "explain of 100,000 flows in less than 150 MB",
    captures: ["mixed", "small"],
    measure: (f) => f("halfopen explain")?.peakMB,
    holds: (x) => x < 150,
  },
  {
    text: "survey of 1,000,000 flows in less than 500 MB",
    captures: ["million"],
    measure: (f) => f("halfopen survey")?.peakMB,
    holds: (x) => x < 500,
  },
  {
    text: "explain of 1,000,000 flows in less than 500 MB",
    captures: ["million"],
    measure: (f) => f("halfopen explain")?.peakMB,
    holds: (x) => x < 500,
  },
  {
    text: "survey of gzip at most 1.2 times the faster of gzip -dc and node:zlib",
    captures: ["quarter.gz"],
    measure: (f) =>
      ratio(f("halfopen survey")?.seconds, least(f("gzip -dc")?.seconds, f("node:zlib inflate")?.seconds)),
    holds: (x) => x <= 1.2,
  },
  {
    text: "20 KB explained in less than 0.3 s from the shell",
    captures: ["tiny"],
    measure: (f) => f("halfopen explain")?.seconds,
    holds: (x) => x < 0.3,
  },
];

/** Judges every target on every capture it speaks of. */
export function judge(figures: readonly Figure[]): readonly Verdict[] {
  return TARGETS.flatMap((target) =>
    target.captures
      .filter((capture) => figures.some((figure) => figure.capture === capture))
      .map((capture): Verdict => {
        const lookup: Lookup = (program) =>
          figures.find((figure) => figure.capture === capture && figure.program === program);
        const measured = target.measure(lookup);
        const met = measured === undefined ? undefined : target.holds(measured);
        return { target: target.text, capture, measured: round(measured), met };
      }),
  );
}

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b;
}

function least(...values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function round(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toPrecision(3));
}

import { type CalibrateOptions, calibrate } from "../fleet/calibrate/calibrate.ts";
import type { CalibrationTargets } from "../fleet/calibrate/calibration.ts";
import { parseDuration } from "../net/duration.ts";
import { Fault } from "../net/fault.ts";
import { printable } from "../net/printable.ts";
import { packageVersion } from "../package-version.ts";
import type { CalibrationReport } from "../report/fleet/calibration-report.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { changeOf, parseSetting } from "../scenario/settings.ts";
import { loadScenario } from "../scenario-files.ts";
import { isRepresentable, stepFor } from "../simulate-scenario.ts";
import { Simulators } from "../simulators.ts";
import { INTERRUPTED, untilInterrupted } from "./interrupt.ts";
import { atLeastOne, type ColourOptions, wantsColour, widthOf, writeOut } from "./output.ts";
import { runProgress } from "./run-progress.ts";
import { writeBeside } from "./write-beside.ts";
import { checkReportName } from "./write-report.ts";

/** What `halfopen calibrate` was told. */
export interface CalibrateCommandOptions extends ColourOptions {
  readonly halfLife?: string;
  readonly balanced?: string;
  readonly collisions?: string;
  readonly collisionsPerHour?: string;
  readonly reconnectsPerSecond?: string;
  readonly notReadyMinutes?: string;
  readonly variant?: string;
  readonly set?: readonly string[];
  readonly duration?: string;
  readonly detail: "auto" | "full" | "thinned";
  readonly chances?: string;
  readonly seeds?: string;
  readonly mostSeeds?: string;
  readonly workers?: string;
  readonly format: "text" | "json" | "csv" | "html";
  readonly output?: string;
  readonly width?: string;
  readonly quiet?: boolean;
}

/** Finds a goaway-chance and prints it with all that it rests on; gives 0, 1 where none meets the targets, 130 where it was interrupted. */
export async function calibrateCommand(named: string, options: CalibrateCommandOptions): Promise<number> {
  const width = widthOf(options.width);
  if (options.output !== undefined) await checkReportName(options.output);
  const targets = targetsOf(options);
  const settings = (options.set ?? []).map((text) => parseSetting("--set", text));
  if (options.duration !== undefined) settings.unshift({ path: "duration", value: options.duration });
  const fleet = fleetOf(await loadScenario(named, changeOf(settings)), options.variant);
  const detail = options.detail === "auto" ? (isRepresentable(fleet) ? "thinned" : "full") : options.detail;
  const calibration = await calibrated(fleet, targets, { ...options, detail });
  if (calibration === undefined) {
    process.stderr.write("halfopen: interrupted before the targets were decided\n");
    return INTERRUPTED;
  }
  const report: CalibrationReport = {
    version: packageVersion(),
    title: fleet.title,
    about: fleet.about,
    variant: options.variant ?? "base",
    durationMs: fleet.durationMs,
    detail,
    calibration,
  };
  const text = await rendered(report, options, width);
  if (options.output === undefined) await writeOut([text]);
  else await writeBeside(options.output, text, [named]);
  return calibration.range === undefined ? 1 : 0;
}

type Fleet = Omit<Scenario, "variants">;

/** Undefined where it was interrupted. */
async function calibrated(
  fleet: Fleet,
  targets: CalibrationTargets,
  options: CalibrateCommandOptions & { readonly detail: "full" | "thinned" },
): Promise<CalibrationReport["calibration"] | undefined> {
  const bar = options.quiet ? undefined : await runProgress(fleet.name, 0);
  const { signal, done } = untilInterrupted();
  const workers = options.workers === undefined ? undefined : atLeastOne("--workers", options.workers);
  const simulators = new Simulators({ signal, ...(workers === undefined ? {} : { workers }) });
  let before = 0;
  try {
    return await calibrate(
      fleet,
      targets,
      async (asked, seeds) => {
        const jobs = seeds.map((seed) => ({
          name: "base",
          scenario: asked,
          seed,
          stepMs: stepFor(asked.durationMs),
          detail: options.detail,
        }));
        const results = await simulators.run(jobs, (share) => bar?.onProgress(before + share));
        before += jobs.length;
        if (signal.aborted) throw new Interrupted();
        return results.filter((result) => result !== undefined);
      },
      { ...calibrateOptions(options), onProgress: (_, next) => bar?.say(next) },
    );
  } catch (error) {
    if (error instanceof Interrupted) return undefined;
    throw error;
  } finally {
    done();
    bar?.stop();
    await simulators.close();
  }
}

class Interrupted extends Error {}

function fleetOf({ variants, ...plain }: Scenario, variant: string | undefined): Fleet {
  if (variant === undefined) return plain;
  const found = variants[variant];
  if (found !== undefined) return found.scenario;
  const known = Object.keys(variants);
  throw new Fault(
    "no-such-variant",
    `${plain.name} has no variant '${printable(variant)}'.`,
    known.length === 0 ? "It has none: leave out --variant." : `Take one of ${known.join(", ")}.`,
  );
}

function calibrateOptions({ seeds, mostSeeds, chances }: CalibrateCommandOptions): CalibrateOptions {
  return {
    ...(seeds === undefined ? {} : { seeds: atLeastOne("--seeds", seeds) }),
    ...(mostSeeds === undefined ? {} : { mostSeeds: atLeastOne("--most-seeds", mostSeeds) }),
    ...(chances === undefined ? {} : { grid: chances.split(",").map((text) => chanceOf(text)) }),
  };
}

/** What kube-apiserver takes: above 0 (that is off) and at most 0.02. */
function chanceOf(text: string): number {
  const chance = /^\s*\d*\.?\d+(e-?\d+)?\s*$/.test(text) ? Number(text) : Number.NaN;
  if (chance > 0 && chance <= 0.02) return chance;
  throw new Fault(
    "bad-option",
    `--chances was given '${printable(text).slice(0, 40)}', which is no goaway-chance.`,
    "kube-apiserver takes a chance from 0 (off) to 0.02: --chances 0.0005,0.001,0.005",
  );
}

function targetsOf(options: CalibrateCommandOptions): CalibrationTargets {
  const { halfLife, balanced, collisions, collisionsPerHour, reconnectsPerSecond, notReadyMinutes } = options;
  const targets: CalibrationTargets = {
    ...(halfLife === undefined ? {} : { halfLifeMs: timeOf("--half-life", halfLife) }),
    ...(balanced === undefined ? {} : { balancedMs: timeOf("--balanced", balanced) }),
    ...(collisions === undefined ? {} : { collisionsPerConnection: shareOf("--collisions", collisions) }),
    ...(collisionsPerHour === undefined
      ? {}
      : { collisionsPerHour: numberOf("--collisions-per-hour", collisionsPerHour) }),
    ...(reconnectsPerSecond === undefined
      ? {}
      : { reconnectsPerSecondPerServer: numberOf("--reconnects-per-second", reconnectsPerSecond) }),
    ...(notReadyMinutes === undefined
      ? {}
      : { notReadyMinutesPerDay: numberOf("--not-ready-minutes", notReadyMinutes) }),
  };
  if (Object.keys(targets).length > 0) return targets;
  throw new Fault(
    "no-target",
    "Nothing was asked of the goaway-chance.",
    "Give at least one target, for instance --half-life 10m --collisions 1%",
  );
}

function timeOf(option: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && Number.isFinite(ms) && ms > 0) return ms;
  throw new Fault("bad-option", `${option} was given '${printable(text)}', which is no time.`, `Try ${option} 10m.`);
}

/** `1%` or `0.01`. */
function shareOf(option: string, text: string): number {
  const [, figure = "", percent] = /^\s*(\d*\.?\d+)\s*(%?)\s*$/.exec(text) ?? [];
  const share = Number(figure === "" ? Number.NaN : figure) / (percent === "%" ? 100 : 1);
  if (share > 0 && share <= 1) return share;
  throw new Fault("bad-option", `${option} was given '${printable(text)}', which is no share.`, `Try ${option} 1%.`);
}

function numberOf(option: string, text: string): number {
  const value = /^\s*\d*\.?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0) return value;
  // That there is none at all is what no number of runs can show.
  const found = `${option} was given '${printable(text).slice(0, 40)}', which is not a number above 0.`;
  throw new Fault("bad-option", found, `Try ${option} 5.`);
}

async function rendered(report: CalibrationReport, options: CalibrateCommandOptions, width: number): Promise<string> {
  switch (options.format) {
    case "json":
      return (await import("../report/fleet/calibration-json.ts")).renderCalibrationJson(report);
    case "csv":
      return (await import("../report/fleet/calibration-csv.ts")).renderCalibrationCsv(report);
    case "html":
      return (await import("../report/fleet/calibration-html.ts")).renderCalibrationHtml(report);
    case "text": {
      const { renderCalibrationText } = await import("../report/fleet/calibration-text.ts");
      const plain = options.output !== undefined && (options.color ?? options.colour) !== "always";
      return renderCalibrationText(report, {
        width,
        colour: !plain && wantsColour(options),
        quiet: options.quiet === true,
      });
    }
  }
}

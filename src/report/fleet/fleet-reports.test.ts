import { describe, expect, test } from "vitest";
import { sampleArm, sampleReport } from "../../../tests/helpers/sample-simulations.ts";
import type { Calibration, CalibrationPoint, Measured, TargetVerdict } from "../../fleet/calibrate/calibration.ts";
import { Fault } from "../../net/fault.ts";
import { type CalibrationReport, calibrationVerdict, printMeasure } from "./calibration-report.ts";
import { csvField, renderSimulationCsv } from "./csv.ts";
import { renderSimulationHtml } from "./html.ts";
import { renderSimulationJson } from "./json.ts";
import { mergeReports } from "./merge.ts";
import { printEstimate, printNumber, printTime } from "./numbers.ts";
import { readSimulationReport } from "./read-json.ts";
import { type ArmReport, type SimulationReport, summarised } from "./simulation-report.ts";
import { buckets, sparkline } from "./sparkline.ts";
import { renderSimulationText } from "./text.ts";
import { verdictOf } from "./verdict.ts";

const LOSING = sampleArm(
  "base",
  [3, 5, 4, 6].map((lost) => ({ lost, collisions: lost, notReady: 2 })),
);
const HOLDING = sampleArm("preservation-off", [{}, {}, {}, {}]);
const REPORT = sampleReport([LOSING, HOLDING]);
const json = (report: SimulationReport): string => [...renderSimulationJson(report)].join("");
const again = (report: SimulationReport): SimulationReport => readSimulationReport("part.json", json(report));
const lineOf = (...arms: Parameters<typeof sampleReport>[0]): string => verdictOf(summarised(sampleReport(arms))).line;

describe("numbers", () => {
  test.each([
    [0, "0"],
    [12, "12"],
    [12.345, "12.3"],
    [0.04567, "0.046"],
    [0.00001234, "1.2e−5"],
    [1234.5, "1235"],
    [1234567, "1\u00a0234\u00a0567"],
    [Number.POSITIVE_INFINITY, "never"],
    [Number.NaN, "unknown"],
  ])("%d is printed %s", (value, text) => {
    expect(printNumber(value)).toBe(text);
  });

  test("an interval is printed only where one is known, and never below 0", () => {
    expect(printEstimate({ mean: 3, low: -1, high: 7, seeds: 4 })).toBe("3 (0 – 7)");
    expect(printEstimate({ mean: 3, low: 3, high: 3, seeds: 1 })).toBe("3");
    expect(printEstimate({ mean: 3, low: 3, high: 3, seeds: 4 })).toBe("3");
  });

  test.each([
    [500, "500 ms"],
    [45_000, "45 s"],
    [600_000, "10 min"],
    [5_400_000, "1 h 30 min"],
    [172_800_000, "2 d"],
  ])("%d ms is %s", (ms, text) => {
    expect(printTime(ms)).toBe(text);
  });
});

describe("sparklines", () => {
  test("go from nothing to full, and leave out what is not known", () => {
    expect(sparkline([0, 1, 2, 4, 8, Number.NaN], 6, 8)).toBe("·▂▃▅█ ");
  });

  test("are means of equal stretches, wider or narrower than the series", () => {
    expect([...buckets([1, 3, 5, 7], 2)]).toEqual([2, 6]);
    expect([...buckets([1, 3], 4)]).toEqual([1, 1, 3, 3]);
    expect(sparkline([], 3, 1)).toBe("   ");
  });
});

describe("the verdict", () => {
  test("says what happens, and with what it does not", () => {
    expect(lineOf(LOSING, HOLDING)).toBe("Nodes become NotReady in 4 of 4 seeds; with preservation-off in none.");
  });

  test("claims no prevention where chance may have spared every seed", () => {
    const seldom = sampleArm("base", [{ lost: 1 }, {}, {}, {}]);
    expect(lineOf(seldom, HOLDING)).toBe(
      "Connections are lost in 1 of 4 seeds; with preservation-off in none, perhaps by chance.",
    );
    expect(lineOf(sampleArm("base", [{ lost: 1 }]), sampleArm("a", [{}]))).toBe(
      "Connections are lost; with a in none, perhaps by chance.",
    );
  });

  test("tells lessening from no clear difference", () => {
    const less = sampleArm(
      "chance-low",
      [1, 1, 0, 1].map((lost) => ({ lost, notReady: lost })),
    );
    expect(
      lineOf(
        sampleArm(
          "base",
          [8, 9, 8, 9].map((lost) => ({ lost, notReady: lost })),
        ),
        less,
      ),
    ).toBe("Nodes become NotReady in 4 of 4 seeds; with chance-low less so.");
    expect(
      lineOf(
        LOSING,
        sampleArm(
          "other",
          [4, 5, 4, 5].map((lost) => ({ lost, notReady: 2 })),
        ),
      ),
    ).toBe("Nodes become NotReady in 4 of 4 seeds; other makes no clear difference.");
  });

  test("calls uneven what chance does not explain", () => {
    const uneven = [{ end: [40, 18, 2] }, { end: [41, 17, 2] }];
    expect(verdictOf(summarised(sampleReport([sampleArm("base", uneven)]))).badge).toBe("UNEVEN");
    // Six connections on three servers: half as many again as the mean is nothing to speak of.
    expect(verdictOf(summarised(sampleReport([sampleArm("base", [{ end: [4, 1, 1] }])]))).badge).toBe("HELD");
  });
});

describe("the verdict of a sweep", () => {
  const swept = (value: number, samples: Parameters<typeof sampleArm>[1], name = `chance=${value}`): ArmReport =>
    sampleArm(name, samples, { kind: name.startsWith("chance") ? "base" : "mitigation", swept: { chance: value } });
  const quiet = [{}, {}, {}, {}];
  const losing = [3, 5, 4, 6].map((lost) => ({ lost }));
  const verdict = (...arms: ArmReport[]): ReturnType<typeof verdictOf> => verdictOf(summarised(sampleReport(arms)));

  test("is the worst of all its values, wherever that stands", () => {
    const { badge, line } = verdict(swept(0, quiet), swept(0.001, quiet), swept(0.02, losing));
    expect(badge).toBe("LOST");
    expect(line).toBe("Connections are lost with chance=0.02, not with chance=0 and chance=0.001.");
    expect(verdict(swept(0, quiet), swept(0.001, quiet)).line).toBe(
      "In 8 runs no connection is lost, no request fails, no node becomes NotReady. The fullest server ends with 1 times the mean.",
    );
  });

  test("holds a variant against the scenario at the same value", () => {
    const { arms, line } = verdict(
      swept(0, quiet),
      swept(0, quiet, "off, chance=0"),
      swept(0.02, losing),
      swept(0.02, quiet, "off, chance=0.02"),
    );
    const more = verdict(
      ...[swept(0, quiet), swept(0.02, losing), swept(0, quiet, "a, chance=0"), swept(0.02, losing, "a, chance=0.02")],
      ...[swept(0, quiet, "b, chance=0"), swept(0.02, losing, "b, chance=0.02")],
    );
    expect(more.line).toContain("; a and b: with chance=0.02, not with chance=0.");
    expect(arms.map(({ change }) => change)).toEqual([
      undefined,
      "changes nothing that matters here",
      "adds lost connections (against chance=0)",
      "no lost connections",
    ]);
    expect(line).toBe("Connections are lost with chance=0.02, not with chance=0; off: with none of the values.");
  });

  test("claims nothing from fewer than three seeds, or from a few events", () => {
    for (const samples of [[{ lost: 38 }], [{ lost: 38 }, { lost: 40 }], [{ lost: 1 }, { lost: 1 }, { lost: 1 }]]) {
      const base = swept(
        0,
        samples.map(() => ({})),
      );
      expect(verdict(base, swept(0.02, samples)).arms[1]?.change).toBe(
        "also lost connections, perhaps by chance (against chance=0)",
      );
    }
  });
});

describe("what was not seen", () => {
  const none = (count: number): string => {
    const arm = sampleArm(
      "base",
      Array.from({ length: count }, () => ({})),
    );
    const text = renderSimulationText(sampleReport([arm]), { width: 100, colour: false }).replace(/\s+/g, " ");
    return /None: .*MB\./.exec(text)?.[0] ?? text;
  };

  test("of events the count that is still possible is said; minutes and megabytes are no events", () => {
    expect(none(10)).toBe(
      "None: port collisions; connections lost; connects failed; requests failed; lease updates missed; " +
        "times a node became NotReady; relists. None in 10 seeds still allows up to 0.37 a run of each (95 % interval). " +
        "Also 0: node-minutes NotReady; relists, MB.",
    );
  });

  test("one seed allows nothing to be said", () => {
    expect(none(1)).toMatch(/; relists\. Also 0: node-minutes NotReady; relists, MB\.$/);
  });
});

describe("the verdict of a calibration", () => {
  const measured = (value: number, more: Partial<Measured> = {}): Measured => ({
    statistic: "mean",
    value,
    low: value,
    high: value,
    seeds: 8,
    ...more,
  });
  const point = (chance: number, halfLife: TargetVerdict, collisions: TargetVerdict): CalibrationPoint => ({
    chance,
    seeds: 8,
    verdict: halfLife === "met" ? collisions : halfLife,
    measures: {
      halfLifeMs: { simulated: measured(60_000, { statistic: "median" }), verdict: halfLife },
      balancedMs: { simulated: measured(60_000, { statistic: "median" }) },
      collisionsPerConnection: { simulated: measured(0.1), verdict: collisions },
      collisionsPerHour: { simulated: measured(1) },
      reconnectsPerSecondPerServer: { simulated: measured(1) },
      notReadyMinutesPerDay: { simulated: measured(0) },
    },
  });
  const calibration: Calibration = {
    scenario: "sample-story",
    targets: { halfLifeMs: 120_000, collisionsPerConnection: 0.01 },
    balancedShare: 0.1,
    addedRollingUpdate: false,
    curve: [point(0.001, "met", "missed"), point(0.02, "met", "missed")],
    confidence: 0.975,
    notOneWay: [],
    obstacles: [
      {
        target: "collisionsPerConnection",
        chance: 0.001,
        simulated: measured(0.1),
        bound: 0.01,
        verdict: "missed",
        missedAt: 2,
        why: "never",
      },
    ],
    mitigations: [
      { name: "more-ports", title: "Ports", point: point(0.001, "met", "met"), helps: ["collisionsPerConnection"] },
      { name: "exemption", title: "Spared", point: point(0.001, "missed", "met"), helps: ["collisionsPerConnection"] },
    ],
    runs: 32,
  };
  const report = (more: Partial<Calibration>): CalibrationReport => ({
    version: "0.0.0",
    title: "",
    about: "",
    variant: "base",
    durationMs: 1,
    detail: "full",
    calibration: { ...calibration, ...more },
  });

  test("names a mitigation only if all targets are met with it, and says that the share is not the chance's doing", () => {
    const { badge, line, because } = calibrationVerdict(report({}));
    expect(badge).toBe("NONE");
    expect(line).toBe(
      "None of the 2 goaway-chances simulated, 0.001 to 0.02, meets every target; with more-ports 0.001 does.",
    );
    expect(because.join(" ")).toContain("hardly depends on the chance");
  });

  test("claims for what lies between simulated chances no more than they show", () => {
    const found = {
      curve: [0.001, 0.005, 0.02].map((chance) => point(chance, "met", "met")),
      range: { low: 0.001, high: 0.02 },
      recommended: 0.005,
      jointConfidence: 0.95,
      obstacles: [],
      mitigations: [],
    };
    const { because } = calibrationVerdict(report(found));
    expect(because[0]).toBe(
      "At 0.005, simulated with 8 seeds, every target is met: 97.5 % confidence each, at least 95 % for all 2 together. So it is at all 2 other chances simulated in that range; of what lies between them nothing was simulated.",
    );
    expect(because[1]).toContain("are expected to");
    const turning = calibrationVerdict(report({ ...found, notOneWay: ["collisionsPerConnection"] }));
    expect(turning.because[1]).toContain("nothing can be said: collisions did not move one way");
  });

  test("says of a time that was not seen to end how long was looked at", () => {
    const never = measured(Number.POSITIVE_INFINITY, {
      statistic: "median",
      low: 50_000,
      observedMs: 100_000,
      unseen: 8,
    });
    expect(printMeasure("halfLifeMs", never)).toBe("over 1 min 40 s (50 s – over 1 min 40 s)");
    const open: Calibration["obstacles"][number] = {
      target: "halfLifeMs",
      chance: 0.02,
      simulated: never,
      bound: 600_000,
      verdict: "undecided",
      missedAt: 0,
      why: "undecided",
    };
    const { badge, because } = calibrationVerdict(report({ obstacles: [open], mitigations: [] }));
    expect(badge).toBe("UNDECIDED");
    expect(because.join(" ")).toContain("goes on for 1 min 40 s after the rolling update");
  });
});

describe("JSON", () => {
  test("has everything: what is read back prints the same, in every format", () => {
    const back = again(REPORT);
    expect(json(back)).toBe(json(REPORT));
    expect(renderSimulationText(back, { width: 100, colour: false })).toBe(
      renderSimulationText(REPORT, { width: 100, colour: false }),
    );
    expect([...renderSimulationCsv(back)].join("")).toBe([...renderSimulationCsv(REPORT)].join(""));
    expect(renderSimulationHtml(back)).toBe(renderSimulationHtml(REPORT));
  });

  test.each([
    ["", /no result of halfopen simulate/],
    ["{}", /schema is undefined/],
    ["[1]", /no object/],
    [json(REPORT).replace('"schema": 1', '"schema": 2'), /schema is 2/],
    [json(REPORT).replace('"rolling-update"', '"earthquake"'), /unknown what/],
    [json(REPORT).replace('"connectionsLost":3', '"connectionsLost":"3"'), /connectionsLost is no number/],
    [json(REPORT).replace('"gini":[0.05,', '"gini":['), /different lengths/],
    [json(REPORT).replace('"stepMs": 1000', '"stepMs": 0'), /stepMs/],
  ])("what is something else is refused with a remedy (%#)", (text, message) => {
    const read = (): unknown => readSimulationReport("part.json", text);
    expect(read).toThrow(Fault);
    expect(read).toThrow(message);
  });
});

describe("merging", () => {
  /** What shard `index` of `count` would have run. */
  function shard(index: number, count: number): SimulationReport {
    let place = 0;
    const arms = REPORT.arms.map((arm) => ({ ...arm, runs: arm.runs.filter(() => place++ % count === index) }));
    return again({ ...REPORT, arms, shard: { index, count } });
  }
  const named = (...reports: SimulationReport[]): Parameters<typeof mergeReports>[0] =>
    reports.map((report, i) => ({ file: `${i}.json`, report }));

  test.each([1, 2, 3, 8])("%i parts, in any order, are the whole", (count) => {
    const parts = Array.from({ length: count }, (_, i) => shard(i, count)).reverse();
    expect(json(mergeReports(named(...parts)))).toBe(json(REPORT));
  });

  test("says which part is missing, there twice, or of something else", () => {
    const merge =
      (...reports: SimulationReport[]) =>
      () =>
        mergeReports(named(...reports));
    expect(merge(shard(0, 3), shard(2, 3))).toThrow("Part 1 of 3 (from 0 on) is missing");
    expect(merge(shard(0, 2), shard(0, 2))).toThrow("are the same part");
    expect(merge(shard(0, 2), shard(1, 3))).toThrow("one of 3 parts");
    expect(merge(shard(0, 2), { ...shard(1, 2), stepMs: 500 })).toThrow("stepMs 500, not 1000");
    expect(merge()).toThrow("nothing to merge");
  });

  test("a part that was interrupted leaves the whole so", () => {
    const cut = {
      ...shard(1, 2),
      interrupted: true,
      arms: shard(1, 2).arms.map((arm) => ({ ...arm, runs: arm.runs.slice(1) })),
    };
    const merged = mergeReports(named(shard(0, 2), cut));
    expect(merged.interrupted).toBe(true);
    expect(renderSimulationText(merged, { width: 100, colour: false })).toContain("before it was interrupted");
  });
});

describe("hostile names", () => {
  const name = `</script><script>alert(1)</script><img src=x onerror=alert(2)>\u202e\u001b[31m`;
  const hostile = sampleReport([sampleArm(name, [{ lost: 1 }], { title: name, kind: "variation" }), HOLDING], {
    scenario: name,
    title: name,
    about: name,
    version: name,
  });

  test("stay text in the page: two scripts and the data are all the scripts", () => {
    const page = renderSimulationHtml(hostile);
    expect(page.match(/<script/g)).toHaveLength(3);
    expect(page.match(/<img/g)).toBeNull();
    expect(page).not.toContain("\u202e");
  });

  test("stay text on a terminal and in a spreadsheet", () => {
    const text = renderSimulationText(hostile, { width: 80, colour: false });
    for (const mark of ["\u001b", "\u202e"]) {
      expect(text).not.toContain(mark);
      expect(json(hostile)).not.toContain(mark);
    }
    expect(csvField("=cmd|' /C calc'!A0")).toBe("./=cmd|' /C calc'!A0");
    expect(csvField('a,"b"')).toBe('"a,""b"""');
  });
});

test("what happens in a variant only stands in the story, with its name", () => {
  const later = [...LOSING.story, { what: "goaway-chance", atMs: 40_000, chance: 0.02 } as const];
  const arms = [LOSING, sampleArm("later", [{}, {}, {}, {}], { story: later }), HOLDING];
  const text = renderSimulationText(sampleReport(arms), { width: 100, colour: false });
  expect(text).toMatch(/at 20 s +rolling update/);
  expect(text).toMatch(/at 40 s +later only: goaway-chance becomes 0.02/);
  expect(text.match(/rolling update/g)).toHaveLength(1);
});

test("text keeps to its width", () => {
  for (const width of [72, 80, 100, 140]) {
    const lines = renderSimulationText(REPORT, { width, colour: false }).split("\n");
    expect(lines.filter((line) => [...line].length > width)).toEqual([]);
  }
});

test("quiet is the verdict and a line for each way it was run", () => {
  const text = renderSimulationText(REPORT, { width: 100, colour: false, quiet: true });
  expect(text).toContain("with preservation-off in none");
  expect(text).not.toContain("server 0");
});

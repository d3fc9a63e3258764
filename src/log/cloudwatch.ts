import { entryOf, type LogEntry } from "./entry.ts";
import { isObject, type JsonObject, listField, numberField, objectField, parseJson, textField } from "./json-value.ts";
import { readTime, readUnixTime } from "./line-time.ts";
import type { LogTime } from "./log-time.ts";

/**
 * What `aws cloudwatch get-metric-data` and `get-metric-statistics` print: a whole JSON document.
 * Entries are in the order of time and stand on line 1. Undefined when the text is neither.
 */
export function readCloudWatch(text: string): LogEntry[] | undefined {
  const document = parseJson(text);
  if (!isObject(document)) return undefined;
  const results = listField(document, "MetricDataResults");
  const points = listField(document, "Datapoints");
  if (!("MetricDataResults" in document) && !("Datapoints" in document)) return undefined;
  const entries = [...results.flatMap(metricData), ...statistics(textField(document, "Label") ?? "", points)];
  return entries.sort((a, b) => order(a.time, b.time));
}

/** One result of get-metric-data: two lists of equal length, newest first by default. */
function metricData(result: unknown): LogEntry[] {
  if (!isObject(result)) return [];
  const values = listField(result, "Values");
  const name = textField(result, "Label") ?? textField(result, "Id") ?? "";
  return listField(result, "Timestamps").flatMap((stamp, i) => {
    const value = values[i];
    const time = timeOf(stamp);
    if (typeof value !== "number" || time === undefined) return [];
    return [sample({ name, statistic: undefined, value, unit: undefined, dimensions: dimensionsOf(result) }, time)];
  });
}

const STATISTICS = ["Sum", "Average", "Maximum", "Minimum", "SampleCount"];

/** Datapoints of get-metric-statistics, one entry for each statistic asked for. */
function statistics(name: string, points: readonly unknown[]): LogEntry[] {
  return points.filter(isObject).flatMap((point) => {
    const time = timeOf(point.Timestamp);
    if (time === undefined) return [];
    return STATISTICS.flatMap((statistic) => {
      const value = numberField(point, statistic);
      if (value === undefined) return [];
      return [sample({ name, statistic, value, unit: textField(point, "Unit"), dimensions: {} }, time)];
    });
  });
}

/** Some tools write the metric's dimensions beside the values. */
function dimensionsOf(result: JsonObject): Readonly<Record<string, string>> {
  const metric = objectField(objectField(result, "MetricStat") ?? {}, "Metric") ?? result;
  const pairs = listField(metric, "Dimensions").filter(isObject);
  return Object.fromEntries(pairs.map((d) => [textField(d, "Name") ?? "", textField(d, "Value") ?? ""]));
}

interface Sample {
  readonly name: string;
  readonly statistic: string | undefined;
  readonly value: number;
  readonly unit: string | undefined;
  readonly dimensions: Readonly<Record<string, string>>;
}

const sample = (values: Sample, time: LogTime): LogEntry =>
  entryOf(1, { kind: "metric", ...values }, { time, program: "CloudWatch" });

/** ISO 8601, or seconds since 1970 as the older command line prints. */
function timeOf(stamp: unknown): LogTime | undefined {
  if (typeof stamp === "number") return readUnixTime(String(stamp));
  return typeof stamp === "string" ? readTime(stamp) : undefined;
}

function order(a: LogTime | undefined, b: LogTime | undefined): number {
  const [x, y] = [a, b].map((t) => (t === undefined ? 0n : t.kind === "instant" ? t.at : t.reading));
  return (x ?? 0n) < (y ?? 0n) ? -1 : (x ?? 0n) > (y ?? 0n) ? 1 : 0;
}

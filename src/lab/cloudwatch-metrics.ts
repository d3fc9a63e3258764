/**
 * A balancer node's counters as CloudWatch prints them (`aws cloudwatch get-metric-data`): one value for each metric, at the minute in which
 * the run began.
 */
export function cloudwatchMetrics(counters: Readonly<Record<string, number>>, startedAtMs: number): string {
  const minute = `${new Date(Math.floor(startedAtMs / 60_000) * 60_000).toISOString().slice(0, 19)}+00:00`;
  const results = Object.entries(counters).map(([metric, value], i) => ({
    Id: `m${i + 1}`,
    Label: metric,
    Timestamps: [minute],
    Values: [value],
    StatusCode: "Complete",
  }));
  return `${JSON.stringify({ MetricDataResults: results, Messages: [] }, undefined, 4)}\n`;
}

/** Maps times to columns, evenly for equal ratios: five seconds and five days fit one picture. */
export interface Scale {
  readonly columnOf: (ms: number) => number;
  /** A line of figures and the columns that they stand for. */
  readonly ticks: readonly { readonly column: number; readonly label: string }[];
}

const SECONDS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600, 7200, 21_600, 86_400, 432_000];

/** A scale of so many columns over times; what never happens stands at its end. */
export function scaleOf(times: readonly number[], columns: number): Scale {
  const finite = times.filter((ms) => Number.isFinite(ms) && ms > 0);
  const least = Math.log(Math.max(1, Math.min(...finite, 60_000)) / 2);
  const most = Math.log(Math.max(...finite, 2000) * 1.6);
  const columnOf = (ms: number): number => {
    if (!Number.isFinite(ms)) return columns;
    if (ms <= 0) return 0;
    const place = Math.round(((Math.log(ms) - least) / (most - least)) * (columns - 2));
    return Math.min(columns - 1, Math.max(1, place));
  };
  const ticks: { column: number; label: string }[] = [];
  for (const seconds of SECONDS) {
    const ms = seconds * 1000;
    if (Math.log(ms) < least || Math.log(ms) > most) continue;
    const label = labelOf(seconds);
    const column = columnOf(ms);
    const last = ticks.at(-1);
    if (last !== undefined && column < last.column + last.label.length + 2) continue;
    if (column + label.length > columns) continue;
    ticks.push({ column, label });
  }
  return { columnOf, ticks };
}

function labelOf(seconds: number): string {
  if (seconds < 3600) return `${seconds}s`;
  return seconds < 86_400 ? `${seconds / 3600}h` : `${seconds / 86_400}d`;
}

/** A series as a line of blocks, eight heights from 0 to `top`; `·` is exactly nothing, a blank is not known. */
export function sparkline(values: ArrayLike<number>, width: number, top: number): string {
  return [...buckets(values, width)]
    .map((value) => {
      if (Number.isNaN(value)) return " ";
      if (value <= 0) return "·";
      return BLOCKS[Math.min(BLOCKS.length - 1, Math.floor((value / (top || 1)) * BLOCKS.length))] ?? "█";
    })
    .join("");
}

const BLOCKS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** The mean of each of `count` stretches of `size` values; a series with fewer values than stretches is stretched. */
export function buckets(values: ArrayLike<number>, count: number, size: number = values.length / count): Float64Array {
  const result = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const from = Math.floor(i * size);
    const to = Math.max(from + 1, Math.floor((i + 1) * size));
    let sum = 0;
    let known = 0;
    for (let at = from; at < to && at < values.length; at++) {
      const value = values[at] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      sum += value;
      known++;
    }
    result[i] = known === 0 ? Number.NaN : sum / known;
  }
  return result;
}

/** The largest of what `buckets` makes of several series. */
export function largest(series: readonly ArrayLike<number>[], count: number): number {
  let most = 0;
  for (const values of series) for (const value of buckets(values, count)) if (value > most) most = value;
  return most;
}

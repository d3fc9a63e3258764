/**
 * Gini coefficient of counts: 0 when all are equal, (n - 1)/n when one has everything; 0 for nothing. Half the mean absolute difference of
 * all pairs, over the mean.
 */
export function gini(counts: Float64Array): number {
  const sorted = Float64Array.from(counts).sort();
  let sum = 0;
  let weighted = 0;
  for (const [i, count] of sorted.entries()) {
    sum += count;
    weighted += (2 * (i + 1) - sorted.length - 1) * count;
  }
  return sum === 0 ? 0 : weighted / (sorted.length * sum);
}

/** The largest count over the mean; 1 when all are equal, and for nothing. */
export function largestOverMean(counts: Float64Array): number {
  let sum = 0;
  let most = 0;
  for (const count of counts) {
    sum += count;
    most = Math.max(most, count);
  }
  return sum === 0 ? 1 : (most * counts.length) / sum;
}

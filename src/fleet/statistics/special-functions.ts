/**
 * The two functions that intervals are made of, by the continued fractions and series of the NIST Digital Library of Mathematical
 * Functions (dlmf.nist.gov). Relative error below 1e-12 where they are used here.
 */

const TINY = 1e-300;
const CLOSE = 1e-15;
const MOST_TERMS = 10_000;

/** ln Γ(x) for x > 0: Stirling's series (DLMF 5.11.1) after the recurrence 5.5.1 has moved x above 15. */
export function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  while (shifted < 15) {
    product *= shifted;
    shifted += 1;
  }
  const square = 1 / (shifted * shifted);
  const series =
    (1 / 12 + square * (-1 / 360 + square * (1 / 1260 + square * (-1 / 1680 + square * (1 / 1188))))) / shifted;
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}

/** I_x(a, b), the regularised incomplete beta function (DLMF 8.17.22, evaluated by Lentz's method, 3.10). */
export function regularisedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast below the mean; above it DLMF 8.17.4 turns the ends round.
  if (x > (a + 1) / (a + b + 2)) return 1 - regularisedBeta(1 - x, b, a);
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x) - Math.log(a),
  );
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < CLOSE) break;
  }
  return front * fraction;
}

/** P(a, x), the regularised lower incomplete gamma function: the series DLMF 8.7.1 below a + 1, the fraction 8.9.2 above. */
export function regularisedGamma(a: number, x: number): number {
  if (x <= 0) return 0;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n <= MOST_TERMS && term > sum * CLOSE; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return front * sum;
  }
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n <= MOST_TERMS; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / nonZero(an * d + b);
    c = nonZero(b + an / c);
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < CLOSE) break;
  }
  return 1 - front * fraction;
}

/** The x at which a function that grows from below `wanted` to above it reaches `wanted`, by bisection to the last bits. */
export function invert(grows: (x: number) => number, wanted: number, low: number, high: number): number {
  let below = low;
  let above = high;
  for (let i = 0; i < 200; i++) {
    const middle = (below + above) / 2;
    if (middle === below || middle === above) break;
    if (grows(middle) < wanted) below = middle;
    else above = middle;
  }
  return (below + above) / 2;
}

const nonZero = (x: number): number => (Math.abs(x) < TINY ? TINY : x);

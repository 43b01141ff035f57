// Numbers as text, places in sorted lists, and random numbers from a seed.

// A number to three digits.
export const short = v => Number(v.toPrecision(3)).toString().replace("-", "−");

// A whole number with separators of thousands, in English as the page is.
export const whole = v => Math.round(v).toLocaleString("en");

export const percent = share => `${(100 * share).toFixed(1)} %`;

// A setting: 0.01, 1e-5, 100.
export const setting = v => (v !== 0 && Math.abs(v) < 1e-3 ? v.toExponential().replace("e-", "e−") : v.toLocaleString("en", {maximumFractionDigits: 20}));

// The index of the last of rising numbers up to `wanted`; 0 where all are larger.
export const lastUpTo = (rising, wanted) => Math.max(0, rising.findLastIndex(value => value <= wanted));

export const mean = values => values.reduce((sum, v) => sum + v, 0) / values.length;

// A quantile of sorted values, by NumPy's linear interpolation.
export function quantile(sorted, share) {
  const place = share * (sorted.length - 1), low = Math.floor(place), high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}

export const median = values => quantile([...values].sort((a, b) => a - b), 0.5);

// The smallest of 1, 2 and 5 times a power of ten that is at least v > 0.
export function roundUp(v) {
  const power = 10 ** Math.floor(Math.log10(v));
  return [1, 2, 5, 10].find(step => step * power >= v * (1 - 1e-9)) * power;
}

// A stream of uniform numbers in [0, 1): mulberry32, whose period of 2^32 is ample for a page.
export function uniformStream(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// A standard normal number from a stream of uniform ones (Box and Muller).
export const normal = uniform => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

// Seeds of independent streams of one seed: data, held-out data, weights.
const STREAMS = {train: 1, test: 2, weights: 3};
export const streamOf = (seed, name) => uniformStream(Math.imul(seed + 1, 0x9e3779b1) + Math.imul(STREAMS[name], 0x85ebca6b));

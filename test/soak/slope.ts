/** A straight line through samples, and how sure its slope is. Pure. */
export interface Slope {
  /** Per unit of x. */
  readonly value: number;
  /** Half of the 95 % interval. */
  readonly margin: number;
}

/** Least squares; the interval is that of independent errors, so samples that wander make it too narrow, never too wide. */
export function slopeOf(samples: readonly (readonly [x: number, y: number])[]): Slope {
  const n = samples.length;
  const mean = (of: (sample: readonly [number, number]) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / n;
  const [mx, my] = [mean(([x]) => x), mean(([, y]) => y)];
  const sxx = samples.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  const value = samples.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / sxx;
  const rest = samples.reduce((sum, [x, y]) => sum + (y - my - value * (x - mx)) ** 2, 0);
  return { value, margin: 1.96 * Math.sqrt(rest / (n - 2) / sxx) };
}

/** Means of so many neighbours each: what is left of the wandering is small. */
export function inBatches(
  samples: readonly (readonly [number, number])[],
  size: number,
): readonly (readonly [number, number])[] {
  const batches: (readonly [number, number])[] = [];
  for (let at = 0; at + size <= samples.length; at += size) {
    const batch = samples.slice(at, at + size);
    const mean = (place: 0 | 1): number => batch.reduce((sum, sample) => sum + sample[place], 0) / size;
    batches.push([mean(0), mean(1)]);
  }
  return batches;
}

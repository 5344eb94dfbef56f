/** Medians and percentiles. Pure. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly rounds: number;
}

/** Of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  return {
    median: (at(sorted, (sorted.length - 1) >> 1) + at(sorted, sorted.length >> 1)) / 2,
    least: at(sorted, 0),
    most: at(sorted, sorted.length - 1),
    rounds: sorted.length,
  };
}

/** The value that `share` of all values do not exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return at(sorted, Math.max(0, Math.ceil(sorted.length * share) - 1));
}

const at = (values: readonly number[], place: number): number => values[place] ?? Number.NaN;

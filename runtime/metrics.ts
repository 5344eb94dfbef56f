/** Counters and gauges in the Prometheus text format. Labels are bounded by the caller: a peer is never a label. */
export interface Counter {
  /** Adds one (or `by`) to the series with these label values, given in the order of the declared label names. */
  add(labels?: readonly string[], by?: number): void;
}

export interface Gauge {
  set(value: number, labels?: readonly string[]): void;
}

export interface Histogram {
  observe(seconds: number): void;
}

export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  gauge(name: string, help: string, labels?: readonly string[]): Gauge;
  histogram(name: string, help: string, buckets: readonly number[]): Histogram;
  /** The exposition, text format 0.0.4. */
  render(): string;
}

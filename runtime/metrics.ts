/**
 * Counters and gauges in the Prometheus text format. Labels are bounded by the caller: a peer is never a label.
 * Own code, because a counter of the usual library costs ten times as much and its start 120 ms.
 */
export interface Counter {
  /** Adds one (or `by`) to the series with these label values, given in the order of the declared label names. */
  add(labels?: readonly string[], by?: number): void;
  /** The one series with these label values, for who adds to it often. */
  of(labels: readonly string[]): { add(by?: number): void };
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

/** An empty set of metrics. Declaring one name twice, or a name or label outside the grammar of Prometheus, is a
 *  programmer's mistake (`TypeError`). Output is sorted: the same numbers give the same text. */
export function createMetrics(): Metrics {
  const families = new Map<string, Family>();

  function declare(family: Family, labels: readonly string[]): void {
    if (!METRIC_NAME.test(family.name) || !labels.every((label) => LABEL_NAME.test(label))) {
      throw new TypeError(`not a metric: ${family.name}{${labels.join(',')}}`);
    }
    if (families.has(family.name)) throw new TypeError(`declared twice: ${family.name}`);
    families.set(family.name, family);
  }

  function declareSeries(head: FamilyHead, labels: readonly string[] = []): Series {
    const series = createSeries(head.name, labels);
    declare({ ...head, lines: () => series.lines() }, labels);
    return series;
  }

  return {
    counter(name, help, labels) {
      const series = declareSeries({ name, help, type: 'counter' }, labels);
      return {
        add: (values = [], by = 1) => series.put(values, (old) => old + Math.max(0, by)),
        of: (values) => series.counterOf(values),
      };
    },
    gauge(name, help, labels) {
      const series = declareSeries({ name, help, type: 'gauge' }, labels);
      return { set: (value, values = []) => series.put(values, () => value) };
    },
    histogram(name, help, buckets) {
      const histogram = createHistogram(name, buckets);
      declare({ name, help, type: 'histogram', lines: () => histogram.lines() }, []);
      return histogram;
    },
    render() {
      const sorted = [...families.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
      return sorted.map(renderFamily).join('');
    },
  };
}

interface FamilyHead {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
}

interface Family extends FamilyHead {
  readonly lines: () => readonly string[];
}

interface Series {
  put(values: readonly string[], next: (old: number) => number): void;
  /** It is there once it has moved. */
  counterOf(values: readonly string[]): { add(by?: number): void };
  lines(): readonly string[];
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** Beyond this, new label values share the series `other`: whoever makes up names cannot make up memory. */
const SERIES_MOST = 1000;

function renderFamily({ name, help, type, lines }: Family): string {
  const text = help.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
  return [`# HELP ${name} ${text}`, `# TYPE ${name} ${type}`, ...lines(), ''].join('\n');
}

/** A metric without labels is there from the start, at zero; one with labels when it first moves. */
function createSeries(name: string, labels: readonly string[]): Series {
  const values = new Map<string, number>(labels.length === 0 ? [[name, 0]] : []);
  const others = seriesKey(
    name,
    labels,
    labels.map(() => 'other'),
  );
  function put(exact: string, next: (old: number) => number): void {
    const key = values.has(exact) || values.size < SERIES_MOST ? exact : others;
    values.set(key, next(values.get(key) ?? 0));
  }
  function keyOf(labelValues: readonly string[]): string {
    if (labelValues.length !== labels.length) throw new TypeError(`${name} takes ${labels.length} labels`);
    return seriesKey(name, labels, labelValues);
  }
  return {
    put: (labelValues, next) => put(keyOf(labelValues), next),
    counterOf(labelValues) {
      const key = keyOf(labelValues);
      return { add: (by = 1) => put(key, (old) => old + Math.max(0, by)) };
    },
    lines: () => [...values].map(([key, value]) => `${key} ${formatNumber(value)}`).sort(),
  };
}

function seriesKey(name: string, labels: readonly string[], values: readonly string[]): string {
  if (labels.length === 0) return name;
  return `${name}{${labels.map((label, at) => `${label}="${escapeLabel(values[at] ?? '')}"`).join(',')}}`;
}

/** Words of ours need nothing; they are looked at once for each thing that is counted. */
const PLAIN = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/;

function escapeLabel(value: string): string {
  if (PLAIN.test(value)) return value;
  const text = value.toWellFormed().replaceAll('\\', String.raw`\\`);
  return text.replaceAll('"', String.raw`\"`).replaceAll('\n', String.raw`\n`);
}

function createHistogram(name: string, buckets: readonly number[]) {
  const bounds = [...buckets].sort((one, other) => one - other);
  const counts = new Float64Array(bounds.length + 1);
  let sum = 0;
  return {
    observe(value: number) {
      const at = bounds.findIndex((bound) => value <= bound);
      const slot = at === -1 ? bounds.length : at;
      counts[slot] = (counts[slot] ?? 0) + 1;
      sum += value;
    },
    lines(): readonly string[] {
      let total = 0;
      const lines = [...bounds, Number.POSITIVE_INFINITY].map((bound, at) => {
        total += counts[at] ?? 0;
        return `${name}_bucket{le="${formatNumber(bound)}"} ${total}`;
      });
      return [...lines, `${name}_sum ${formatNumber(sum)}`, `${name}_count ${total}`];
    },
  };
}

function formatNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : `${value > 0 ? '+' : '-'}Inf`;
}

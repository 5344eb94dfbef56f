/** A table of figures against bars, for people and for machines. Pure but for the one that reads the conditions. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';

import type { Spread } from './statistics.ts';

export interface Row {
  readonly name: string;
  readonly spread: Spread;
  readonly unit: string;
  /** Absent: printed beside, no bar. */
  readonly bar?: { readonly kind: 'most' | 'least'; readonly value: number };
}

/** What a reader must know to judge the figures. */
export function readConditions(): Readonly<Record<string, string | number>> {
  const total = Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0);
  return {
    cpu: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(total / 1024)} MiB`,
    kernel: release(),
    node: process.version,
    openssl: process.versions.openssl,
    sqlite: process.versions['sqlite'] ?? 'unknown',
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

/** `met`, `missed`, or nothing where there is no bar. The median decides. */
export function verdictOf({ spread, bar }: Row): 'met' | 'missed' | '' {
  if (bar === undefined) return '';
  const isMet = bar.kind === 'most' ? spread.median <= bar.value : spread.median >= bar.value;
  return isMet ? 'met' : 'missed';
}

/** A Markdown table. */
export function formatTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.name,
    row.bar === undefined ? '' : `${row.bar.kind === 'most' ? '<=' : '>='} ${row.bar.value}`,
    formatNumber(row.spread.median),
    `${formatNumber(row.spread.least)} to ${formatNumber(row.spread.most)}`,
    row.unit,
    String(row.spread.rounds),
    verdictOf(row),
  ]);
  const head = ['case', 'bar', 'median', 'least to most', 'unit', 'rounds', 'verdict'];
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((line) => line[column]?.length ?? 0)));
  const line = (texts: readonly string[]): string =>
    `| ${texts.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return 'none';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/**
 * `npm run bench -- SUITE [--only TARGET,...] [--json FILE] [--page FILE] [--rounds N] [--node-flag FLAG]`: measures, prints a table of figures
 * against bars. `--page` also puts it, with its conditions, between the marks of a page (docs/performance.md).
 * A missed bar is said and is no failure of the run: exit code 0. Never part of the tests.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { benchCa } from './ca/run.ts';
import { formatTable, readConditions, type Row, verdictOf } from './report.ts';
import { benchToken } from './token/run.ts';
import { benchDataPlane, SUITE_NAMES, type SuiteName } from './data-plane/run.ts';
import type { DataRow } from './data-plane/stage.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    page: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    'node-flag': { type: 'string', multiple: true, default: [] },
  },
});

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const USAGE = `usage: npm run bench -- ca|token|${SUITE_NAMES.join('|')} [--only TARGET,...] [--json FILE] [--page FILE] [--rounds 1..99] [--node-flag FLAG]`;

interface Measured {
  readonly rows: readonly Row[];
  /** Beside what `readConditions` gives. */
  readonly conditions: Readonly<Record<string, string | number>>;
}

const rounds = Number(values.rounds);
const BENCHES: Readonly<Record<string, () => Promise<Measured>>> = {
  async ca() {
    const { rows, dropped, peer } = await benchCa({ rounds, say, nodeFlags: values['node-flag'] });
    return { rows, conditions: { peer: `step-ca ${peer}`, windowsDropped: dropped } };
  },
  token: async () => ({ rows: await benchToken({ rounds, say }), conditions: {} }),
};

const name = positionals.join(' ');
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;

const suite = SUITE_NAMES.find((one) => one === name);

if (values.help) console.log(USAGE);
else if (suite !== undefined && /^[1-9][0-9]?$/.test(values.rounds)) await runDataPlane(suite);
else if (bench === undefined || !/^[1-9][0-9]?$/.test(values.rounds)) {
  say(USAGE);
  process.exitCode = 2;
} else {
  const before = readConditions();
  const begin = performance.now();
  const { rows, conditions } = await bench();
  const seconds = Math.round((performance.now() - begin) / 1000);
  const all = { ...before, ...conditions, seconds };
  const missed = rows.filter((row) => verdictOf(row) === 'missed').length;
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  const table = formatTable(rows);
  console.log(`${lines.join('\n')}\n\n${table}\n\n${missed === 0 ? 'every bar is met' : `bars missed: ${missed}`}`);
  if (values.page !== undefined) putBetween(values.page, `${lines.map((line) => `- ${line}`).join('\n')}\n\n${table}`);
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      `${JSON.stringify({ conditions: all, rows: rows.map((row) => ({ ...row, verdict: verdictOf(row) })) }, null, 2)}\n`,
    );
}

/** A suite of the data plane: its rows have ratios to others, and its JSON a form of its own. */
async function runDataPlane(chosen: SuiteName): Promise<void> {
  const conditions = { ...readConditions(), rounds };
  const rows = await benchDataPlane({ suite: chosen, rounds, only: values.only?.split(','), say });
  const table = formatRatios(rows);
  const missed = rows.flatMap(({ bars }) => bars).filter(({ most, found }) => found > most).length;
  console.log(`${table}\n\n${missed === 0 ? 'every bar is met' : `bars missed: ${missed}`}`);
  const lines = Object.entries(conditions).map(([key, value]) => `- ${key}: ${value}`);
  if (values.page !== undefined) putBetween(values.page, `${lines.join('\n')}\n\n${table}`);
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ suite: chosen, conditions, rows }, null, 2)}\n`);
}

function formatRatios(rows: readonly DataRow[]): string {
  const lines = rows.map(({ case: what, target, value, unit, ratioTo, bars }) => {
    const ratios = Object.entries(ratioTo).map(([to, ratio]) => `${to} ${ratio.toFixed(2)}`);
    const verdicts = bars.map(
      ({ to, most, found }) => `${to ?? 'value'} <= ${most}: ${found <= most ? 'met' : 'missed'}`,
    );
    return `| ${[what, target, `${value.toFixed(1)} ${unit}`, ratios.join(', '), verdicts.join(', ')].join(' | ')} |`;
  });
  return ['| case | target | median | ratio to | bars |', '| --- | --- | --- | --- | --- |', ...lines].join('\n');
}

/** Replaces what stands between the two marks of this part. */
function putBetween(page: string, text: string): void {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [before, rest] = readFileSync(page, 'utf8').split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${page} has no place for ${name}`);
  writeFileSync(page, `${before}${begin}\n${text}\n${end}${after}`);
}

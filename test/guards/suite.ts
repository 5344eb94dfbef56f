/**
 * What has to go red without a guard, in a process of its own: first the binding vectors; the unit tests of tokens and policy where no vector
 * noticed, and when the whole is asked for. Tells its parent what failed. It is given `quick` or `whole`.
 */
import { globSync, readFileSync } from 'node:fs';

import Mocha from 'mocha';

import { runVectors } from '../../cli/bind/run-vectors.ts';
import { ROOT } from './guard.ts';

const SPECS = [
  'test/unit/core/token/*.test.ts',
  'test/unit/core/identity/revocation.test.ts',
  'test/unit/runtime/token/*.test.ts',
  'test/unit/sidecar/token/*.test.ts',
  'test/unit/sidecar/policy/*.test.ts',
  'test/unit/sidecar/pipeline*.test.ts',
  'test/unit/sidecar/http/*.test.ts',
  'test/unit/sidecar/forward/*.test.ts',
  'test/unit/sidecar/identity-headers.test.ts',
];

/** What a suite of one kind found. */
export interface Red {
  readonly kind: 'vectors' | 'unit tests';
  readonly passed: number;
  /** Ids or titles. */
  readonly failed: readonly string[];
}

const vectors = await judgeVectors();
await tell(vectors);
if (process.argv[2] === 'whole' || vectors.failed.length === 0) await tell(await runUnits());
// A test that fails may leave something open, and that is what is wanted here.
process.exit();

function tell(red: Red): Promise<unknown> {
  return new Promise((resolve) => process.send?.(red, resolve));
}

/** A refusal for another reason than the one that the case is about is no refusal that the guard made. */
async function judgeVectors(): Promise<Red> {
  const results = await runVectors(`${ROOT}test/vectors/binding`);
  const reasons: Readonly<Record<string, string>> = JSON.parse(
    readFileSync(`${ROOT}test/vectors/binding-reasons.json`, 'utf8'),
  );
  const failed = results.filter(({ result, id, code }) => result !== 'passed' || code !== reasons[id]);
  return { kind: 'vectors', passed: results.length - failed.length, failed: failed.map(({ id }) => id) };
}

async function runUnits(): Promise<Red> {
  const failed: string[] = [];
  let passed = 0;
  const mocha = new Mocha({ timeout: 20_000 });
  mocha.files = globSync(SPECS, { cwd: ROOT }).map((file) => `${ROOT}${file}`);
  await mocha.loadFilesAsync();
  const runner = mocha.run();
  runner.on('pass', () => {
    passed += 1;
  });
  runner.on('fail', (test) => {
    failed.push(test.fullTitle());
  });
  await new Promise<void>((resolve) => {
    runner.once('end', resolve);
  });
  return { kind: 'unit tests', passed, failed };
}

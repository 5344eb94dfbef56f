/** Runs the cases of a folder of binding vectors and says where the ruling is not what the data demands. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Fault } from '../../core/fault/fault.ts';
import { answerOf } from './answer.ts';
import { rule, type Ruling } from './trial.ts';
import { type Expectation, readVectors, type VectorCase, type VectorSettings } from './vector-format.ts';
import { Unsupported } from './vector-issuers.ts';
import { type Grounds, groundsOf, trialOf } from './vector-trial.ts';

/** What came of one case. */
export interface CaseResult {
  /** Name of the file without its folder. */
  readonly file: string;
  readonly id: string;
  readonly result: 'passed' | 'failed' | 'unsupported';
  /** Why it failed or is not supported. */
  readonly reason: string | undefined;
  /** Our code of the refusal; undefined for what was accepted or not run. */
  readonly code: string | undefined;
  readonly demanded: Expectation['verdict'] | undefined;
  /** Ours; undefined where it was not run. */
  readonly verdict: Ruling['verdict'] | undefined;
}

/** The results of each `*.json` of the folder, by name of file and in the order of its cases. Throws CONFIG_FILE. */
export async function runVectors(folder: string): Promise<readonly CaseResult[]> {
  const names = await readdir(folder).catch(unreadable(folder));
  const files = names.filter((name) => name.endsWith('.json')).toSorted();
  if (files.length === 0) throw new Fault('CONFIG_FILE', `${folder} has no .json file`);
  const results: CaseResult[] = [];
  const known = new Map<VectorSettings, Grounds>();
  for (const file of files) {
    const text = await readFile(join(folder, file), 'utf8').catch(unreadable(join(folder, file)));
    for (const one of readVectors(file, text)) results.push({ file, id: one.id, ...(await runCase(one, known)) });
  }
  return results;
}

const unreadable = (place: string) => (cause: unknown) => {
  throw new Fault('CONFIG_FILE', `${place} cannot be read`, { cause });
};

/** Settings are read once for all their cases. */
async function runCase(
  { read }: VectorCase,
  known: Map<VectorSettings, Grounds>,
): Promise<Omit<CaseResult, 'file' | 'id'>> {
  const unrun = { code: undefined, demanded: undefined, verdict: undefined };
  if (!read.ok) return { ...unrun, result: 'failed', reason: read.mistake };
  const { expect } = read.test;
  try {
    const grounds = known.get(read.settings) ?? groundsOf(read.settings);
    known.set(read.settings, grounds);
    const ruling = await rule(trialOf(read.test, grounds));
    const reason = differenceOf(expect, ruling);
    const { verdict } = ruling;
    const code = verdict === 'refuse' ? ruling.refusal.code : undefined;
    return { result: reason === undefined ? 'passed' : 'failed', reason, code, demanded: expect.verdict, verdict };
  } catch (thrown) {
    const told = { ...unrun, demanded: expect.verdict };
    if (thrown instanceof Unsupported) return { ...told, result: 'unsupported', reason: thrown.message };
    const { code, detail } = Fault.from(thrown);
    return { ...told, result: 'failed', reason: `broke: ${code}: ${detail}` };
  }
}

/** What is not as demanded; undefined where all is. */
function differenceOf(expected: Expectation, ruling: Ruling): string | undefined {
  if (expected.verdict === 'either') return undefined;
  if (expected.verdict !== ruling.verdict) return `demanded ${expected.verdict}, got ${describe(ruling)}`;
  if (ruling.verdict === 'accept') {
    const { methods } = answerOf(ruling);
    const holds = expected.method === null || methods.includes(expected.method);
    return holds ? undefined : `demanded method ${expected.method}, got ${methods.join(' ')}`;
  }
  const { answer } = ruling;
  // The connection ends before a request is read: there is no answer to compare.
  if (answer === undefined) return undefined;
  const { challenges } = answerOf(ruling);
  const { status, scheme, error } = expected;
  if (status !== null && status !== answer.status) return `demanded status ${status}, got ${describe(ruling)}`;
  const ofScheme = challenges.filter((one) => scheme === null || one.scheme.toLowerCase() === scheme.toLowerCase());
  if (scheme !== null && ofScheme.length === 0) return `demanded a challenge of ${scheme}, got ${describe(ruling)}`;
  const isTold = error === null || ofScheme.some((one) => one.error === error);
  return isTold ? undefined : `demanded error ${error}, got ${describe(ruling)}`;
}

function describe(ruling: Ruling): string {
  if (ruling.verdict === 'accept') return `accept (${answerOf(ruling).methods.join(' ')})`;
  const { code, detail } = ruling.refusal;
  const challenges = answerOf(ruling).challenges.map(({ scheme, error }) => `${scheme} ${error ?? 'without error'}`);
  const status = ruling.answer === undefined ? 'no answer' : `status ${ruling.answer.status}`;
  return `refuse (${[status, ...challenges].join(', ')}; ${code}: ${detail})`;
}

/** Runs every file of a vectors folder through the runner that knows it; what no runner knows is not applicable. And our own. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type CaseResult, runVectors } from '../../cli/bind/run-vectors.ts';
import { countCases, type Document } from './document.ts';
import { HTTP_EXCEPTIONS, knowsDesync, knowsSmuggler, scoreHttp } from './http-cases.ts';
import { joseCases, knowsJose } from './jose-cases.ts';
import { JOSE_EXCEPTIONS } from './jose-exceptions.ts';
import { JSON_EXCEPTIONS, jsonCases, knowsJsonSuite } from './json-cases.ts';
import { limboCases } from './limbo-cases.ts';
import { handshakeCases } from './limbo-handshake.ts';
import { knowsLimbo } from './limbo.ts';
import { LIMBO_EXCEPTIONS } from './limbo-rules.ts';
import { type Case, score, type Score } from './score.ts';
import { knowsSignatures, signatureCases } from './signature-cases.ts';

export const DEFAULT_FOLDER = fileURLToPath(new URL('../../../shared/vectors', import.meta.url));

/** A kind of file: told by its content, never by its name. */
interface Runner {
  readonly knows: (document: Document) => boolean;
  readonly run: (document: Document) => Promise<Score>;
  /** Tells two runners of one file apart. */
  readonly suffix?: string;
}

function byCases(cases: (document: Document) => readonly Case[]): Runner['run'] {
  return (document) => score(cases(document));
}

const RUNNERS: readonly Runner[] = [
  { knows: knowsJose, run: byCases(joseCases) },
  { knows: knowsSignatures, run: byCases(signatureCases) },
  { knows: knowsJsonSuite, run: byCases(jsonCases) },
  { knows: knowsLimbo, run: byCases(limboCases) },
  { knows: knowsLimbo, run: byCases(handshakeCases), suffix: '-handshakes' },
  { knows: knowsSmuggler, run: scoreHttp },
  { knows: knowsDesync, run: scoreHttp },
];

export interface FileScore extends Score {
  /** Name of the file without `.json`, and the suffix of the runner. */
  readonly name: string;
  readonly isKnown: boolean;
}

/** The score of each file of our own binding vectors, as those of others are counted. */
export async function runBinding(): Promise<readonly FileScore[]> {
  const results = Map.groupBy(await runVectors(BINDING_FOLDER), ({ file }) => file);
  return [...results].map(([file, of]) => {
    const count = (such: (one: CaseResult) => boolean): number => of.filter(such).length;
    return {
      name: `binding-${file.slice(0, -'.json'.length)}`,
      isKnown: true,
      tally: {
        total: of.length,
        accepted: count(({ verdict }) => verdict === 'accept'),
        refused: count(({ verdict }) => verdict === 'refuse'),
        falseAccepts: count(({ demanded, verdict }) => demanded === 'refuse' && verdict === 'accept'),
        falseRejects: count(({ demanded, verdict }) => demanded === 'accept' && verdict === 'refuse'),
        notApplicable: count(({ verdict }) => verdict === undefined),
      },
      excused: new Map(),
      skipped: new Map(),
      problems: of.filter(({ result }) => result !== 'passed').map(({ id, reason }) => `${id}: ${reason ?? ''}`),
    };
  });
}

const BINDING_FOLDER = fileURLToPath(new URL('binding', import.meta.url));

/** The score of each data file of the folder, by name. */
export async function runFolder(folder: string): Promise<readonly FileScore[]> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const scores: FileScore[] = [];
  for (const name of names.sort()) scores.push(...(await runFile(folder, name)));
  return scores;
}

async function runFile(folder: string, file: string): Promise<readonly FileScore[]> {
  const name = file.slice(0, -'.json'.length);
  try {
    const document: Document = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const scores: FileScore[] = [];
    for (const { knows, run, suffix = '' } of RUNNERS)
      if (knows(document)) scores.push({ name: `${name}${suffix}`, isKnown: true, ...(await run(document)) });
    if (scores.length > 0) return scores;
    const total = countCases(document);
    const tally = { total, accepted: 0, refused: 0, falseAccepts: 0, falseRejects: 0, notApplicable: total };
    return [{ name, isKnown: false, tally, excused: new Map(), skipped: new Map(), problems: [] }];
  } catch (cause) {
    throw new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** One line: cases, applicable, matched, false accepts, false rejects, excused by rule, skipped by reason. */
export function lineOf({ name, isKnown, tally, excused, skipped: notRun }: FileScore): string {
  const { total, notApplicable, falseAccepts, falseRejects } = tally;
  const applicable = total - notApplicable;
  const exceptions = [...excused.values()].reduce((sum, count) => sum + count, 0);
  const matched = applicable - falseAccepts - falseRejects - exceptions;
  const counts = `${total} cases, ${applicable} applicable, ${matched} matched, ${falseAccepts} false accepts, ${falseRejects} false rejects`;
  const skipped = isKnown ? listOf(notRun) : ' (no runner for this file)';
  return `${name}: ${counts}, ${exceptions} excused${listOf(excused)}, ${notApplicable} skipped${skipped}`;
}

function listOf(rules: ReadonlyMap<string, number>): string {
  return rules.size === 0 ? '' : ` (${[...rules].map(([rule, count]) => `${rule} ${count}`).join(', ')})`;
}

/** Rules that covered no case: only reported. */
export function unusedRules(scores: readonly FileScore[]): readonly string[] {
  const used = new Set(scores.flatMap(({ excused }) => [...excused.keys()]));
  return [...JOSE_EXCEPTIONS, ...JSON_EXCEPTIONS, ...LIMBO_EXCEPTIONS, ...HTTP_EXCEPTIONS]
    .map(({ rule }) => rule)
    .filter((rule) => !used.has(rule));
}

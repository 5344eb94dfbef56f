/** A runner that agrees with every label is worth nothing: copies of the data with changed labels must show. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { expect } from 'chai';

import { skipAbsentVectors } from '../kit/skip.ts';
import { isMembers, listOf, type Members } from './document.ts';
import { DEFAULT_FOLDER, type FileScore, runFolder } from './run.ts';
import { score } from './score.ts';

const folder = process.env['CLEAT_VECTORS'] ?? DEFAULT_FOLDER;
const SIGNATURES = 'wycheproof-json_web_signature.json';
const ENCRYPTION = 'wycheproof-json_web_encryption.json';
const ED25519 = 'wycheproof-ed25519.json';
const JSON_SUITE = 'json-test-suite.json';

type Test = Members & { result: string };

describe('vectors with changed labels', () => {
  if (!existsSync(join(folder, SIGNATURES))) {
    skipAbsentVectors('shows each of them');
    return;
  }
  const copy = mkdtempSync(join(tmpdir(), 'cleat-vectors-'));
  after(() => rmSync(copy, { recursive: true }));

  /** Copies one file, changed, into a folder of its own. */
  async function run(file: string, change: (document: Members) => void): Promise<FileScore> {
    const own = mkdtempSync(join(copy, 'run-'));
    cpSync(join(folder, file), join(own, file));
    const document: unknown = JSON.parse(readFileSync(join(own, file), 'utf8'));
    if (!isMembers(document)) throw new Error('not an object');
    change(document);
    rmSync(join(own, file));
    writeFileSync(join(own, file), JSON.stringify(document));
    const [found] = await runFolder(own);
    expect(found?.name).to.equal(basename(file, '.json'));
    if (found === undefined) throw new Error('no score');
    return found;
  }

  function relabel(document: Members, from: string, such: (test: Test, group: Members) => boolean): number {
    const tests = listOf(document, 'testGroups').flatMap((group) =>
      (listOf(group, 'tests') as readonly Test[]).filter((test) => test.result === from && such(test, group)),
    );
    for (const test of tests) test.result = from === 'valid' ? 'invalid' : 'valid';
    expect(tests.length).to.be.greaterThan(0);
    return tests.length;
  }

  const isAsymmetric = (_test: Test, group: Members): boolean => isMembers(group['public']);
  const isSymmetric = (_test: Test, group: Members): boolean => !isMembers(group['public']);

  it('shows good signatures that are called bad as false accepts', async () => {
    let changed = 0;
    const { tally } = await run(ED25519, (document) => {
      changed = relabel(document, 'valid', () => true);
    });
    expect(tally).to.include({ falseAccepts: changed, falseRejects: 0, accepted: changed });
  });

  it('shows bad signatures that are called good as false rejects', async () => {
    let changed = 0;
    const { tally } = await run(SIGNATURES, (document) => {
      changed = relabel(document, 'invalid', isAsymmetric);
    });
    expect(tally).to.include({ falseAccepts: 0, falseRejects: changed });
  });

  it('does not excuse a forged HMAC because it is one', async () => {
    let changed = 0;
    const { tally } = await run(SIGNATURES, (document) => {
      // The one case of the data whose MAC holds although it is called invalid stays what it is.
      const good = readGoodMacs(document);
      changed = relabel(document, 'invalid', (test, group) => isSymmetric(test, group) && !good.has(test['jws']));
    });
    expect(tally).to.include({ falseAccepts: 0, falseRejects: changed });
  });

  it('does not excuse a JWE that does not open because it is one', async () => {
    let changed = 0;
    const { tally } = await run(ENCRYPTION, (document) => {
      changed = relabel(document, 'invalid', () => true);
    });
    expect(tally).to.include({ falseAccepts: 0, falseRejects: changed });
  });

  it('fails the run for an exception whose case passes without it', async () => {
    let changed = 0;
    const { tally, problems } = await run(ENCRYPTION, (document) => {
      changed = relabel(document, 'valid', () => true);
    });
    expect(tally).to.include({ falseAccepts: 0, falseRejects: 0 });
    expect(problems).to.have.length(changed);
    expect(problems[0]).to.match(/idle exception .*JWE/);
  });

  it('shows JSON files under the other letter, the free ones too', async () => {
    const { tally } = await run(JSON_SUITE, (document) => {
      rename(document, 'n_array', 'y_');
      rename(document, 'y_number', 'n_');
      rename(document, 'i_string', 'y_');
      rename(document, 'i_number_double', 'n_');
    });
    expect(tally).to.include({ falseAccepts: 2, falseRejects: 2 });
  });

  /** Gives the first case whose name begins so another letter. */
  function rename(document: Members, prefix: string, letter: string): void {
    const members = document as Record<string, unknown>;
    const old = Object.keys(members).find((name) => name.startsWith(prefix)) ?? '';
    members[`${letter}renamed ${old}`] = members[old];
    expect(delete members[old]).to.equal(true);
  }

  it('lists a file that no runner knows as not applicable', async () => {
    const { tally, isKnown } = await run(ED25519, (document) => {
      (document as Record<string, unknown>)['schema'] = 'xdh_comp_schema_v1.json';
    });
    expect(isKnown).to.equal(false);
    expect(tally.notApplicable).to.equal(tally.total).and.greaterThan(0);
  });

  /** Tokens that the data calls valid somewhere. */
  function readGoodMacs(document: Members): ReadonlySet<unknown> {
    const tests = listOf(document, 'testGroups').flatMap((group) => listOf(group, 'tests'));
    return new Set(tests.filter(({ result }) => result === 'valid').map(({ jws }) => jws));
  }
});

describe('score()', () => {
  const exception = { rule: 'r', reason: 'because', codes: ['TOKEN_KEY'] } as const;
  const refused = { ok: false, refusal: { code: 'TOKEN_KEY', detail: '' } } as const;

  it('counts a refusal for another reason than the rule allows as a false reject', async () => {
    const judge = () => ({ ok: false, refusal: { code: 'TOKEN_JSON', detail: '' } }) as const;
    const { tally } = await score([{ id: '1', expected: 'accepted', content: 'a', exception, judge }]);
    expect(tally).to.include({ refused: 1, falseRejects: 1 });
  });

  it('fails the run for an exception whose case is accepted', async () => {
    const judge = () => ({ ok: true, value: 0 }) as const;
    const { problems } = await score([{ id: '1', expected: 'accepted', content: 'a', exception, judge }]);
    expect(problems).to.have.length(1);
  });

  it('excuses a case under its rule, and learns nothing where the data contradicts itself', async () => {
    const case_ = { content: 'a', exception, judge: () => refused } as const;
    const { tally, problems, excused } = await score([
      { id: '1', expected: 'accepted', ...case_ },
      { id: '2', expected: 'refused', ...case_ },
    ]);
    expect(problems).to.deep.equal([]);
    expect(tally).to.include({ refused: 2, falseRejects: 0 });
    expect([...excused]).to.deep.equal([['r', 1]]);
  });
});

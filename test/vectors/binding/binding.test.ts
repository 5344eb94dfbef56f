/** The binding vectors through `cleat bind`: each verdict as the standards demand, and each refusal for the reason that the case is about. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { type CaseResult, runVectors } from '../../../cli/bind/run-vectors.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const REASONS = fileURLToPath(new URL('../binding-reasons.json', import.meta.url));

const isTable = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string');

const SECRET = /"(?:d|p|q|dp|dq|qi|k)":|PRIVATE KEY/;
/** What stands for a published private member, and for a symmetric key: both are no key of anybody. */
const withoutFakes = (text: string): string => text.replaceAll(/"d": "A{43}"|"k": "c2VjcmV0"/g, '');

describe('binding vectors', () => {
  let results: readonly CaseResult[] = [];
  before(async () => {
    results = await runVectors(FOLDER);
  });

  it('A-401 to A-426, A-441 to A-456 answers what every case demands', () => {
    expect(results.filter(({ result }) => result !== 'passed')).to.deep.equal([]);
    expect(results).to.have.length.at.least(500);
  });

  it('refuses each for the reason that the case is about, and not for another one', () => {
    const reasons: unknown = JSON.parse(readFileSync(REASONS, 'utf8'));
    if (!isTable(reasons)) throw new TypeError('reasons are texts by id');
    const codes = new Map(results.map(({ id, code }) => [id, code]));
    const wrong = Object.entries(reasons).filter(([id, code]) => codes.get(id) !== code);
    expect(wrong.map(([id, code]) => `${id}: ${code}, got ${codes.get(id)}`)).to.deep.equal([]);
    expect(codes.size, 'ids that two files share').to.equal(results.length);
  });

  it('holds no private key', () => {
    expect(results.length).to.be.greaterThan(0);
    for (const file of new Set(results.map((one) => one.file)))
      expect(withoutFakes(readFileSync(`${FOLDER}${file}`, 'utf8')), file).not.to.match(SECRET);
  });
});

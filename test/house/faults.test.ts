/** Every code of the fault table is used, documented and provoked by a test. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { CATALOG } from '../../core/fault/catalog.ts';
import { readSources, ROOT } from './sources.ts';

const FAMILY =
  /^(PEER|TOKEN|BINDING|POLICY|REQUEST|UPSTREAM|LIMIT|CSR|ATTEST|GRANT|ISSUE|JOURNAL|SIGNER|RENEW|CONFIG|LIFE|BUG)_[A-Z0-9_]+$/;

describe('house: fault table', () => {
  const sources = readSources();
  const codes = Object.keys(CATALOG);
  const mentioned = (folder: RegExp, code: string): boolean =>
    sources.some(
      (source) =>
        folder.test(source.path) &&
        source.path !== 'core/fault/catalog.ts' &&
        new RegExp(`['"\`.]${code}\\b`).test(source.text),
    );

  it('has codes of the known families only', () => {
    expect(codes.filter((code) => !FAMILY.test(code))).to.deep.equal([]);
  });

  it('has no code that nothing answers', () => {
    expect(codes.filter((code) => !mentioned(/^(core|runtime|ca|sidecar|cli)\//, code))).to.deep.equal([]);
  });

  it('has each code named by a test outside of this one', () => {
    expect(codes.filter((code) => !mentioned(/^test\/(unit|scenario|vectors|interop)\//, code))).to.deep.equal([]);
  });

  it('has each code in docs/faults.md', () => {
    const page = readFileSync(join(ROOT, 'docs/faults.md'), 'utf8');
    expect(codes.filter((code) => !page.includes(`\`${code}\``))).to.deep.equal([]);
  });

  it('tells the outside nothing but short fixed texts', () => {
    for (const row of Object.values(CATALOG)) expect(row.text).to.match(/^[a-z][a-z ]{2,40}$/);
  });
});

import { expect } from 'chai';

import { evidenceOf } from '../../../cli/evidence-options.ts';
import { UsageMistake } from '../../../cli/verb.ts';

const given = (options: Readonly<Record<string, string>>) =>
  evidenceOf({ text: (name) => options[name], list: () => [], has: () => false, rest: [] });
const PAIR = { certificate: 'c.pem', key: 'k.pem' };

describe('evidenceOf()', () => {
  it('refuses none, two, and halves of one', () => {
    for (const options of [
      {},
      { bundle: 'b' },
      { evidence: 't', oidc: 'o', bundle: 'b' },
      { evidence: 't', ...PAIR },
      { oidc: 'o', ...PAIR, bundle: 'b' },
      { certificate: 'c.pem', bundle: 'b' },
      { key: 'k.pem', bundle: 'b' },
      { evidence: 't', key: 'k.pem' },
      { oidc: 'o', key: 'k.pem', bundle: 'b' },
    ])
      expect(() => given(options), JSON.stringify(options)).to.throw(UsageMistake);
  });

  it('refuses what cannot know its CA: all but a join token need a bundle', () => {
    for (const options of [{ oidc: 'o' }, PAIR]) expect(() => given(options)).to.throw(UsageMistake, '--bundle');
  });

  it('gives each kind with what it needs', () => {
    expect(given({ evidence: 't' })).to.deep.equal({ kind: 'joinToken', file: 't', bundle: undefined });
    expect(given({ evidence: 't', bundle: 'b' })).to.deep.equal({ kind: 'joinToken', file: 't', bundle: 'b' });
    expect(given({ oidc: 'o', bundle: 'b' })).to.deep.equal({ kind: 'oidc', file: 'o', bundle: 'b' });
    expect(given({ ...PAIR, bundle: 'b' })).to.deep.equal({ kind: 'x509', ...PAIR, bundle: 'b' });
  });
});

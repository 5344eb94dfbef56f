import { expect } from 'chai';

import { addressesOf } from '../../../cli/option-values.ts';
import { UsageMistake } from '../../../cli/verb.ts';

const given = (...values: readonly string[]) => ({ list: () => values });

describe('addressesOf()', () => {
  for (const text of [
    'localhost',
    'localhost:',
    ':8443',
    'localhost:0',
    'localhost:65536',
    'a b:1',
    'http://a:1',
    '::1:1',
  ])
    it(`says of ${text} that HOST:PORT is wanted`, () => {
      expect(() => addressesOf(given(text), 'ca')).to.throw(UsageMistake, '--ca takes HOST:PORT');
    });

  it('takes names, IPv4 and IPv6 in brackets, in order', () => {
    const addresses = ['cleat-ca.svc:8443', '127.0.0.1:1', '[::1]:65535'];
    expect(addressesOf(given(...addresses), 'ca')).to.deep.equal(addresses);
  });
});

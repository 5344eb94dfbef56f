import { expect } from 'chai';

import { parseNetworks } from '../../../../core/identity/network.ts';
import { demand } from '../../../../core/fault/fault.ts';

describe('parseNetworks()', () => {
  const WRONG = [
    '',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0/8',
    'any',
    '10.0.0.0/8 ',
    '::ffff:10.0.0.0/104',
  ];
  for (const text of WRONG) {
    it(`refuses ${JSON.stringify(text)} with CONFIG_INVALID`, () => {
      expect(parseNetworks([text])).to.have.nested.property('refusal.code', 'CONFIG_INVALID');
    });
  }

  it('holds no address where it names no network, and never what is no address', () => {
    expect(demand(parseNetworks([])).holds('10.0.0.1')).to.equal(false);
    const all = demand(parseNetworks(['0.0.0.0/0', '::/0']));
    expect(['', 'unknown', '10.0.0', '10.0.0.1.', '10.0.0.1:443'].filter((text) => all.holds(text))).to.deep.equal([]);
  });

  it('compares by bits: the first and last address are in, their neighbours are not', () => {
    const networks = demand(parseNetworks(['10.1.0.0/15', '2001:db8::/47', '192.0.2.7']));
    const inside = ['10.0.255.255', '10.1.0.0', '10.1.255.255', '2001:db8:1:ffff::1', '2001:DB8::', '192.0.2.7'];
    expect(inside.map((address) => networks.holds(address))).to.deep.equal([true, true, true, true, true, true]);
    const outside = ['10.2.0.0', '9.255.255.255', '2001:db8:2::', '192.0.2.8', '192.0.2.6'];
    expect(outside.map((address) => networks.holds(address))).to.deep.equal([false, false, false, false, false]);
  });

  it('takes an IPv4 address that came over an IPv6 socket for the IPv4 address', () => {
    const networks = demand(parseNetworks(['10.1.0.0/16']));
    expect(networks.holds('::ffff:10.1.2.3')).to.equal(true);
    expect(networks.holds('::FFFF:10.2.2.3')).to.equal(false);
    expect(networks.holds('::10.1.2.3')).to.equal(false);
  });
});

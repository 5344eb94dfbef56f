import { expect } from 'chai';

import { peerKeyOf, siteKeyOf } from '../../../runtime/address-key.ts';

describe('peerKeyOf()', () => {
  it('A-129 counts all of a /64 as one, however it is spelled', () => {
    for (const peer of [
      '2001:db8:1:2::1:443',
      '2001:db8:1:2:3:4:5:6:50000',
      '2001:0DB8:0001:0002::ffff:1',
      '2001:db8:1:2::1.2.3.4:9',
    ])
      expect(peerKeyOf(peer), peer).to.equal('2001:db8:1:2::/64');
    expect(peerKeyOf('2001:db8:1:3::1:443')).to.equal('2001:db8:1:3::/64');
    expect(peerKeyOf('::1:443')).to.equal('0:0:0:0::/64');
    expect(peerKeyOf('fe80::1%eth0:443')).to.equal('fe80:0:0:0::/64');
  });

  it('takes an IPv4 address as it is, mapped into IPv6 too', () => {
    expect(peerKeyOf('192.0.2.7:443')).to.equal('192.0.2.7');
    expect(peerKeyOf('::ffff:192.0.2.7:443')).to.equal('192.0.2.7');
    expect(peerKeyOf('::FFFF:192.0.2.7:443')).to.equal('192.0.2.7');
  });

  it('gives all that is no address one key', () => {
    for (const peer of ['', 'unknown', ':', 'unix:/run/x', '1.2.3:4', '[::1]:443'])
      expect(peerKeyOf(peer)).to.equal('unknown');
  });
});

describe('siteKeyOf()', () => {
  it('A-129 counts all of a /48 as one site, and an IPv4 address as its own', () => {
    for (const address of ['2001:db8:1::1', '2001:db8:1:ffff::2', '2001:0DB8:0001:2::3%eth0'])
      expect(siteKeyOf(address), address).to.equal('2001:db8:1::/48');
    expect(siteKeyOf('2001:db8:2::1')).to.equal('2001:db8:2::/48');
    expect(siteKeyOf('::ffff:192.0.2.7')).to.equal('192.0.2.7');
  });
});

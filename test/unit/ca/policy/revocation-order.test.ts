import { expect } from 'chai';

import { checkRevocationOrder } from '../../../../ca/policy/revocation-order.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds, seconds } from '../../../../core/time/units.ts';
import { codeOf } from '../small-ca.ts';

const NOW = epochSeconds(1_800_000_000);
const BOUNDS = { trustDomain: demand(parseTrustDomain('mesh.example')), certificateTtl: seconds(3600), now: NOW };
const check = (body: unknown) => checkRevocationOrder(body, BOUNDS);
const LINEAGE = 'ab'.repeat(16);

describe('checkRevocationOrder()', () => {
  for (const body of [
    undefined,
    null,
    'serial',
    [],
    {},
    { reason: 'unspecified' },
    { serial: 'ab', lineage: LINEAGE },
    { jti: 'a', sub: 'b', issuer: 'https://x' },
    { serial: 7 },
    { serial: '' },
    { serial: 'abc' },
    { serial: 'xy' },
    { serial: 'ab'.repeat(21) },
    { serial: 'ab\n' },
    { lineage: 'ab' },
    { lineage: `${LINEAGE}0` },
    { spiffeId: 'mesh.example/ns/a' },
    { spiffeId: 'spiffe://mesh.example' },
    { spiffeId: 'spiffe://other.example/ns/a' },
    { spiffeId: 'spiffe://mesh.example/ns/*' },
    { jti: 'a' },
    { jti: 'a', issuer: '' },
    { jti: '', issuer: 'https://x' },
    { sub: 'a'.repeat(513), issuer: 'https://x' },
    { kid: 'a', issuer: 'x'.repeat(513) },
    { serial: 'ab', issuer: 'https://x' },
    { origin: 'client:a' },
    { origin: 'a', kid: 'k', issuer: 'https://x' },
    { serial: 'ab', until: 5 },
    { serial: 'ab', until: '0s' },
    { serial: 'ab', until: 'soon' },
    { serial: 'ab', until: '3651d' },
    { serial: 'ab', reason: 'certificateHold' },
    { serial: 'ab', reason: 'toString' },
    { serial: 'ab', reason: 1 },
    { serial: 'ab', extra: true },
  ])
    it(`refuses ${JSON.stringify(body)?.slice(0, 60) ?? 'nothing'} with CONFIG_INVALID`, () => {
      expect(codeOf(check(body))).to.equal('CONFIG_INVALID');
    });

  it("refuses the CA's own identities: GRANT_IDENTITY", () => {
    for (const path of [
      '/cleat/ca',
      '/cleat/ca/x',
      '/cleat',
      '/cleat/admin',
      '/cleat/administrator/x',
      '/cleat/x/admin/y',
    ])
      expect(codeOf(check({ spiffeId: `spiffe://mesh.example${path}` })), path).to.equal('GRANT_IDENTITY');
  });

  it('takes each kind, in the spelling of the journal', () => {
    const targets = [
      { serial: 'AB01' },
      { lineage: LINEAGE.toUpperCase() },
      { spiffeId: 'spiffe://mesh.example/ns/a' },
      { issuer: 'https://x', jti: 'j' },
      { issuer: 'https://x', sub: 's' },
      { issuer: 'https://x', kid: 'k' },
      { issuer: 'https://x', origin: 'client:billing' },
    ].map((body) => demand(check(body)).target);
    expect(targets).to.deep.equal([
      { kind: 'certificate', serial: 'ab01' },
      { kind: 'lineage', lineageId: LINEAGE },
      { kind: 'spiffe-id', spiffeId: 'spiffe://mesh.example/ns/a' },
      { kind: 'jti', issuer: 'https://x', value: 'j' },
      { kind: 'sub', issuer: 'https://x', value: 's' },
      { kind: 'kid', issuer: 'https://x', value: 'k' },
      { kind: 'origin', issuer: 'https://x', value: 'client:billing' },
    ]);
  });

  it('gives the end that was ordered, else that of the longest certificate', () => {
    const open = demand(check({ serial: 'ab' }));
    expect(open).to.include({ reason: 'unspecified', revokedAt: NOW, endsAt: undefined, fallbackEnd: NOW + 3600 });
    const ordered = demand(check({ serial: 'ab', until: '90s', reason: 'keyCompromise' }));
    expect(ordered).to.include({ reason: 'keyCompromise', endsAt: NOW + 90 });
  });

  it('lets what names tokens or their key outlive these, however short certificates are', () => {
    const short = { ...BOUNDS, certificateTtl: seconds(120) };
    const endOf = (body: object) => demand(checkRevocationOrder({ issuer: 'https://x', ...body }, short)).fallbackEnd;
    expect(endOf({ kid: 'k' })).to.equal(NOW + 3660 + 3660);
    for (const body of [{ jti: 'j' }, { sub: 's' }, { origin: 'client:billing' }])
      expect(endOf(body), JSON.stringify(body)).to.equal(NOW + 3660);
    expect(demand(checkRevocationOrder({ serial: 'ab' }, short)).fallbackEnd).to.equal(NOW + 120);
  });

  it("takes an administrator's identity, and outlives every join token that was made for it before", () => {
    for (const path of ['/cleat/admin/x', '/cleat/admin/x/y', '/ns/a']) {
      const spiffeId = `spiffe://mesh.example${path}`;
      const order = demand(check({ spiffeId }));
      expect(order.target).to.deep.equal({ kind: 'spiffe-id', spiffeId });
      expect(order.fallbackEnd).to.equal(NOW + 86_400);
    }
    const long = { ...BOUNDS, certificateTtl: seconds(172_800) };
    expect(demand(checkRevocationOrder({ spiffeId: 'spiffe://mesh.example/ns/a' }, long)).fallbackEnd).to.equal(
      NOW + 172_800,
    );
  });
});

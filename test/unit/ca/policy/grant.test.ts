import { expect } from 'chai';

import type { Attestation } from '../../../../ca/attest/attestation.ts';
import { grant, type IssuancePolicy } from '../../../../ca/policy/grant.ts';
import { isReserved } from '../../../../ca/policy/reserved.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { spiffeIdOf } from '../../../../core/identity/spiffe-id.ts';
import { epochSeconds, seconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { writeCsr } from '../../../../core/x509/csr-write.ts';
import { parseCsr } from '../../../../core/x509/csr.ts';
import { createTestAuthority, issueTestLeaf, testKey } from '../../../kit/x509.ts';
import { codeOf, LIFETIMES, MESH } from '../small-ca.ts';

const AUTHORITY = createTestAuthority();
const POLICY: IssuancePolicy = {
  ...LIFETIMES,
  issuer: AUTHORITY.certificate,
  issuerEnds: AUTHORITY.certificate.notAfter,
};
const NOW = epochSeconds(AUTHORITY.certificate.notBefore + 7200);

const idOf = (path: string) => demand(spiffeIdOf(MESH, path));
const csrOf = (key = testKey()) => demand(parseCsr(writeCsr(key), ['p256']));

function attestation(change: Partial<Attestation> = {}): Attestation {
  return {
    attestor: 'join-token',
    evidence: 'join-token:f0',
    id: idOf('/ns/shop/sa/agent'),
    dnsNames: ['localhost'],
    claim: { kind: 'join-token', hash: 'f0' },
    predecessor: undefined,
    ...change,
  };
}

const life = (ttl: number | undefined, policy = POLICY): number => {
  const wish = { csr: csrOf(), ttl: ttl === undefined ? undefined : seconds(ttl) };
  return demand(grant(attestation(), wish, policy, NOW)).notAfter - NOW;
};

describe('grant()', () => {
  it('refuses the names of the CA to every attestor but itself with GRANT_IDENTITY', () => {
    for (const path of ['/cleat', '/cleat/ca', '/cleat/admin/operator'])
      for (const attestor of ['join-token', 'leaf'] as const) {
        const outcome = grant(attestation({ attestor, id: idOf(path) }), { csr: csrOf(), ttl: undefined }, POLICY, NOW);
        expect(codeOf(outcome), `${attestor} ${path}`).to.equal('GRANT_IDENTITY');
      }
  });

  it('reserves by segment: what only begins like the name of the CA is free', () => {
    expect(['/cleat', '/cleat/ca'].every((path) => isReserved(idOf(path)))).to.equal(true);
    expect(['/cleats', '/cleat-ca/x', '/ns/cleat/ca', '/Cleat/ca'].some((path) => isReserved(idOf(path)))).to.equal(
      false,
    );
  });

  it("A-111 refuses the issuer's own key with GRANT_KEY_REUSE", () => {
    const wish = { csr: csrOf(AUTHORITY.key), ttl: undefined };
    expect(codeOf(grant(attestation(), wish, POLICY, NOW))).to.equal('GRANT_KEY_REUSE');
  });

  it("A-110 refuses the predecessor's key with GRANT_KEY_REUSE", () => {
    const old = issueTestLeaf(AUTHORITY, { now: NOW });
    const predecessor = demand(parseCertificate(old.der));
    const wish = { csr: csrOf(old.key), ttl: undefined };
    expect(codeOf(grant(attestation({ predecessor }), wish, POLICY, NOW))).to.equal('GRANT_KEY_REUSE');
  });

  it('A-112 refuses where the issuer has ended, ends within the shortest life, or has not begun: GRANT_ISSUER_EXPIRED', () => {
    const { notBefore, notAfter } = AUTHORITY.certificate;
    const wish = { csr: csrOf(), ttl: undefined };
    for (const now of [notAfter + 1, notAfter, notAfter - 59, notBefore - 1])
      expect(codeOf(grant(attestation(), wish, POLICY, epochSeconds(now)))).to.equal('GRANT_ISSUER_EXPIRED');
    expect(codeOf(grant(attestation(), wish, POLICY, epochSeconds(notAfter - 60)))).to.equal('ok');
  });

  it("A-112 clamps to the issuer's end", () => {
    const now = epochSeconds(AUTHORITY.certificate.notAfter - 100);
    const granted = demand(grant(attestation(), { csr: csrOf(), ttl: undefined }, POLICY, now));
    expect(granted.notAfter).to.equal(AUTHORITY.certificate.notAfter);
  });

  it('A-112 clamps to the first end on the way to the root, and refuses where that comes too soon', () => {
    const now = epochSeconds(AUTHORITY.certificate.notBefore + 7200);
    const wish = { csr: csrOf(), ttl: undefined };
    const under = (left: number): IssuancePolicy => ({ ...POLICY, issuerEnds: epochSeconds(now + left) });
    expect(demand(grant(attestation(), wish, under(100), now)).notAfter).to.equal(now + 100);
    expect(codeOf(grant(attestation(), wish, under(59), now))).to.equal('GRANT_ISSUER_EXPIRED');
  });

  it('clamps the asked life to the policy, and gives the default where none is asked', () => {
    expect(life(undefined)).to.equal(3600);
    expect([1, 59, 60, 61].map((ttl) => life(ttl))).to.deep.equal([60, 60, 60, 61]);
    expect([86_399, 86_400, 86_401, 4_294_967_295].map((ttl) => life(ttl))).to.deep.equal([
      86_399, 86_400, 86_400, 86_400,
    ]);
  });

  it('A-115 backdates by 60 s, and says what was asked', () => {
    const granted = demand(grant(attestation(), { csr: csrOf(), ttl: seconds(5) }, POLICY, NOW));
    expect(granted.issuedAt - granted.notBefore).to.equal(60);
    expect(granted.askedTtl).to.equal(5);
  });

  it('takes names from the attestation alone', () => {
    const granted = demand(grant(attestation(), { csr: csrOf(), ttl: undefined }, POLICY, NOW));
    expect(granted.id.uri).to.equal('spiffe://mesh.example/ns/shop/sa/agent');
    expect(granted.dnsNames).to.deep.equal(['localhost']);
  });
});

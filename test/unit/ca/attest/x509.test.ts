import { createHash } from 'node:crypto';

import { expect } from 'chai';

import { attestX509, type X509Deps, type X509Rule } from '../../../../ca/attest/x509.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { admit } from '../../../../core/fault/refusal.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { signPossession } from '../../../../core/x509/possession.ts';
import { createTestAuthority, type Flaw, FLAW_NAMES, issueTestLeaf, testKey, testLineage } from '../../../kit/x509.ts';
import { issuance } from '../journal/records.ts';
import { codeOf, MESH } from '../small-ca.ts';
import { corpAttestor, corpAuthority, corpLeaf, DEVICE_RULE, dns, path, prove, text } from './external.ts';

const NOW = epochSeconds(1_800_000_000);
const CSR = Buffer.from('a request');
const CORP = corpAuthority();
const OWN = createTestAuthority();

function depsOf(change: Partial<X509Deps> = {}): X509Deps {
  return {
    trustDomain: MESH,
    attestors: [corpAttestor([CORP])],
    journal: { findIssuance: async () => admit(undefined) },
    ownKey: OWN.certificate.spki,
    csr: CSR,
    now: NOW,
    ...change,
  };
}

const leafOf = (flaw?: Flaw) => corpLeaf(CORP, { now: NOW, ...(flaw === undefined ? {} : { flaw }) });
const withRules = (...rules: readonly X509Rule[]): Partial<X509Deps> => ({ attestors: [corpAttestor([CORP], rules)] });

describe('possession attestor', () => {
  /** Wrong by our own rules for X.509-SVIDs only. */
  const HARMLESS: readonly Flaw[] = ['client-only', 'key-usage-not-critical'];
  for (const flaw of FLAW_NAMES.filter((name) => !HARMLESS.includes(name)))
    it(`A-116 refuses a certificate with the flaw ${flaw} with ATTEST_X509`, async () => {
      expect(codeOf(await attestX509(prove(leafOf(flaw), CSR, NOW), depsOf()))).to.equal('ATTEST_X509');
    });

  it('A-116 refuses a chain that is absent, no certificate, or of a CA that is not configured', async () => {
    const good = prove(leafOf(), CSR, NOW);
    for (const chain of [[], [Buffer.alloc(0)], [Buffer.alloc(8192, 0x30)]])
      expect(codeOf(await attestX509({ ...good, chain }, depsOf()))).to.equal('ATTEST_X509');
    const stranger = corpLeaf(corpAuthority(), { now: NOW });
    expect(codeOf(await attestX509(prove(stranger, CSR, NOW), depsOf()))).to.equal('ATTEST_X509');
    expect(codeOf(await attestX509(good, depsOf({ attestors: [] })))).to.equal('ATTEST_X509');
    expect(codeOf(await attestX509(good, depsOf({ attestors: [corpAttestor([])] })))).to.equal('ATTEST_X509');
  });

  it('A-116 refuses a certificate one second outside of its validity', async () => {
    const leaf = corpLeaf(CORP, { now: NOW, lifetime: 60 });
    const at = async (second: number): Promise<string> => {
      const now = epochSeconds(NOW + second);
      return codeOf(await attestX509(prove(leaf, CSR, now), depsOf({ now })));
    };
    expect([await at(61), await at(-61), await at(60), await at(-60)]).to.deep.equal([
      'ATTEST_X509',
      'ATTEST_X509',
      'ok',
      'ok',
    ]);
  });

  it('A-116 refuses a proof that is older than five minutes, or from the future', async () => {
    const leaf = leafOf();
    for (const [off, expected] of [
      [301, 'ATTEST_X509'],
      [-301, 'ATTEST_X509'],
      [300, 'ok'],
      [-300, 'ok'],
    ] as const)
      expect(codeOf(await attestX509(prove(leaf, CSR, epochSeconds(NOW + off)), depsOf())), `${off}`).to.equal(
        expected,
      );
  });

  it('A-116 refuses a proof that was replayed for another request, or made for another CA', async () => {
    const leaf = leafOf();
    const shown = prove(leaf, CSR, NOW);
    expect(codeOf(await attestX509(shown, depsOf({ csr: Buffer.from('mine') })))).to.equal('ATTEST_X509');
    const other = demand(parseTrustDomain('other.example'));
    expect(codeOf(await attestX509(shown, depsOf({ trustDomain: other })))).to.equal('ATTEST_X509');
    expect(codeOf(await attestX509({ ...shown, signedAt: epochSeconds(NOW + 1) }, depsOf()))).to.equal('ATTEST_X509');
  });

  it('A-116 refuses a certificate whose key did not sign: certificates are public', async () => {
    const { der } = leafOf();
    const signature = signPossession({ trustDomain: MESH, csr: CSR, signedAt: NOW, leaf: der }, testKey());
    const shown = { kind: 'x509', chain: [der], signedAt: NOW, signature } as const;
    expect(codeOf(await attestX509(shown, depsOf()))).to.equal('ATTEST_X509');
  });

  it('A-116 refuses a certificate of our own CA: it would renew past lineage and revocation', async () => {
    const mine = issueTestLeaf(OWN, { now: NOW, dns: ['pump-7.devices.example'], lineage: testLineage() });
    const trusting = depsOf({ attestors: [corpAttestor([OWN])] });
    expect(codeOf(await attestX509(prove(mine, CSR, NOW), trusting))).to.equal('ATTEST_X509');
    const leaf = leafOf();
    const shown = prove(leaf, CSR, NOW);
    expect(demand(await attestX509(shown, depsOf())).evidence).to.match(/^x509:corp:[0-9a-f]{32}$/);
    const known = (found: string) =>
      depsOf({ journal: { findIssuance: async () => admit(issuance('a', { thumbprint: found })) } });
    const digest = createHash('sha256').update(leaf.der).digest('hex');
    expect(codeOf(await attestX509(shown, known(digest)))).to.equal('ATTEST_X509');
    expect(codeOf(await attestX509(shown, known('00')))).to.equal('ok');
  });

  it('A-116 refuses a name that no rule gives, and two names that match one template', async () => {
    const namesOf = (...names: readonly string[]) => prove(corpLeaf(CORP, { now: NOW, dns: names }), CSR, NOW);
    for (const names of [
      [],
      ['devices.example'],
      ['pump-7.devices.example.evil.example'],
      ['a.b.devices.example'],
      ['*.devices.example'],
      ['pump-7.devices.example', 'pump-8.devices.example'],
    ])
      expect(codeOf(await attestX509(namesOf(...names), depsOf())), names.join(' ')).to.equal('ATTEST_X509');
    const { id } = demand(await attestX509(namesOf('www.example', 'PUMP-7.Devices.Example'), depsOf()));
    expect(id.uri).to.equal('spiffe://mesh.example/devices/pump-7');
  });

  it('A-116 never gives a reserved name, nor a dot segment', async () => {
    const rule = {
      ...DEVICE_RULE,
      dns: undefined,
      uri: text('spiffe://corp.example/{zone}/{name}'),
      path: path('/{zone}/{name}'),
    };
    for (const wanted of ['/cleat/ca', '/cleat/admin']) {
      const shown = prove(corpLeaf(CORP, { now: NOW, path: wanted }), CSR, NOW);
      expect(codeOf(await attestX509(shown, depsOf(withRules(rule)))), wanted).to.equal('ATTEST_X509');
    }
    const climbing = prove(corpLeaf(CORP, { now: NOW, path: '/ns/..' }), CSR, NOW);
    expect(codeOf(await attestX509(climbing, depsOf(withRules(rule))))).to.equal('ATTEST_X509');
    const { id } = demand(
      await attestX509(prove(corpLeaf(CORP, { now: NOW, path: '/ns/shop' }), CSR, NOW), depsOf(withRules(rule))),
    );
    expect(id.uri).to.equal('spiffe://mesh.example/ns/shop');
  });

  it('lets the first rule that matches decide, and vouches for a DNS name only where it says so', async () => {
    const first = { ...DEVICE_RULE, dns: dns('pump-8.devices.example'), path: path('/first') };
    const second = { ...DEVICE_RULE, keepDns: true };
    const third = { ...DEVICE_RULE, path: path('/third') };
    const shown = prove(corpLeaf(CORP, { now: NOW, dns: ['PUMP-7.devices.example', 'www.example'] }), CSR, NOW);
    const kept = demand(await attestX509(shown, depsOf(withRules(first, second, third))));
    expect([kept.id.path, kept.dnsNames]).to.deep.equal(['/devices/pump-7', ['pump-7.devices.example']]);
    const bare = demand(await attestX509(shown, depsOf(withRules(first, third))));
    expect([bare.id.path, bare.dnsNames]).to.deep.equal(['/third', []]);
  });

  it('A-102 refuses to keep a DNS name that our certificates may not have', async () => {
    const kept = withRules({ ...DEVICE_RULE, keepDns: true, path: path('/device') });
    for (const name of ['a_b', '-a', 'a-', 'x'.repeat(64)]) {
      const shown = prove(corpLeaf(CORP, { now: NOW, dns: [`${name}.devices.example`] }), CSR, NOW);
      expect(codeOf(await attestX509(shown, depsOf(kept))), name).to.equal('ATTEST_X509');
      expect(codeOf(await attestX509(shown, depsOf(withRules(DEVICE_RULE)))), name).to.equal('ok');
    }
  });

  it('takes the first attestor whose roots lead to the leaf, and gives one claim for all proofs with one certificate', async () => {
    const attestors = [{ ...corpAttestor([corpAuthority()]), name: 'other' }, corpAttestor([CORP])];
    const leaf = leafOf();
    const one = demand(await attestX509(prove(leaf, CSR, NOW), depsOf({ attestors })));
    const later = epochSeconds(NOW + 1);
    const two = demand(await attestX509(prove(leaf, CSR, later), depsOf({ attestors, now: later })));
    expect(one.claim).to.deep.equal(two.claim).and.to.include({ kind: 'evidence', attestor: 'x509' });
    expect(one).to.deep.include({ attestor: 'x509', predecessor: undefined });
    const other = demand(await attestX509(prove(leafOf(), CSR, NOW), depsOf()));
    expect(other.claim).to.not.deep.equal(one.claim);
  });
});

import { createHash, createPublicKey } from 'node:crypto';

import { expect } from 'chai';
import { calculateJwkThumbprint } from 'jose';

import { demand } from '../../../../core/fault/fault.ts';
import type { Outcome } from '../../../../core/fault/refusal.ts';
import type { IdPattern } from '../../../../core/identity/pattern.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { LINEAGE_OID_DER } from '../../../../core/x509/lineage.ts';
import { checkUpstream, recognisePeer } from '../../../../sidecar/identity/peer.ts';
import {
  createTestAuthority,
  issueTestLeaf,
  leafTemplate,
  signTest,
  spkiOf,
  TEST_TRUST_DOMAIN,
  testKey,
  withExtension,
} from '../../../kit/x509.ts';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'admitted' : outcome.refusal.code);

const trustDomain = demand(parseTrustDomain(TEST_TRUST_DOMAIN));
const authority = createTestAuthority();
const noon = epochSeconds(1_800_000_000);
const leaf = issueTestLeaf(authority, { now: noon, lifetime: 60 }).der;

describe('recognisePeer()', () => {
  it('A-031 refuses two URIs; A-032 none; A-033 no path; A-042 a name that only looks like a URI', () => {
    for (const flaw of ['two-uris', 'no-uri', 'no-names', 'no-path', 'dns-injection', 'name-in-subject'] as const) {
      const bad = issueTestLeaf(authority, { now: noon, flaw }).der;
      expect(codeOf(recognisePeer(bad, trustDomain, noon)), flaw).to.equal('PEER_NOT_SVID');
    }
  });

  it('A-015 refuses the wrong purpose; A-018 a CA; A-019 a certificate signer; A-021 a key that may not sign', () => {
    for (const flaw of ['server-only', 'no-eku', 'any-eku', 'ca', 'key-cert-sign', 'no-digital-signature'] as const) {
      const bad = issueTestLeaf(authority, { now: noon, flaw }).der;
      expect(codeOf(recognisePeer(bad, trustDomain, noon)), flaw).to.equal('PEER_NOT_SVID');
    }
  });

  it('A-028 refuses another trust domain, whatever root it is under', () => {
    const foreign = issueTestLeaf(authority, { now: noon, trustDomain: 'other.example' }).der;
    expect(codeOf(recognisePeer(foreign, trustDomain, noon))).to.equal('PEER_TRUST_DOMAIN');
  });

  it('A-010 refuses one second after the end, A-011 one before the beginning, A-013 and takes both ends', () => {
    const at = (second: number): string => codeOf(recognisePeer(leaf, trustDomain, epochSeconds(noon + second)));
    expect([at(-61), at(-60), at(60), at(61)]).to.deep.equal(['PEER_EXPIRED', 'admitted', 'admitted', 'PEER_EXPIRED']);
  });

  it('refuses bytes that are no certificate, and every cut of one', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(9000, 0x30), Buffer.concat([leaf, leaf])])
      expect(codeOf(recognisePeer(bytes, trustDomain, noon))).to.equal('PEER_NOT_SVID');
    for (let length = 0; length < leaf.length; length += 1)
      expect(codeOf(recognisePeer(leaf.subarray(0, length), trustDomain, noon))).to.equal('PEER_NOT_SVID');
  });

  it('A-442 keeps a peer whose lineage cannot be read, and says so', () => {
    const value = Buffer.from('3000', 'hex');
    const template = leafTemplate(authority, { now: noon }, spkiOf(testKey()));
    const odd = signTest(withExtension(template, { oid: LINEAGE_OID_DER, critical: false, value }), authority.key);
    const peer = demand(recognisePeer(odd, trustDomain, noon));
    expect(peer).to.include({ lineage: undefined, isLineageMalformed: true });
  });

  it('gives what the leaf says, frozen', () => {
    const peer = demand(recognisePeer(leaf, trustDomain, noon));
    const digest = createHash('sha256').update(leaf).digest();
    expect(peer.id.uri).to.equal('spiffe://mesh.example/ns/shop/sa/agent');
    expect(peer.thumbprint).to.deep.equal(digest);
    expect(peer.thumbprintText).to.equal(digest.toString('base64url'));
    expect(peer.notAfter).to.equal(noon + 60);
    expect(peer).to.include({ lineage: undefined, isLineageMalformed: false });
    expect(peer.der).to.deep.equal(leaf);
    expect(peer).to.satisfy(Object.isFrozen);
  });

  it('knows the thumbprint of its key, as RFC 7638 makes it', async () => {
    const key = testKey();
    const der = signTest(leafTemplate(authority, { now: noon }, spkiOf(key)), authority.key);
    const peer = demand(recognisePeer(der, trustDomain, noon));
    const theirs = await calculateJwkThumbprint(createPublicKey(key).export({ format: 'jwk' }));
    expect([peer.keyThumbprint(), peer.keyThumbprint()]).to.deep.equal([theirs, theirs]);
  });
});

describe('checkUpstream()', () => {
  const check = (expected: IdPattern): string => codeOf(checkUpstream(leaf, trustDomain, expected, noon));

  it('refuses with PEER_UNEXPECTED whoever is sound but not expected, by segment and not by prefix', () => {
    const strangers: IdPattern[] = [
      { exact: '/ns/shop/sa/agen' },
      { exact: '/ns/shop/sa/agent2' },
      { exact: '/ns/shop' },
      { under: '/ns/sho' },
      { under: '/ns/shop/sa/agent/x' },
    ];
    for (const expected of strangers) expect(check(expected), JSON.stringify(expected)).to.equal('PEER_UNEXPECTED');
  });

  it('refuses what recognisePeer() refuses, even where any workload is expected', () => {
    const late = epochSeconds(noon + 61);
    expect(codeOf(checkUpstream(leaf, trustDomain, { any: true }, late))).to.equal('PEER_EXPIRED');
    const bad = issueTestLeaf(authority, { now: noon, flaw: 'two-uris' }).der;
    expect(codeOf(checkUpstream(bad, trustDomain, { any: true }, noon))).to.equal('PEER_NOT_SVID');
  });

  it('admits who is expected', () => {
    const expected: IdPattern[] = [{ exact: '/ns/shop/sa/agent' }, { under: '/ns/shop' }, { any: true }];
    for (const one of expected) expect(check(one)).to.equal('admitted');
  });
});

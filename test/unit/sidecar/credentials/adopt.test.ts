import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import type { Outcome } from '../../../../core/fault/refusal.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import type { IssuedCertificate } from '../../../../runtime/grpc/messages.ts';
import { adoptBundle, adoptCertificate } from '../../../../sidecar/credentials/adopt.ts';
import { answered, testAnswer, testSnapshot } from '../../../kit/snapshot.ts';
import { createTestAuthority, testKey, FLAW_NAMES, type LeafOptions } from '../../../kit/x509.ts';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'admitted' : outcome.refusal.code);
const detailOf = (outcome: Outcome<unknown>): string => (outcome.ok ? '' : outcome.refusal.detail);

const noon = epochSeconds(Math.floor(Date.now() / 1000));
const authority = createTestAuthority();

/** The outcome for an honest answer that was changed in one way. */
function adoptChanged(changed: Partial<IssuedCertificate>, options: LeafOptions = {}): Outcome<unknown> {
  const made = testAnswer(authority, noon, options);
  return adoptCertificate(answered(authority, { ...made, answer: { ...made.answer, ...changed } }, noon));
}

describe('adoptCertificate()', () => {
  it('A-506 refuses a certificate for another key', () => {
    const made = testAnswer(authority, noon);
    const outcome = adoptCertificate(answered(authority, { ...made, key: testKey() }, noon));
    expect(codeOf(outcome)).to.equal('RENEW_ANSWER');
    expect(detailOf(outcome)).to.include('another key');
  });

  it('A-507 refuses another identity than the one we have, and an answer that names another than its leaf', () => {
    const previous = testSnapshot(authority, noon);
    const other = testAnswer(authority, noon, { path: '/ns/shop/sa/agent2' });
    expect(codeOf(adoptCertificate({ ...answered(authority, other, noon), previous }))).to.equal('RENEW_ANSWER');
    expect(codeOf(adoptCertificate(answered(authority, other, noon)))).to.equal('admitted');
    expect(codeOf(adoptChanged({ spiffeId: 'spiffe://mesh.example/ns/shop/sa/other' }))).to.equal('RENEW_ANSWER');
  });

  it('A-508 refuses what has expired or is not yet valid, and takes both ends', () => {
    const at = (seconds: number): string => {
      const made = testAnswer(authority, noon, { lifetime: 60 });
      return codeOf(adoptCertificate(answered(authority, made, epochSeconds(noon + seconds))));
    };
    expect([at(-61), at(-60), at(59), at(60), at(61)]).to.deep.equal([
      'RENEW_ANSWER',
      'admitted',
      'admitted',
      'admitted',
      'RENEW_ANSWER',
    ]);
    expect(codeOf(adoptChanged({ notAfter: epochSeconds(noon + 3601) }))).to.equal('RENEW_ANSWER');
  });

  it('A-509 refuses a chain that does not end at a root of the bundle', () => {
    const stranger = createTestAuthority();
    expect(codeOf(adoptChanged({ chain: [] }))).to.equal('RENEW_ANSWER');
    const foreign = { generation: 1, roots: [stranger.der] };
    expect(detailOf(adoptChanged({ bundle: foreign }))).to.include('none of the roots');
    const made = testAnswer(authority, noon);
    const twice = [...made.answer.chain, ...made.answer.chain];
    const doubled = adoptCertificate(answered(authority, { ...made, answer: { ...made.answer, chain: twice } }, noon));
    expect(codeOf(doubled), 'a leaf is no issuer (A-023)').to.equal('RENEW_ANSWER');
  });

  it('A-510 refuses garbage anywhere, and A-511 an empty bundle', () => {
    const junk = Buffer.from('30030101ff', 'hex');
    expect(codeOf(adoptChanged({ chain: [junk] }))).to.equal('RENEW_ANSWER');
    expect(codeOf(adoptChanged({ bundle: { generation: 1, roots: [authority.der, junk] } }))).to.equal('RENEW_ANSWER');
    expect(codeOf(adoptChanged({ bundle: { generation: 1, roots: [] } }))).to.equal('RENEW_ANSWER');
    const leafAsRoot = testAnswer(authority, noon).answer.chain;
    expect(codeOf(adoptChanged({ bundle: { generation: 1, roots: [...leafAsRoot] } }))).to.equal('RENEW_ANSWER');
  });

  for (const flaw of FLAW_NAMES) {
    it(`refuses a leaf with the flaw ${flaw}, as our peers would`, () => {
      expect(codeOf(adoptChanged({}, { flaw }))).to.equal('RENEW_ANSWER');
    });
  }

  it('A-028 refuses another trust domain under our root', () => {
    expect(codeOf(adoptChanged({}, { trustDomain: 'other.example' }))).to.equal('RENEW_ANSWER');
  });

  it('refuses a lineage or sequence that is not the one in the leaf', () => {
    expect(codeOf(adoptChanged({ lineageId: Buffer.alloc(16, 1) }))).to.equal('RENEW_ANSWER');
    expect(codeOf(adoptChanged({ lineageSequence: 1 }))).to.equal('RENEW_ANSWER');
  });

  it('gives the next generation, frozen', () => {
    const previous = testSnapshot(authority, noon);
    const made = testAnswer(authority, noon);
    const next = demand(adoptCertificate({ ...answered(authority, made, noon), previous }));
    expect(next.generation).to.equal(2);
    expect(next.key).to.equal(made.key);
    expect(next.leaf.der).to.deep.equal(made.answer.chain[0]);
    expect(next.renewAt).to.equal(noon + 1800);
    expect(next).to.satisfy(Object.isFrozen);
  });

  it('A-521 sets a renewal time of its own where the one of the CA has passed on our clock: no storm', () => {
    const made = testAnswer(authority, noon, { lifetime: 3600 });
    const late = epochSeconds(noon + 3000);
    expect(demand(adoptCertificate(answered(authority, made, late))).renewAt).to.equal(noon + 3300);
    const last = epochSeconds(noon + 3600);
    expect(demand(adoptCertificate(answered(authority, made, last))).renewAt).to.equal(noon + 3601);
    for (const renewAt of [0, noon, noon + 3600, noon + 99_999]) {
      const asked = { ...made, answer: { ...made.answer, renewAt: epochSeconds(renewAt) } };
      expect(demand(adoptCertificate(answered(authority, asked, noon))).renewAt).to.equal(noon + 1800);
    }
  });

  it('A-130 keeps the newer bundle when an answer comes with an older one', () => {
    const other = createTestAuthority();
    const bundle = { generation: 5, roots: [authority.der, other.der] };
    const previous = demand(adoptBundle(testSnapshot(authority, noon), bundle, noon));
    const next = demand(adoptCertificate({ ...answered(authority, testAnswer(authority, noon), noon), previous }));
    expect(next.bundleGeneration).to.equal(5);
    expect(next.roots).to.deep.equal(bundle.roots);
  });
});

describe('adoptBundle()', () => {
  const previous = testSnapshot(authority, noon);
  const other = createTestAuthority();
  const foreign = createTestAuthority('other.example');
  const offered = (generation: number, roots: readonly Buffer[]) => adoptBundle(previous, { generation, roots }, noon);

  it('A-132 refuses an empty bundle, one without our root, and one with a root of another trust domain', () => {
    expect(codeOf(offered(2, []))).to.equal('RENEW_ANSWER');
    expect(codeOf(offered(2, [other.der]))).to.equal('RENEW_ANSWER');
    expect(codeOf(offered(2, [authority.der, foreign.der]))).to.equal('RENEW_ANSWER');
    expect(codeOf(offered(2, [authority.der, Buffer.from('x')]))).to.equal('RENEW_ANSWER');
  });

  it('refuses another bundle under a generation that we have or have passed', () => {
    expect(codeOf(offered(1, [authority.der, other.der]))).to.equal('RENEW_ANSWER');
    const newer = demand(offered(3, [authority.der, other.der]));
    expect(codeOf(adoptBundle(newer, { generation: 2, roots: [authority.der] }, noon))).to.equal('RENEW_ANSWER');
  });

  it('changes nothing when nothing changes', () => {
    expect(demand(offered(1, [authority.der]))).to.equal(previous);
  });

  it('A-130 adopts a new root beside ours under the same certificate', () => {
    const next = demand(offered(2, [authority.der, other.der]));
    expect(next).to.include({ generation: 2, bundleGeneration: 2, leaf: previous.leaf, key: previous.key });
    expect(next.roots).to.deep.equal([authority.der, other.der]);
    expect(next).to.satisfy(Object.isFrozen);
  });
});

import { writeFile } from 'node:fs/promises';

import { expect } from 'chai';

import { demand, Fault } from '../../../../core/fault/fault.ts';
import { admit, refuse, type Outcome } from '../../../../core/fault/refusal.ts';
import { formatJoinToken } from '../../../../core/identity/join-token.ts';
import { wholeSeconds } from '../../../../core/time/units.ts';
import { parseCsr } from '../../../../core/x509/csr.ts';
import { startTestCa, type TestCa } from '../../../kit/grpc-ca.ts';
import { spkiOf, testKey } from '../../../kit/x509.ts';
import { rig } from './rig.ts';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'admitted' : outcome.refusal.code);
const detailOf = (outcome: Outcome<unknown>): string => (outcome.ok ? '' : outcome.refusal.detail);
const never = new AbortController().signal;
const spkiIn = (csr: Buffer): Buffer => demand(parseCsr(csr, ['p256'])).spki;

describe('createRenewal()', () => {
  it('gets a successor with a new key, and tells each subscriber though one of them throws', async () => {
    await using ca = await startTestCa();
    await using made = await rig(ca);
    await made.source.start(never);
    const first = made.source.current() ?? expect.fail('no snapshot');
    made.source.subscribe(() => {
      throw new Error('a defect');
    });
    const heard = made.next();
    const second = demand(await made.source.renew());
    expect(await heard).to.equal(second);
    expect(made.source.current()).to.equal(second);
    expect(second.generation).to.equal(2);
    expect(second.id.uri).to.equal(first.id.uri);
    expect(second.leaf.lineage?.sequence).to.equal(1);
    expect(second.leaf.lineage?.id).to.deep.equal(first.leaf.lineage?.id);
    expect(second.leaf.spki).to.not.deep.equal(first.leaf.spki);
    expect(made.log.lines.map(({ message }) => message)).to.include('a subscriber of the credentials broke');
  });

  it('A-531 shares one attempt among all who force it at once', async () => {
    await using ca = await startTestCa();
    await using made = await rig(ca);
    await made.source.start(never);
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => made.source.renew()));
    expect(new Set(outcomes.map((outcome) => demand(outcome))).size).to.equal(1);
    expect(ca.asked.renewals).to.have.length(1);
  });

  it('renews by itself when the CA said', async () => {
    await using ca = await startTestCa();
    ca.life = 2;
    await using made = await rig(ca);
    await made.source.start(never);
    expect(await made.next()).to.have.property('generation', 2);
    expect(ca.asked.renewals).to.have.length(1);
  });

  it('A-138 asks again with the same key after a lost reply', async () => {
    await using ca = await startTestCa();
    await using made = await rig(ca);
    await made.source.start(never);
    ca.acts.renew = async (leaf, request) => {
      await ca.honest.renew(leaf, request);
      throw new Fault('RENEW_UNREACHABLE', 'the reply is lost');
    };
    expect(codeOf(await made.source.renew())).to.equal('RENEW_UNREACHABLE');
    expect(codeOf(await made.source.renew())).to.equal('RENEW_UNREACHABLE');
    ca.acts.renew = (leaf, request) => ca.honest.renew(leaf, request);
    const next = demand(await made.source.renew());
    expect(next.leaf.lineage?.sequence).to.equal(1);
    const [first, ...again] = ca.asked.renewals;
    expect(again).to.deep.equal([first, first]);
    demand(await made.source.renew());
    expect(ca.asked.renewals.at(-1)).to.not.deep.equal(first);
  });

  it('takes a new key once the CA refused the old one', async () => {
    await using ca = await startTestCa();
    await using made = await rig(ca);
    await made.source.start(never);
    ca.acts.renew = async (leaf, request) => {
      await ca.honest.renew(leaf, request);
      return refuse('GRANT_KEY_REUSE');
    };
    expect(codeOf(await made.source.renew())).to.equal('RENEW_REFUSED');
    expect(codeOf(await made.source.renew())).to.equal('RENEW_REFUSED');
    const [first, second] = ca.asked.renewals;
    expect(first).to.not.deep.equal(second);
  });

  it('A-506 keeps the last good one when the answer is for another key, A-507 another name, A-511 an empty bundle', async () => {
    await using ca = await startTestCa();
    await using made = await rig(ca);
    await made.source.start(never);
    const good = made.source.current();
    const spoil: TestCa['acts']['renew'][] = [
      async () => admit(ca.certify(spkiOf(testKey()))),
      async (_leaf, { csr }) => admit(ca.certify(spkiIn(csr), { path: '/ns/shop/sa/other' })),
      async (_leaf, { csr }) => admit({ ...ca.certify(spkiIn(csr)), bundle: { generation: 1, roots: [] } }),
      async (_leaf, { csr }) => admit({ ...ca.certify(spkiIn(csr)), chain: [Buffer.from('junk')] }),
      async (_leaf, { csr }) => admit(ca.certify(spkiIn(csr), { lifetime: -1 })),
    ];
    for (const renew of spoil) {
      ca.acts.renew = renew;
      expect(codeOf(await made.source.renew())).to.equal('RENEW_ANSWER');
      expect(made.source.current()).to.equal(good);
    }
    expect(made.metric('cleat_certificate_renewals_total{result="RENEW_ANSWER"}')).to.equal('5');
    expect(made.told).to.not.include('expired');
  });

  it('A-138 goes back to its evidence when the lineage is refused, and says so when that is spent', async () => {
    await using ca = await startTestCa();
    await using made = await rig(ca);
    await made.source.start(never);
    const first = made.source.current();
    ca.acts.renew = async () => refuse('GRANT_FORK');
    expect(detailOf(await made.source.renew())).to.include('GRANT_FORK');
    ca.acts.renew = async () => refuse('GRANT_LINEAGE');
    const spent = await made.source.renew();
    expect(codeOf(spent)).to.equal('RENEW_REFUSED');
    expect(detailOf(spent)).to.include('ATTEST_JOIN_TOKEN');
    expect(made.source.current()).to.equal(first);
    expect(detailOf(await made.source.renew())).to.include('GRANT_LINEAGE');
    ca.acts.issue = async ({ csr }) => admit(ca.certify(spkiIn(csr)));
    const next = demand(await made.source.renew());
    expect(next.leaf.lineage?.id).to.not.deep.equal(first?.leaf.lineage?.id);
  });

  it('A-502 falls back to evidence, read anew, when our certificate has expired', async () => {
    await using ca = await startTestCa();
    await using made = await rig(ca);
    await made.source.start(never);
    made.clock.by = 2 * 3600 * 1000;
    const fresh = formatJoinToken({
      rootDigest: Buffer.from(ca.joinToken.split('.')[1] ?? '', 'hex'),
      secret: Buffer.alloc(32, 9),
    });
    const shown: string[] = [];
    ca.acts.issue = async ({ csr, evidence }) => {
      const text = evidence.kind === 'join-token' ? evidence.text : '';
      shown.push(text);
      if (text !== fresh) return refuse('ATTEST_JOIN_TOKEN');
      return admit(ca.certify(spkiIn(csr), { now: wholeSeconds(made.clock.now()) }));
    };
    expect(detailOf(await made.source.renew())).to.include('ATTEST_JOIN_TOKEN');
    await writeFile(made.tokenFile, fresh);
    expect(demand(await made.source.renew())).to.have.property('generation', 2);
    expect(shown).to.deep.equal([ca.joinToken, fresh]);
    expect(ca.asked.renewals).to.deep.equal([]);
  });

  it('A-074 tells of the end, keeps trying, and tells when it is valid again', async () => {
    await using ca = await startTestCa();
    ca.life = 1;
    ca.acts.renew = async () => refuse('ISSUE_BUSY');
    await using made = await rig(ca);
    const valid = made.validity();
    await made.source.start(never);
    await valid;
    ca.acts.issue = async () => refuse('ISSUE_BUSY');
    await made.validity();
    expect(made.told).to.deep.equal(['valid', 'expired']);
    expect(made.source.current(), 'the last good one stays').to.have.property('generation', 1);
    expect(made.log.lines.map(({ fields }) => fields['code'])).to.include('RENEW_EXPIRED');
    ca.life = 3600;
    ca.acts.issue = async ({ csr }) => admit(ca.certify(spkiIn(csr)));
    await made.validity();
    expect(made.told).to.deep.equal(['valid', 'expired', 'valid']);
    expect(made.source.current()).to.have.property('generation', 2);
  });

  it('A-544 outlives a defect of ours: it is logged, and the next attempt is made', async () => {
    await using ca = await startTestCa();
    let defects = 0;
    await using made = await rig(ca, {
      get ttl(): undefined {
        defects += 1;
        if (defects === 2) throw new TypeError('a defect');
        return undefined;
      },
    });
    await made.source.start(never);
    expect(made.source.current()).to.have.property('generation', 1);
  });
});

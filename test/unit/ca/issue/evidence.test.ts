/** Certificates for evidence that can be shown again: what the journal, the log and a repeated request make of it. */
import { expect } from 'chai';

import type { Evidence } from '../../../../ca/attest/attest.ts';
import type { Issued } from '../../../../ca/issue/cycle.ts';
import { CATALOG, rowOf } from '../../../../core/fault/catalog.ts';
import { demand } from '../../../../core/fault/fault.ts';
import type { Outcome } from '../../../../core/fault/refusal.ts';
import { wholeSeconds } from '../../../../core/time/units.ts';
import { writeCsr } from '../../../../core/x509/csr-write.ts';
import { testKey } from '../../../kit/x509.ts';
import { attestorsOf, corpAttestor, corpAuthority, corpLeaf, prove, testCi, UNREACHABLE } from '../attest/external.ts';
import { codeOf, startSmallCa } from '../small-ca.ts';

async function rig() {
  const corp = corpAuthority();
  const ci = testCi();
  const attestors = attestorsOf([corpAttestor([corp])], [ci.attestor]);
  const ca = await startSmallCa({ change: (rooms) => ({ ...rooms, attestors }) });
  const now = () => wholeSeconds(ca.clock.now());
  const ask = (evidence: Evidence, csr: Buffer): Promise<Outcome<Issued>> =>
    ca.issuer.issue({ csr, ttl: undefined, evidence });
  return { ca, corp, ci, now, ask, [Symbol.asyncDispose]: () => ca[Symbol.asyncDispose]() };
}

describe('certify() for evidence that can be shown again', () => {
  it('A-116 tells the outside one text for all bad evidence', () => {
    const codes = Object.keys(CATALOG).filter((code) =>
      /^ATTEST_(?!UNAVAILABLE)/.test(code),
    ) as (keyof typeof CATALOG)[];
    expect(codes).to.include.members([
      'ATTEST_EVIDENCE',
      'ATTEST_JOIN_TOKEN',
      'ATTEST_X509',
      'ATTEST_OIDC',
      'ATTEST_PEER',
    ]);
    const heard = new Set(
      codes.map((code) => `${rowOf(code).grpc} ${rowOf(code).http} ${rowOf(code).text} ${rowOf(code).retry}`),
    );
    expect([...heard]).to.deep.equal(['UNAUTHENTICATED 401 evidence refused no']);
  });

  it('A-116 refuses both kinds where nobody is configured to vouch', async () => {
    await using ca = await startSmallCa();
    const csr = writeCsr(testKey());
    const now = wholeSeconds(ca.clock.now());
    const shown = prove(corpLeaf(corpAuthority(), { now }), csr, now);
    expect(codeOf(await ca.issuer.issue({ csr, ttl: undefined, evidence: shown }))).to.equal('ATTEST_X509');
    const evidence = { kind: 'oidc', token: testCi().token(now) } as const;
    expect(codeOf(await ca.issuer.issue({ csr, ttl: undefined, evidence }))).to.equal('ATTEST_OIDC');
  });

  it('A-116 refuses evidence that a thief replays with a key that has a certificate already', async () => {
    await using made = await rig();
    const { ca, ci, corp, now, ask } = made;
    const csr = writeCsr(testKey());
    const token = ci.token(now());
    expect(codeOf(await ask({ kind: 'oidc', token }, csr))).to.equal('ok');
    const leaf = corpLeaf(corp, { now: now() });
    expect(codeOf(await ask(prove(leaf, csr, now()), csr))).to.equal('GRANT_KEY_REUSE');
    expect(codeOf(await ask({ kind: 'oidc', token: ci.token(now(), { jti: 'job-2' }) }, csr))).to.equal(
      'GRANT_KEY_REUSE',
    );
    const text = await ca.joinToken();
    expect(codeOf(await ask({ kind: 'join-token', text }, csr))).to.equal('GRANT_KEY_REUSE');
  });

  it('A-116 refuses a proof of possession that was sent with another request', async () => {
    await using made = await rig();
    const shown = prove(corpLeaf(made.corp, { now: made.now() }), writeCsr(testKey()), made.now());
    expect(codeOf(await made.ask(shown, writeCsr(testKey())))).to.equal('ATTEST_X509');
  });

  it('A-116 refuses to attest with a certificate that this CA issued itself', async () => {
    const own = corpAuthority();
    await using ca = await startSmallCa({
      change: (rooms) => ({
        ...rooms,
        attestors: attestorsOf([corpAttestor([{ ...own, certificate: rooms.authority().certificate }])], []),
      }),
    });
    const key = testKey();
    const first = demand(await ca.first(await ca.joinToken(undefined, ['pump-7.devices.example']), key));
    const csr = writeCsr(testKey());
    const shown = prove({ der: Buffer.from(first.record.der), key }, csr, wholeSeconds(ca.clock.now()));
    expect(codeOf(await ca.issuer.issue({ csr, ttl: undefined, evidence: shown }))).to.equal('ATTEST_X509');
  });

  it('A-117 serves the other attestors while the keys of an issuer are not at hand', async () => {
    await using made = await rig();
    const { ca, ci, corp, now, ask } = made;
    ci.keys = UNREACHABLE;
    const away = await ask({ kind: 'oidc', token: ci.token(now()) }, writeCsr(testKey()));
    expect(codeOf(away)).to.equal('ATTEST_UNAVAILABLE');
    expect(away).to.have.nested.property('refusal.retryAfter');
    expect(rowOf('ATTEST_UNAVAILABLE')).to.include({ grpc: 'UNAVAILABLE', retry: 'later' });
    const csr = writeCsr(testKey());
    expect(codeOf(await ask(prove(corpLeaf(corp, { now: now() }), csr, now()), csr))).to.equal('ok');
    expect(codeOf(await ca.first(await ca.joinToken()))).to.equal('ok');
  });

  it('A-117 does not count it against the asker that an issuer is away, but that his evidence is bad', async () => {
    const ci = testCi();
    await using ca = await startSmallCa({
      limits: { perIdentityPerMinute: 1_000_000, perAddressPerMinute: 12 },
      change: (rooms) => ({ ...rooms, attestors: attestorsOf([], [ci.attestor]) }),
    });
    const now = wholeSeconds(ca.clock.now());
    const ask = async (token: string): Promise<string> =>
      codeOf(await ca.issuer.issue({ csr: writeCsr(testKey()), ttl: undefined, evidence: { kind: 'oidc', token } }));
    ci.keys = UNREACHABLE;
    expect([await ask(ci.token(now)), await ask(ci.token(now))]).to.deep.equal([
      'ATTEST_UNAVAILABLE',
      'ATTEST_UNAVAILABLE',
    ]);
    expect([await ask('a.b.c'), await ask('a.b.c')]).to.deep.equal(['ATTEST_OIDC', 'LIMIT_ISSUES']);
  });

  it('gives the same certificate again for the same evidence and key: a lost reply', async () => {
    await using made = await rig();
    const { ca, corp, ci, now, ask } = made;
    const [csr, other] = [writeCsr(testKey()), writeCsr(testKey())];
    const leaf = corpLeaf(corp, { now: now() });
    const first = demand(await ask(prove(leaf, csr, now()), csr));
    ca.clock.advance(5);
    const again = demand(await ask(prove(leaf, csr, now()), csr));
    expect([first.isRepeat, again.isRepeat, again.record.serial]).to.deep.equal([false, true, first.record.serial]);
    const token = ci.token(now());
    const one = demand(await ask({ kind: 'oidc', token }, other));
    expect(demand(await ask({ kind: 'oidc', token }, other)).record.serial).to.equal(one.record.serial);
  });

  it('buys a certificate for each new key, each in a lineage of its own: nothing is used up', async () => {
    await using made = await rig();
    const token = made.ci.token(made.now());
    const issued = await Promise.all([1, 2, 3].map(() => made.ask({ kind: 'oidc', token }, writeCsr(testKey()))));
    const records = issued.map((outcome) => demand(outcome).record);
    expect(new Set(records.map(({ lineageId }) => lineageId)).size).to.equal(3);
    expect(new Set(records.map(({ spiffeId }) => spiffeId))).to.deep.equal(new Set(['spiffe://mesh.example/ci/shop']));
  });

  it('names the evidence in journal and log, of each attestor, and never the evidence itself', async () => {
    await using made = await rig();
    const { ca, corp, ci, now, ask } = made;
    const csr = writeCsr(testKey());
    const token = ci.token(now());
    const text = await ca.joinToken();
    const join = demand(await ca.first(text));
    const all = [
      demand(await ask({ kind: 'oidc', token }, writeCsr(testKey()))),
      demand(await ask(prove(corpLeaf(corp, { now: now() }), csr, now()), csr)),
      join,
      demand(await ca.renew(join.record.der)),
    ];
    const names = ['oidc', 'x509', 'join-token', 'leaf'];
    for (const [at, { record }] of all.entries()) {
      expect(record.attestor).to.equal(names[at]);
      expect(record.evidence).to.match(new RegExp(`^${names[at]}:.`));
      expect(demand(await ca.journal.findIssuance(record.serial))?.evidence).to.equal(record.evidence);
      expect(JSON.parse(ca.written.find((line) => line.includes(record.serial)) ?? '')).to.include({
        evidence: record.evidence,
      });
    }
    const said = [...ca.written, ...ca.audited, JSON.stringify(ca.log)].join('\n');
    expect(said).to.not.include(token).and.to.not.include(text.split('.')[2]);
  });
});

import { expect } from 'chai';

import { openFile } from '../../../../ca/journal/open-file.ts';
import type { RevocationRequest, RevocationTarget } from '../../../../ca/journal/record.ts';
import { createStore, type Store } from '../../../../ca/journal/store.ts';
import { demand } from '../../../../core/fault/fault.ts';
import type { Revocation } from '../../../../core/identity/revocation.ts';
import { epochSeconds, wholeSeconds } from '../../../../core/time/units.ts';
import { writeCsr } from '../../../../core/x509/csr-write.ts';
import { testKey } from '../../../kit/x509.ts';
import { AGENT, codeOf, startSmallCa, tempFolder, type SmallCa } from '../small-ca.ts';
import { issuance, NOW } from './records.ts';

const request = (ca: SmallCa, target: RevocationTarget, changes: Partial<RevocationRequest> = {}) => {
  const now = wholeSeconds(ca.clock.now());
  return {
    target,
    reason: 'keyCompromise',
    revokedAt: now,
    endsAt: undefined,
    fallbackEnd: epochSeconds(now + 600),
    ...changes,
  } as const;
};
/** Two renewals of one predecessor. Gives what is said of it. */
function fork(store: Store, at: number, spiffeId: string): string {
  const lineageId = `${at}`.padStart(32, '0');
  const [first, second, third] = ['a', 'b', 'c'].map((name, place) =>
    issuance(`${at}${name}`, { spiffeId, lineageId, sequence: Math.min(place, 1), attestor: 'x509' }),
  );
  if (first === undefined || second === undefined || third === undefined) return '';
  const { thumbprint, issuedAt, notAfter } = first;
  const claim = { kind: 'leaf', lineageId, thumbprint, sequence: 0, issuedAt, notAfter } as const;
  const evidence = { kind: 'evidence', attestor: 'x509', digest: `${at}` } as const;
  const answers = store.run({
    commands: [
      { kind: 'add-issuance', claim: evidence, issuance: first },
      { kind: 'add-issuance', claim, issuance: second },
      { kind: 'add-issuance', claim, issuance: third },
    ],
    now: NOW,
    auditHead: undefined,
  });
  const last = answers.at(-1);
  expect(last === undefined ? '' : codeOf(last)).to.equal('GRANT_FORK');
  return last?.ok === false ? last.refusal.detail : '';
}

function listed(store: Store): readonly Revocation[] {
  const [answer] = store.run({ commands: [{ kind: 'list-revocations' }], now: NOW, auditHead: undefined });
  return answer?.ok === true && answer.value.kind === 'revocations' ? answer.value.listed.entries : [];
}

const id = (name: string): RevocationTarget => ({ kind: 'spiffe-id', spiffeId: `spiffe://mesh.example/${name}` });
const token = (kind: 'jti' | 'origin', value: string): RevocationTarget => ({ kind, issuer: 'https://x', value });
const issue = async (ca: SmallCa, path = AGENT) => demand(await ca.first(await ca.joinToken(path))).record;

describe('the journal of revocations', () => {
  it('refuses a certificate and a lineage that it does not know: GRANT_UNKNOWN', async () => {
    await using ca = await startSmallCa();
    for (const target of [
      { kind: 'certificate', serial: 'abcd' },
      { kind: 'lineage', lineageId: '00'.repeat(16) },
    ] as const)
      expect(codeOf(await ca.journal.addRevocation(request(ca, target)))).to.equal('GRANT_UNKNOWN');
  });

  it("refuses the CA's own certificate and lineage: GRANT_IDENTITY", async () => {
    await using ca = await startSmallCa();
    const { record } = demand(
      await ca.issuer.issue({ csr: writeCsr(testKey()), ttl: undefined, evidence: { kind: 'self', dnsNames: [] } }),
    );
    const { serial, lineageId } = record;
    for (const target of [
      { kind: 'certificate', serial },
      { kind: 'lineage', lineageId },
    ] as const)
      expect(codeOf(await ca.journal.addRevocation(request(ca, target)))).to.equal('GRANT_IDENTITY');
  });

  it('refuses what has ended: GRANT_UNKNOWN', async () => {
    await using ca = await startSmallCa();
    const { serial, lineageId } = await issue(ca);
    ca.clock.advance(3601);
    expect(codeOf(await ca.journal.addRevocation(request(ca, { kind: 'certificate', serial })))).to.equal(
      'GRANT_UNKNOWN',
    );
    expect(codeOf(await ca.journal.addRevocation(request(ca, { kind: 'lineage', lineageId })))).to.equal(
      'GRANT_UNKNOWN',
    );
  });

  it('takes thumbprint, lineage and sequence along with a serial, until the end of the lineage', async () => {
    await using ca = await startSmallCa();
    const first = await issue(ca);
    ca.clock.advance(1000);
    const second = demand(await ca.renew(first.der)).record;
    const entry = demand(await ca.journal.addRevocation(request(ca, { kind: 'certificate', serial: first.serial })));
    expect(entry).to.deep.equal({
      kind: 'certificate',
      serial: first.serial,
      thumbprint: Buffer.from(first.thumbprint, 'hex').toString('base64url'),
      lineageId: first.lineageId,
      sequence: 0,
      generation: 1,
      reason: 'keyCompromise',
      revokedAt: wholeSeconds(ca.clock.now()),
      endsAt: second.notAfter,
    });
  });

  it('gives an entry that lasts as long again, and a longer one its own generation', async () => {
    await using ca = await startSmallCa();
    const first = demand(await ca.journal.addRevocation(request(ca, id('a'))));
    expect(demand(await ca.journal.addRevocation(request(ca, id('a'))))).to.deep.equal(first);
    const longer = request(ca, id('a'), { endsAt: epochSeconds(first.endsAt + 1) });
    expect(demand(await ca.journal.addRevocation(longer))).to.include({ generation: 2 });
    expect(demand(await ca.journal.listRevocations())).to.have.property('generation', 2);
  });

  it('lists in the order of the generations what has not ended, and never gives a generation twice', async () => {
    await using ca = await startSmallCa();
    for (const name of ['a', 'b', 'c']) demand(await ca.journal.addRevocation(request(ca, id(name))));
    demand(await ca.journal.addRevocation(request(ca, { kind: 'jti', issuer: 'https://x', value: 'j' })));
    const listed = demand(await ca.journal.listRevocations());
    expect(listed.entries.map(({ generation }) => generation)).to.deep.equal([1, 2, 3, 4]);
    expect(listed.entries.at(-1)).to.include({ kind: 'jti', issuer: 'https://x', value: 'j' });
    // A day after their end the rows are gone for good.
    ca.clock.advance(600 + 24 * 3600 + 1);
    const next = demand(await ca.journal.addRevocation(request(ca, id('d'))));
    expect(next.generation).to.equal(5);
    expect(demand(await ca.journal.listRevocations())).to.deep.equal({ generation: 5, entries: [next] });
  });

  it('A-119 gives no certificate to a revoked lineage, nor to a SPIFFE ID: GRANT_REVOKED in the transaction itself', async () => {
    await using ca = await startSmallCa();
    const [one, two] = [await issue(ca), await issue(ca, '/ns/shop/sa/other')];
    demand(await ca.journal.addRevocation(request(ca, { kind: 'certificate', serial: one.serial })));
    demand(await ca.journal.addRevocation(request(ca, { kind: 'spiffe-id', spiffeId: two.spiffeId })));
    // Nobody has read the journal again: what the memory of the CA does not know yet, the transaction does.
    expect(ca.revocations.current().entries).to.deep.equal([]);
    expect(codeOf(await ca.renew(one.der))).to.equal('GRANT_REVOKED');
    expect(codeOf(await ca.renew(two.der))).to.equal('GRANT_REVOKED');
    expect(codeOf(await ca.first(await ca.joinToken('/ns/shop/sa/other')))).to.equal('GRANT_REVOKED');
    expect(codeOf(await ca.first(await ca.joinToken(AGENT))), 'new evidence, new lineage').to.equal('ok');
  });

  it('A-138 a fork becomes an entry by itself, in the transaction that freezes', async () => {
    await using ca = await startSmallCa();
    const first = await issue(ca);
    demand(await ca.renew(first.der, testKey()));
    expect(codeOf(await ca.renew(first.der, testKey()))).to.not.equal('ok');
    const { entries } = demand(await ca.journal.listRevocations());
    expect(entries).to.have.length(1);
    expect(entries[0]).to.include({ kind: 'frozen-lineage', lineageId: first.lineageId, reason: 'keyCompromise' });
  });

  it('A-138 no identity silences the forks of others: beyond its share all its lineages are frozen, and it is said', async () => {
    using folder = tempFolder();
    const store = createStore(openFile(`${folder.path}/journal.sqlite`));
    const evil = 'spiffe://mesh.example/ns/ci/sa/evil';
    const details: string[] = [];
    for (let at = 0; at < 150; at += 1) details.push(fork(store, at, evil));
    expect(details[99]).not.to.include(evil);
    expect(details.slice(100).every((detail) => detail.includes(`all lineages of ${evil} are frozen`))).to.equal(true);
    fork(store, 999, 'spiffe://mesh.example/ns/shop/sa/victim');
    const kinds = listed(store).map(({ kind }) => kind);
    expect(
      kinds.filter((kind) => kind === 'frozen-spiffe-id'),
      'one for all',
    ).to.have.length(1);
    expect(kinds.filter((kind) => kind === 'frozen-lineage')).to.have.length(101);
    expect(kinds.at(-1)).to.equal('frozen-lineage');
    store.close();
  });

  it('A-138 with all places taken says that a fork is told to nobody', async function () {
    this.timeout(20_000);
    using folder = tempFolder();
    const file = `${folder.path}/journal.sqlite`;
    const database = openFile(file);
    const insert = database.prepare(
      `INSERT INTO revocation (kind, value, issuer, reason, revoked_at, ends_at) VALUES (?, ?, '', 'keyCompromise', 0, ?)`,
    );
    database.exec('BEGIN');
    for (let at = 0; at < 9000; at += 1) insert.run('frozen-lineage', `l${at}`, NOW + 100);
    for (let at = 0; at < 999; at += 1) insert.run('frozen-spiffe-id', `i${at}`, NOW + 100);
    database.exec('COMMIT');
    const store = createStore(database);
    expect(fork(store, 1, 'spiffe://mesh.example/a')).to.include('all lineages of spiffe://mesh.example/a are frozen');
    expect(fork(store, 2, 'spiffe://mesh.example/b')).to.include('told to nobody');
    store.close();
  });

  it('gives the serials for a list: a certificate with its successors, a lineage, an identity; unexpired ones alone', async () => {
    await using ca = await startSmallCa();
    const authority = ca.authority.certificate.thumbprint.toString('hex');
    const ancestor = await issue(ca, '/ns/a/sa/a');
    const middle = demand(await ca.renew(ancestor.der)).record;
    const head = demand(await ca.renew(middle.der)).record;
    const lineage = await issue(ca, '/ns/b/sa/b');
    const identity = await issue(ca, '/ns/c/sa/c');
    await issue(ca, '/ns/d/sa/d');
    demand(await ca.journal.addRevocation(request(ca, { kind: 'certificate', serial: middle.serial })));
    demand(await ca.journal.addRevocation(request(ca, { kind: 'lineage', lineageId: lineage.lineageId })));
    demand(await ca.journal.addRevocation(request(ca, { kind: 'spiffe-id', spiffeId: identity.spiffeId })));
    const serials = async (of = authority) =>
      demand(await ca.journal.listRevokedSerials(of)).map(({ serial }) => serial);
    const expected = [middle, head, lineage, identity].map(({ serial }) => serial).toSorted();
    expect(await serials()).to.deep.equal(expected);
    expect(await serials('00'), 'of another authority').to.deep.equal([]);
    ca.clock.advance(3601);
    expect(await serials()).to.deep.equal([]);
  });

  it('refuses a client beyond its share, and all clients beyond theirs: LIMIT_REVOCATIONS; administrators have room', async function () {
    this.timeout(20_000);
    await using ca = await startSmallCa();
    const byClient = (client: string, name: string) =>
      ca.journal.addRevocation(request(ca, token('jti', name), { byClient: client }));
    await Promise.all(Array.from({ length: 100 }, (_, at) => byClient('c0', `0-${at}`)));
    expect(codeOf(await byClient('c0', 'more'))).to.equal('LIMIT_REVOCATIONS');
    expect(codeOf(await byClient('c1', '1-0'))).to.equal('ok');
    const detailOf = async (name: string) => {
      const refused = await byClient(name, 'more');
      return refused.ok ? 'ok' : refused.refusal.detail;
    };
    for (let client = 0; client < 50; client += 1)
      await Promise.all(Array.from({ length: 100 }, (_, at) => byClient(`c${client}`, `${client}-${at}`)));
    expect(codeOf(await byClient('fresh', 'more'))).to.equal('LIMIT_REVOCATIONS');
    expect(await detailOf('fresh')).to.equal('5000 revocations by clients are live');
    expect(codeOf(await byClient('c0', '0-0')), 'what is there already').to.equal('ok');
    expect(codeOf(await ca.journal.addRevocation(request(ca, id('a'))))).to.equal('ok');
    expect(codeOf(await ca.journal.addRevocation(request(ca, token('jti', 'more'))))).to.equal('ok');
    ca.clock.advance(601);
    expect(codeOf(await byClient('c0', 'more'))).to.equal('ok');
  });

  it('refuses beyond 9,000 live entries, and 10,000 with the ends of origins: LIMIT_REVOCATIONS; ended ones make room', async function () {
    this.timeout(20_000);
    await using ca = await startSmallCa();
    const fill = async (most: number, target: (name: string) => RevocationTarget) => {
      for (let from = 0; from < most; from += 1000)
        await Promise.all(
          Array.from({ length: 1000 }, (_, at) => ca.journal.addRevocation(request(ca, target(`n${from + at}`)))),
        );
    };
    await fill(9000, id);
    expect(codeOf(await ca.journal.addRevocation(request(ca, id('more'))))).to.equal('LIMIT_REVOCATIONS');
    expect(codeOf(await ca.journal.addRevocation(request(ca, id('n1')))), 'what is there already').to.equal('ok');
    await fill(1000, (name) => token('origin', name));
    const origin = request(ca, token('origin', 'more'));
    expect(codeOf(await ca.journal.addRevocation(origin))).to.equal('LIMIT_REVOCATIONS');
    ca.clock.advance(601);
    expect(codeOf(await ca.journal.addRevocation(request(ca, id('more'))))).to.equal('ok');
  });
});

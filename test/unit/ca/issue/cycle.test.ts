import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import type { Issued } from '../../../../ca/issue/cycle.ts';
import { toAuthority } from '../../../../ca/signer/authority.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { admit, refuse } from '../../../../core/fault/refusal.ts';
import { spiffeIdOf } from '../../../../core/identity/spiffe-id.ts';
import { seconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { writeCsr } from '../../../../core/x509/csr-write.ts';
import { checkSvid } from '../../../../core/x509/svid.ts';
import { encodeCertificate } from '../../../../core/x509/write.ts';
import { issueTestLeaf, testKey } from '../../../kit/x509.ts';
import { AGENT, codeOf, MESH, startSmallCa, type SmallCa } from '../small-ca.ts';

const read = ({ record }: Issued) => demand(parseCertificate(Buffer.from(record.der)));

async function issued(ca: SmallCa): Promise<Issued> {
  return demand(await ca.first(await ca.joinToken()));
}

describe('certify(): refusals', () => {
  it('refuses a broken request before it looks at the evidence, which stays unspent', async () => {
    await using ca = await startSmallCa();
    const text = await ca.joinToken();
    const ask = async (csr: Buffer) =>
      codeOf(await ca.issuer.issue({ csr, ttl: undefined, evidence: { kind: 'join-token', text } }));
    expect(await ask(Buffer.alloc(0))).to.equal('CSR_MALFORMED');
    expect(await ask(Buffer.alloc(9000, 0x30))).to.equal('CSR_MALFORMED');
    const tampered = writeCsr(testKey());
    tampered[tampered.length - 1] = (tampered.at(-1) ?? 0) ^ 1;
    expect(await ask(tampered)).to.equal('CSR_SIGNATURE');
    expect(codeOf(await ca.first(text))).to.equal('ok');
  });

  it('refuses a key type that the policy does not allow with CSR_KEY', async () => {
    await using ca = await startSmallCa({ change: (rooms) => ({ ...rooms, keyTypes: ['ed25519'] }) });
    expect(codeOf(await ca.first(await ca.joinToken()))).to.equal('CSR_KEY');
    expect(generateKeyPairSync('ed25519').privateKey.asymmetricKeyType).to.equal('ed25519');
  });

  it('A-116 refuses evidence that is no join token with ATTEST_EVIDENCE', async () => {
    await using ca = await startSmallCa();
    expect(codeOf(await ca.first('guess'))).to.equal('ATTEST_EVIDENCE');
  });

  it('A-139 refuses a join token of another CA, and one that is spent: ATTEST_JOIN_TOKEN', async () => {
    await using ca = await startSmallCa();
    await using other = await startSmallCa();
    expect(codeOf(await ca.first(await other.joinToken()))).to.equal('ATTEST_JOIN_TOKEN');
    const text = await ca.joinToken();
    await ca.first(text);
    expect(codeOf(await ca.first(text))).to.equal('ATTEST_JOIN_TOKEN');
  });

  it('A-139 refuses an expired join token', async () => {
    await using ca = await startSmallCa();
    const text = await ca.joinToken();
    ca.clock.advance(601);
    expect(codeOf(await ca.first(text))).to.equal('ATTEST_JOIN_TOKEN');
  });

  it('refuses a leaf that is no workload with ATTEST_PEER', async () => {
    await using ca = await startSmallCa();
    expect(codeOf(await ca.renew(Buffer.from('3000', 'hex')))).to.equal('ATTEST_PEER');
  });

  it('A-127 refuses a leaf of this root that the journal does not know with GRANT_LINEAGE', async () => {
    await using ca = await startSmallCa();
    const now = seconds(Math.floor(ca.clock.now() / 1000));
    const lineage = { id: Buffer.alloc(16, 1), sequence: 0, issuedAt: now as never, predecessors: [] };
    const { authority } = ca;
    const kit = {
      key: testKey(),
      der: authority.certificate.der,
      certificate: authority.certificate,
      trustDomain: MESH,
    };
    const { der } = issueTestLeaf(kit, { now: now as never, lineage });
    expect(codeOf(await ca.renew(der))).to.equal('GRANT_LINEAGE');
  });

  it('A-110 refuses the old key in a renewal, A-109 and the key of somebody else, with GRANT_KEY_REUSE', async () => {
    await using ca = await startSmallCa();
    const mine = testKey();
    const theirs = testKey();
    const one = demand(await ca.first(await ca.joinToken(), mine));
    await ca.first(await ca.joinToken('/ns/shop/sa/other'), theirs);
    expect(codeOf(await ca.renew(one.record.der, mine))).to.equal('GRANT_KEY_REUSE');
    expect(codeOf(await ca.renew(one.record.der, theirs))).to.equal('GRANT_KEY_REUSE');
    expect(codeOf(await ca.first(await ca.joinToken(), theirs))).to.equal('GRANT_KEY_REUSE');
  });

  it('A-112 refuses when the root is about to end with GRANT_ISSUER_EXPIRED', async () => {
    await using ca = await startSmallCa({ rootTtl: 7200 });
    ca.clock.advance(7141);
    expect(codeOf(await ca.first(await ca.joinToken()))).to.equal('GRANT_ISSUER_EXPIRED');
  });

  it('A-138 freezes the lineage when one leaf is renewed by two keys: GRANT_FORK, then GRANT_LINEAGE for both', async () => {
    await using ca = await startSmallCa();
    const one = await issued(ca);
    const two = demand(await ca.renew(one.record.der));
    expect(codeOf(await ca.renew(one.record.der))).to.equal('GRANT_FORK');
    expect(codeOf(await ca.renew(one.record.der))).to.equal('GRANT_LINEAGE');
    expect(codeOf(await ca.renew(two.record.der))).to.equal('GRANT_LINEAGE');
    expect(ca.metrics.render()).to.include('cleat_ca_lineage_forks_total 1\n');
    const { serial, lineageId, spiffeId } = one.record;
    const alarms = ca.log.lines.filter(({ level }) => level === 'error');
    expect(alarms).to.have.length(1);
    expect(alarms[0]?.fields).to.include({ code: 'GRANT_FORK', serial, lineageId, spiffeId, sequence: 0 });
    const audited = ca.audited.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const forks = audited.filter(({ kind }) => kind === 'lineage-fork');
    expect(forks).to.have.length(1);
    expect(JSON.stringify(forks)).to.include(serial).and.to.include(lineageId).and.to.include('frozen now');
  });

  it('A-124 withholds what a lying signer signed: ISSUE_MISMATCH, and the journal knows nothing of it', async () => {
    const key = testKey();
    await using ca = await startSmallCa({
      change: (rooms) => {
        const honest = rooms.authority();
        const liar = { ...honest, sign: (tbs: Buffer) => toAuthority(honest.certificate, key).sign(tbs) };
        return { ...rooms, authority: () => liar };
      },
    });
    expect(codeOf(await ca.first(await ca.joinToken()))).to.equal('ISSUE_MISMATCH');
    expect(ca.written).to.deep.equal([]);
  });

  it('A-123 signs nothing that breaks a rule: ISSUE_LINT', async () => {
    let signatures = 0;
    await using ca = await startSmallCa({
      change: (rooms) => ({
        ...rooms,
        random: (count) => Buffer.alloc(count, 0),
        authority: () => ({
          ...rooms.authority(),
          sign(tbs) {
            signatures += 1;
            return encodeCertificate(tbs, Buffer.alloc(64));
          },
        }),
      }),
    });
    expect(codeOf(await ca.first(await ca.joinToken()))).to.equal('ISSUE_LINT');
    expect(signatures).to.equal(0);
  });

  it('delivers nothing that the journal could not hold: JOURNAL_FAILED', async () => {
    await using ca = await startSmallCa({
      change: (rooms) => ({
        ...rooms,
        journal: { ...rooms.journal, addIssuance: async () => refuse('JOURNAL_FAILED', 'disk full') },
      }),
    });
    expect(codeOf(await ca.first(await ca.joinToken()))).to.equal('JOURNAL_FAILED');
    expect(ca.written).to.deep.equal([]);
  });
});

describe('certify(): certificates', () => {
  it('issues an X.509-SVID under the root that OpenSSL verifies too', async () => {
    await using ca = await startSmallCa();
    const text = await ca.joinToken(AGENT, ['localhost']);
    const certificate = read(demand(await ca.first(text)));
    expect(demand(checkSvid(certificate, MESH)).uri).to.equal(`spiffe://mesh.example${AGENT}`);
    const oracle = new X509Certificate(certificate.der);
    expect(oracle.verify(new X509Certificate(ca.authority.certificate.der).publicKey)).to.equal(true);
    expect(oracle.checkIssued(new X509Certificate(ca.authority.certificate.der))).to.equal(true);
    expect(oracle.subjectAltName).to.equal(`URI:spiffe://mesh.example${AGENT}, DNS:localhost`);
  });

  it('A-114 A-115 gives it a long positive serial and a window of what was granted plus 60 s', async () => {
    await using ca = await startSmallCa();
    const certificate = read(await issued(ca));
    expect(certificate.serial).to.match(/^[0-9a-f]{24,32}$/);
    expect(certificate.notAfter - certificate.notBefore).to.equal(3660);
  });

  it('A-113 answers ten equal requests at once with one certificate', async () => {
    await using ca = await startSmallCa();
    const text = await ca.joinToken();
    const key = testKey();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => ca.first(text, key)));
    const serials = new Set(outcomes.map((outcome) => demand(outcome).record.serial));
    expect(serials.size).to.equal(1);
    expect(ca.written).to.have.length(1);
  });

  it('A-113 gives ten requests with ten tokens ten serials', async () => {
    await using ca = await startSmallCa();
    const texts = await Promise.all(Array.from({ length: 10 }, () => ca.joinToken()));
    const outcomes = await Promise.all(texts.map((text) => ca.first(text)));
    expect(new Set(outcomes.map((outcome) => demand(outcome).record.serial)).size).to.equal(10);
  });

  it('answers a lost reply again: the same bytes to the same key', async () => {
    await using ca = await startSmallCa();
    const key = testKey();
    const text = await ca.joinToken();
    const first = demand(await ca.first(text, key));
    const again = demand(await ca.first(text, key));
    expect(again.isRepeat).to.equal(true);
    expect(Buffer.from(again.record.der).equals(first.record.der)).to.equal(true);
    const next = testKey();
    const renewed = demand(await ca.renew(first.record.der, next));
    expect(demand(await ca.renew(first.record.der, next)).record.serial).to.equal(renewed.record.serial);
  });

  it('A-118 renews the same identity in the same lineage, and lists the predecessor', async () => {
    await using ca = await startSmallCa();
    const one = demand(await ca.first(await ca.joinToken(AGENT, ['localhost'])));
    ca.clock.advance(1800);
    const two = read(demand(await ca.renew(one.record.der)));
    expect(two.uriNames).to.deep.equal([`spiffe://mesh.example${AGENT}`]);
    expect(two.dnsNames).to.deep.equal(['localhost']);
    expect(two.lineage?.id.toString('hex')).to.equal(one.record.lineageId);
    expect(two.lineage?.sequence).to.equal(1);
    const [entry] = two.lineage?.predecessors ?? [];
    expect(entry?.thumbprint.toString('hex')).to.equal(createHash('sha256').update(one.record.der).digest('hex'));
    expect(entry?.acceptUntil).to.equal(Math.floor(ca.clock.now() / 1000) + 300);
  });

  it('A-122 has each certificate in the journal, and one line of it on standard output, with what joins them', async () => {
    await using ca = await startSmallCa();
    const { record } = demand(await ca.first(await ca.joinToken(), testKey(), seconds(90)));
    const held = demand(await ca.journal.findIssuance(record.serial));
    expect(held?.thumbprint).to.equal(record.thumbprint);
    expect(JSON.parse(ca.written[0] ?? '')).to.include({
      kind: 'issuance',
      serial: record.serial,
      spiffeId: `spiffe://mesh.example${AGENT}`,
      lineageId: record.lineageId,
      sequence: 0,
      attestor: 'join-token',
      askedTtl: 90,
    });
  });

  it('counts each end by attestor and result', async () => {
    await using ca = await startSmallCa();
    await issued(ca);
    await ca.first('guess');
    const text = ca.metrics.render();
    expect(text).to.include('cleat_ca_issued_total{attestor="join-token",result="issued"} 1');
    expect(text).to.include('cleat_ca_issued_total{attestor="join-token",result="ATTEST_EVIDENCE"} 1');
    expect(text).to.include('cleat_ca_issue_seconds_count 2');
  });

  it('lets the CA, and nobody else, have the name of the CA', async () => {
    await using ca = await startSmallCa();
    const csr = writeCsr(testKey());
    const own = await ca.issuer.issue({ csr, ttl: undefined, evidence: { kind: 'self', dnsNames: ['localhost'] } });
    expect(read(demand(own)).uriNames).to.deep.equal(['spiffe://mesh.example/cleat/ca']);
    expect(codeOf(await ca.renew(demand(own).record.der))).to.equal('ATTEST_PEER');
  });

  it('GRANT_IDENTITY: refuses a join token of the journal that names the CA', async () => {
    await using ca = await startSmallCa({
      change: (rooms) => ({
        ...rooms,
        journal: {
          ...rooms.journal,
          findJoinToken: async (hash) =>
            admit({ hash, path: '/cleat/ca', dnsNames: [], expiresAt: 2_000_000_000 as never }),
        },
      }),
    });
    expect(codeOf(await ca.first(await ca.joinToken()))).to.equal('GRANT_IDENTITY');
    expect(spiffeIdOf(MESH, '/cleat/ca').ok).to.equal(true);
  });
});

import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import type { IssuanceRecord, RevocationTarget } from '../../../../ca/journal/record.ts';
import { createBootstrap } from '../../../../ca/rpc/bootstrap.ts';
import { createCallRate } from '../../../../ca/rpc/call-rate.ts';
import { createMesh } from '../../../../ca/rpc/mesh.ts';
import { createWatchers } from '../../../../ca/rpc/watchers.ts';
import { makeKey } from '../../../../ca/signer/key-file.ts';
import { createTokenDesk } from '../../../../ca/tokens/desk.ts';
import { toTokenKey } from '../../../../ca/tokens/keys.ts';
import { createAcknowledgements } from '../../../../ca/trust/acknowledgements.ts';
import { createTrustState } from '../../../../ca/trust/trust-state.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { epochSeconds, wholeSeconds, seconds } from '../../../../core/time/units.ts';
import { writeCsr } from '../../../../core/x509/csr-write.ts';
import type { TrustState } from '../../../../runtime/grpc/messages.ts';
import { issueTestLeaf, testKey } from '../../../kit/x509.ts';
import { AGENT, codeOf, MESH, startSmallCa, type SmallCa } from '../small-ca.ts';
import { heardAudit } from '../tokens/askers.ts';

const KEY = toTokenKey(makeKey());

const RATES = { callsPerInstancePerMinute: 100, callsPerIdentityPerMinute: 1000 };

function scene(ca: SmallCa, limits = RATES) {
  const acknowledgements = createAcknowledgements(ca.metrics);
  const policy = {
    issuer: 'https://ca.example',
    ttl: seconds(300),
    rules: [{ for: { spiffe: { exact: AGENT } }, audience: 'payments', scopes: ['read'] }],
  };
  const mesh = createMesh({
    trustDomain: MESH,
    issuer: ca.issuer,
    bundle: ca.bundle,
    trust: createTrustState(ca),
    revocations: ca.revocations,
    acknowledgements,
    tokens: createTokenDesk({
      policy,
      registry: { listMandates: () => [] },
      audit: heardAudit(),
      key: () => KEY,
      random: randomBytes,
      metrics: ca.metrics,
    }),
    calls: createCallRate({ limits, clock: ca.clock, metrics: ca.metrics }),
    watchers: createWatchers({ perInstance: 2, perIdentity: 5 }),
    clock: ca.clock,
    jitter: () => 0,
  });
  const bootstrap = createBootstrap({ issuer: ca.issuer, bundle: ca.bundle, jitter: () => 0 });
  const first = async (path = AGENT) => {
    const request = {
      csr: writeCsr(testKey()),
      evidence: { kind: 'join-token', text: await ca.joinToken(path) } as const,
      ttl: undefined,
    };
    return demand(await bootstrap.issue(request, '192.0.2.7:40000'));
  };
  return { mesh, bootstrap, acknowledgements, first };
}

const REQUEST = { audience: 'payments', scopes: [], ttl: undefined };
const NEVER = new AbortController().signal;

describe('bootstrap methods', () => {
  it('refuses evidence with the code of the cycle', async () => {
    await using ca = await startSmallCa();
    const { bootstrap } = scene(ca);
    const request = {
      csr: writeCsr(testKey()),
      evidence: { kind: 'join-token', text: 'guess' } as const,
      ttl: undefined,
    };
    expect(codeOf(await bootstrap.issue(request, '192.0.2.7:40000'))).to.equal('ATTEST_EVIDENCE');
  });

  it('A-129 counts and blames an address whose requests cannot be read, and tells it so: LIMIT_ISSUES', async () => {
    await using ca = await startSmallCa({ limits: { perIdentityPerMinute: 1000, perAddressPerMinute: 40 } });
    const { bootstrap, first } = scene(ca);
    const refusal = { code: 'CSR_MALFORMED', detail: '0 bytes' } as const;
    const codes = Array.from({ length: 10 }, (_, each) => codeOf(bootstrap.malformed(refusal, `192.0.2.9:${each}`)));
    // One that cannot be read counts as ten.
    expect(codes.filter((code) => code === 'CSR_MALFORMED')).to.have.length(4);
    expect(new Set(codes)).to.deep.equal(new Set(['CSR_MALFORMED', 'LIMIT_ISSUES']));
    expect(
      ca.audited.filter((line) => line.includes('"unread"')),
      'one line a code',
    ).to.have.length(2);
    await first();
  });

  it('gives the leaf alone as chain, the bundle, and a time to renew at half of life', async () => {
    await using ca = await startSmallCa();
    const issued = await scene(ca).first();
    const now = wholeSeconds(ca.clock.now());
    expect(issued.chain).to.have.length(1);
    expect(issued.bundle).to.deep.equal({ generation: 1, roots: [ca.authority.certificate.der] });
    expect(issued.spiffeId).to.equal(`spiffe://mesh.example${AGENT}`);
    expect([issued.renewAt - now, issued.notAfter - now]).to.deep.equal([1800, 3600]);
    expect([issued.lineageId.length, issued.lineageSequence]).to.deep.equal([16, 0]);
  });
});

describe('mesh methods', () => {
  it('A-118 refuse callers who are no workload of this mesh, at every method: ATTEST_PEER', async () => {
    await using ca = await startSmallCa();
    const { mesh } = scene(ca);
    const { certificate } = ca.authority;
    const kit = { key: testKey(), der: certificate.der, certificate, trustDomain: MESH };
    const now = wholeSeconds(ca.clock.now());
    for (const options of [
      { path: '/cleat/ca' },
      { trustDomain: 'other.example' },
      { flaw: 'ca' },
      { flaw: 'expired' },
    ] as const) {
      const { der } = issueTestLeaf(kit, { now, ...options });
      const outcomes = [
        await mesh.renew(der, { csr: writeCsr(testKey()), ttl: undefined }),
        await mesh.mint(der, REQUEST),
        await mesh.acknowledge(der, { bundle: 1, revocations: 0 }),
        await mesh.watch(der, () => expect.fail('told a stranger'), NEVER),
      ];
      expect(outcomes.map(codeOf), JSON.stringify(options)).to.deep.equal(
        Array.from({ length: 4 }, () => 'ATTEST_PEER'),
      );
    }
  });

  it('refuse a leaf that has expired since the handshake', async () => {
    await using ca = await startSmallCa();
    const { mesh, first } = scene(ca);
    const issued = await first();
    ca.clock.advance(3601);
    expect(codeOf(await mesh.mint(issued.chain[0] ?? Buffer.alloc(0), REQUEST))).to.equal('ATTEST_PEER');
  });

  it('refuse a token that no rule grants, and an acknowledged generation that never was', async () => {
    await using ca = await startSmallCa();
    const { mesh, first } = scene(ca);
    const leaf = (await first('/ns/shop/sa/other')).chain[0] ?? Buffer.alloc(0);
    expect(codeOf(await mesh.mint(leaf, REQUEST))).to.equal('GRANT_TOKEN_RULE');
    expect(codeOf(await mesh.acknowledge(leaf, { bundle: 2, revocations: 0 }))).to.equal('ATTEST_EVIDENCE');
  });

  it('A-129 refuse an instance that calls too often, at each method but renewal, and not another one: LIMIT_ISSUES', async () => {
    await using ca = await startSmallCa();
    const { mesh, first } = scene(ca, { callsPerInstancePerMinute: 3, callsPerIdentityPerMinute: 1000 });
    const [leaf, other] = [(await first()).chain[0], (await first()).chain[0]];
    if (leaf === undefined || other === undefined) expect.fail('no certificate');
    for (let each = 0; each < 3; each += 1) expect(codeOf(await mesh.mint(leaf, REQUEST))).to.equal('ok');
    const outcomes = [
      await mesh.mint(leaf, REQUEST),
      await mesh.acknowledge(leaf, { bundle: 1, revocations: 0 }),
      await mesh.watch(leaf, () => expect.fail('told'), NEVER),
    ];
    expect(outcomes.map(codeOf)).to.deep.equal(['LIMIT_ISSUES', 'LIMIT_ISSUES', 'LIMIT_ISSUES']);
    expect(codeOf(await mesh.mint(other, REQUEST))).to.equal('ok');
    expect(codeOf(await mesh.renew(leaf, { csr: writeCsr(testKey()), ttl: undefined }))).to.equal('ok');
  });

  it('A-129 count and blame an identity whose renewals cannot be read: LIMIT_ISSUES', async () => {
    await using ca = await startSmallCa({ limits: { perIdentityPerMinute: 40, perAddressPerMinute: 1000 } });
    const { mesh, first } = scene(ca);
    const leaf = (await first()).chain[0] ?? Buffer.alloc(0);
    const refusal = { code: 'CSR_MALFORMED', detail: '0 bytes' } as const;
    const codes = Array.from({ length: 10 }, () => codeOf(mesh.malformed(refusal, leaf)));
    expect([codes[0], codes.at(-1)]).to.deep.equal(['CSR_MALFORMED', 'LIMIT_ISSUES']);
    expect(codeOf(mesh.malformed(refusal, Buffer.from('no certificate')))).to.equal('CSR_MALFORMED');
  });

  it('A-129 end the oldest streams of an instance, also over its renewal, and no other: LIMIT_CONNECTIONS', async () => {
    await using ca = await startSmallCa();
    const { mesh, first } = scene(ca);
    const [leaf, other] = [(await first()).chain[0], (await first()).chain[0]];
    if (leaf === undefined || other === undefined) expect.fail('no certificate');
    const next = demand(await mesh.renew(leaf, { csr: writeCsr(testKey()), ttl: undefined })).chain[0];
    const stop = new AbortController();
    const open = (der: Buffer | undefined) => mesh.watch(der ?? Buffer.alloc(0), () => undefined, stop.signal);
    const oldest = open(leaf);
    const kept = [open(next), open(next), open(other)];
    expect(codeOf(await oldest)).to.equal('LIMIT_CONNECTIONS');
    stop.abort();
    expect((await Promise.all(kept)).map(codeOf)).to.deep.equal(['ok', 'ok', 'ok']);
  });

  it('mint for the leaf of the call', async () => {
    await using ca = await startSmallCa();
    const { mesh, first } = scene(ca);
    const minted = demand(await mesh.mint((await first()).chain[0] ?? Buffer.alloc(0), REQUEST));
    expect(minted.scopes).to.deep.equal(['read']);
    expect(minted.expiresAt).to.equal(wholeSeconds(ca.clock.now()) + 300);
  });

  it('refuse an acknowledged generation that nobody was told of since the start: ATTEST_EVIDENCE', async () => {
    await using ca = await startSmallCa();
    const { mesh, acknowledgements, first } = scene(ca);
    const leaf = (await first()).chain[0] ?? Buffer.alloc(0);
    ca.bundle.publish([ca.authority.certificate.der]);
    for (const bundle of [-1, 0, 3])
      expect(codeOf(await mesh.acknowledge(leaf, { bundle, revocations: 0 })), String(bundle)).to.equal(
        'ATTEST_EVIDENCE',
      );
    for (const bundle of [1, 2])
      expect(codeOf(await mesh.acknowledge(leaf, { bundle, revocations: 0 })), String(bundle)).to.equal('ok');
    expect([...acknowledgements.count(wholeSeconds(ca.clock.now()))]).to.deep.equal([[2, 1]]);
  });

  it('renew, and carry the acknowledgement over to the new certificate', async () => {
    await using ca = await startSmallCa();
    const { mesh, acknowledgements, first } = scene(ca);
    const one = (await first()).chain[0] ?? Buffer.alloc(0);
    expect(codeOf(await mesh.acknowledge(one, { bundle: 1, revocations: 0 }))).to.equal('ok');
    ca.clock.advance(3000);
    const two = demand(await mesh.renew(one, { csr: writeCsr(testKey()), ttl: undefined }));
    expect(two.lineageSequence).to.equal(1);
    ca.clock.advance(1000);
    expect(acknowledgements.count(wholeSeconds(ca.clock.now())).get(1)).to.equal(1);
  });

  it('watch tells the state at once and at each change, until the signal', async () => {
    await using ca = await startSmallCa();
    const { mesh, first } = scene(ca);
    const leaf = (await first()).chain[0] ?? Buffer.alloc(0);
    const stop = new AbortController();
    const seen: number[] = [];
    const ended = mesh.watch(leaf, ({ bundle }) => seen.push(bundle.generation), stop.signal);
    ca.bundle.publish([ca.authority.certificate.der]);
    expect(seen).to.deep.equal([1, 2]);
    stop.abort();
    expect(codeOf(await ended)).to.equal('ok');
    ca.bundle.publish([ca.authority.certificate.der]);
    expect(seen).to.deep.equal([1, 2]);
  });

  for (const [name, order] of [
    ['serial', ({ serial }) => ({ kind: 'certificate', serial })],
    ['lineage', ({ lineageId }) => ({ kind: 'lineage', lineageId })],
    ['SPIFFE ID', ({ spiffeId }) => ({ kind: 'spiffe-id', spiffeId })],
  ] as readonly (readonly [string, (record: IssuanceRecord) => RevocationTarget])[])
    it(`A-119 refuse a revoked ${name} at every method, and its successors, and end its open stream: GRANT_REVOKED`, async () => {
      await using ca = await startSmallCa();
      const { mesh } = scene(ca);
      const { record } = demand(await ca.first(await ca.joinToken()));
      const before = Buffer.from(record.der);
      const successor = Buffer.from(demand(await ca.renew(record.der)).record.der);
      const told: number[] = [];
      const streams = [before, successor].map((leaf) =>
        mesh.watch(leaf, ({ revocations }) => told.push(revocations.generation), NEVER),
      );
      await revoke(ca, order(record));
      expect((await Promise.all(streams)).map(codeOf)).to.deep.equal(['GRANT_REVOKED', 'GRANT_REVOKED']);
      expect(told, 'told before they were shown the door').to.deep.equal([0, 0, 1, 1]);
      for (const leaf of [before, successor]) {
        const outcomes = [
          await mesh.renew(leaf, { csr: writeCsr(testKey()), ttl: undefined }),
          await mesh.mint(leaf, REQUEST),
          await mesh.acknowledge(leaf, { bundle: 1, revocations: 0 }),
          await mesh.watch(leaf, () => expect.fail('told who is revoked'), NEVER),
        ];
        expect(outcomes.map(codeOf)).to.deep.equal(Array.from({ length: 4 }, () => 'GRANT_REVOKED'));
      }
      const again = codeOf(await ca.first(await ca.joinToken()));
      expect(again, 'new evidence').to.equal(name === 'SPIFFE ID' ? 'GRANT_REVOKED' : 'ok');
    });

  it('A-119 give a revoked certificate not again to who asks with the same evidence and key: GRANT_REVOKED', async () => {
    await using ca = await startSmallCa();
    const [token, key] = [await ca.joinToken(), testKey()];
    const { record } = demand(await ca.first(token, key));
    expect(codeOf(await ca.first(token, key)), 'a lost reply').to.equal('ok');
    await revoke(ca, { kind: 'lineage', lineageId: record.lineageId });
    expect(codeOf(await ca.first(token, key))).to.equal('GRANT_REVOKED');
  });

  it('A-138 tell a fork to all streams, and go on serving the leaves of the frozen lineage but for renewal', async () => {
    await using ca = await startSmallCa();
    const { mesh, first } = scene(ca);
    const other = (await first('/ns/shop/sa/other')).chain[0] ?? Buffer.alloc(0);
    const stop = new AbortController();
    const told: TrustState[] = [];
    const stream = mesh.watch(other, (state) => told.push(state), stop.signal);
    const one = (await first()).chain[0] ?? Buffer.alloc(0);
    const two = demand(await mesh.renew(one, { csr: writeCsr(testKey()), ttl: undefined })).chain[0] ?? Buffer.alloc(0);
    expect(codeOf(await mesh.renew(one, { csr: writeCsr(testKey()), ttl: undefined }))).to.not.equal('ok');
    expect(told.at(-1)?.revocations.entries.map(({ kind }) => kind)).to.deep.equal(['frozen-lineage']);
    expect(codeOf(await mesh.mint(two, REQUEST))).to.equal('ok');
    expect(codeOf(await mesh.renew(two, { csr: writeCsr(testKey()), ttl: undefined }))).to.not.equal('ok');
    stop.abort();
    expect(codeOf(await stream)).to.equal('ok');
  });
});

async function revoke(ca: SmallCa, target: RevocationTarget): Promise<void> {
  const now = wholeSeconds(ca.clock.now());
  const terms = {
    reason: 'unspecified',
    revokedAt: now,
    endsAt: undefined,
    fallbackEnd: epochSeconds(now + 600),
  } as const;
  demand(await ca.journal.addRevocation({ target, ...terms }));
  demand(await ca.revocations.reload());
}

import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { createAdminHandler } from '../../../../ca/rpc/admin.ts';
import { createAdminVerbs } from '../../../../ca/rpc/admin-verbs.ts';
import { createCallRate } from '../../../../ca/rpc/call-rate.ts';
import { createAcknowledgements } from '../../../../ca/trust/acknowledgements.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { refuse } from '../../../../core/fault/refusal.ts';
import type { IdPattern } from '../../../../core/identity/pattern.ts';
import { milliseconds, wholeSeconds } from '../../../../core/time/units.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { ADMIN_VERBS } from '../../../../runtime/grpc/admin-wire.ts';
import { createTestAuthority, issueTestLeaf } from '../../../kit/x509.ts';
import { AGENT, codeOf, MESH, startSmallCa, tempFolder, testClock, type SmallCa } from '../small-ca.ts';

const OPERATOR = '/cleat/admin/operator';
const ADMINS: readonly IdPattern[] = [{ exact: OPERATOR }];
const withAdmins = {
  change: (rooms: SmallCa['rooms']) => ({ ...rooms, lifetimes: { ...rooms.lifetimes, admins: ADMINS } }),
};

const callRate = (ca: SmallCa, perMinute = 1000) =>
  createCallRate({
    limits: { callsPerInstancePerMinute: perMinute, callsPerIdentityPerMinute: 1000 },
    clock: ca.clock,
    metrics: createMetrics(),
  });

function scene(ca: SmallCa, admins = ADMINS, perMinute?: number) {
  const { revocations, clock } = ca;
  const shared = {
    trustDomain: MESH,
    admins,
    revocations,
    audit: ca.rooms.audit,
    calls: callRate(ca, perMinute),
    clock,
  };
  const acknowledgements = createAcknowledgements(createMetrics());
  const verbs = createAdminVerbs({
    ...shared,
    journal: ca.journal,
    authority: () => ca.authority,
    rotation: ca.desk,
    registrations: ca.registrations.verbs,
    acknowledgements,
    joinTokenTtl: milliseconds(600_000),
    certificateTtlMost: milliseconds(86_400_000),
    random: randomBytes,
    log: ca.log.log,
  });
  return { handle: createAdminHandler({ ...shared, verbs }), verbs, acknowledgements };
}

async function operatorOf(ca: SmallCa): Promise<Buffer> {
  const { token } = demand(await scene(ca).verbs['join-token']({ path: OPERATOR })) as { readonly token: string };
  return Buffer.from(demand(await ca.first(token)).record.der);
}

describe('Admin', () => {
  it('A-140 refuses a workload every verb with GRANT_ADMIN, and an administrator who is one no longer', async () => {
    await using ca = await startSmallCa(withAdmins);
    const workload = Buffer.from(demand(await ca.first(await ca.joinToken())).record.der);
    const operator = await operatorOf(ca);
    const { handle } = scene(ca);
    for (const verb of ADMIN_VERBS) {
      expect(codeOf(await handle(workload, verb, {})), verb).to.equal('GRANT_ADMIN');
      expect(codeOf(await scene(ca, [{ exact: '/cleat/admin/other' }]).handle(operator, verb, {})), verb).to.equal(
        'GRANT_ADMIN',
      );
    }
    expect(ca.audited.some((line) => line.includes('admin-call'))).to.equal(false);
  });

  it('A-140 lets only a caller who is known for an administrator read why he is refused', async () => {
    await using ca = await startSmallCa(withAdmins);
    const operator = await operatorOf(ca);
    const workload = Buffer.from(demand(await ca.first(await ca.joinToken())).record.der);
    const { handle } = scene(ca);
    const known = async (leaf: Buffer) => (await handle(leaf, 'rotate', { step: 'retire' })).isKnown;
    expect(await known(workload)).to.equal(undefined);
    expect(await known(operator)).to.equal(true);
    const { serial } = demand(await ca.journal.listCertificates({})).rows.find(({ spiffeId }) =>
      spiffeId.endsWith(OPERATOR),
    ) ?? { serial: '' };
    demand(await handle(operator, 'revoke', { serial }));
    expect(await known(operator)).to.equal(undefined);
  });

  it('A-129 refuses an administrator who calls too often: LIMIT_ISSUES', async () => {
    await using ca = await startSmallCa(withAdmins);
    const operator = await operatorOf(ca);
    const { handle } = scene(ca, ADMINS, 2);
    const codes = [1, 2, 3].map(async () => codeOf(await handle(operator, 'revocations', {})));
    expect(await Promise.all(codes)).to.deep.equal(['ok', 'ok', 'LIMIT_ISSUES']);
  });

  it('A-140 refuses the CA itself, a foreign leaf, one that has ended and one that is revoked', async () => {
    const clock = testClock();
    await using ca = await startSmallCa({ ...withAdmins, clock });
    const { handle } = scene(ca);
    // TLS has verified the chain before; here nobody asks who signed.
    const kit = createTestAuthority();
    const now = wholeSeconds(clock.now());
    const other = issueTestLeaf(kit, { now, path: OPERATOR, trustDomain: 'other.example' });
    const own = issueTestLeaf(kit, { now, path: '/cleat/ca' });
    for (const { der } of [other, own]) expect(codeOf(await handle(der, 'sidecars', {}))).to.equal('ATTEST_PEER');
    const operator = await operatorOf(ca);
    const { serial } = demand(await ca.journal.listCertificates({})).rows[0] ?? { serial: '' };
    expect(codeOf(await handle(operator, 'revoke', { serial }))).to.equal('ok');
    expect(codeOf(await handle(operator, 'sidecars', {}))).to.equal('GRANT_REVOKED');
    clock.advance(90_000);
    expect(codeOf(await handle(operator, 'sidecars', {}))).to.equal('ATTEST_PEER');
  });

  it('A-140 locks out an administrator whose SPIFFE ID is revoked, with the certificates and join tokens that he made', async () => {
    await using ca = await startSmallCa(withAdmins);
    const { handle, verbs } = scene(ca);
    const operator = await operatorOf(ca);
    const tokens = [];
    for (const ttl of ['10m', '24h']) {
      const { token } = demand(await handle(operator, 'join-token', { path: OPERATOR, ttl })) as { token: string };
      tokens.push(token);
    }
    const spiffeId = `spiffe://mesh.example${OPERATOR}`;
    for (const path of ['/cleat/ca', '/cleat/admin'])
      expect(codeOf(await verbs.revoke({ spiffeId: `spiffe://mesh.example${path}` }))).to.equal('GRANT_IDENTITY');
    expect(codeOf(await verbs.revoke({ spiffeId, reason: 'keyCompromise' }))).to.equal('ok');

    for (const verb of ADMIN_VERBS) expect(codeOf(await handle(operator, verb, {})), verb).to.equal('GRANT_REVOKED');
    expect(codeOf(await ca.renew(operator))).to.equal('GRANT_REVOKED');
    for (const token of tokens) expect(codeOf(await ca.first(token))).to.equal('GRANT_REVOKED');
    // A token that was made afterwards helps as little.
    const late = demand(await verbs['join-token']({ path: OPERATOR })) as { readonly token: string };
    expect(codeOf(await ca.first(late.token))).to.equal('GRANT_REVOKED');
    // The last second of the token that he gave the longest life.
    ca.clock.advance(86_400);
    expect(codeOf(await ca.first(tokens[1] ?? ''))).to.equal('GRANT_REVOKED');
    ca.clock.advance(1);
    expect(codeOf(await ca.first(tokens[1] ?? ''))).to.equal('ATTEST_JOIN_TOKEN');
  });

  it('refuses what a verb does not take with CONFIG_INVALID', async () => {
    await using ca = await startSmallCa(withAdmins);
    const { handle } = scene(ca);
    const operator = await operatorOf(ca);
    for (const [verb, body] of [
      ['certificates', { spiffeid: 'x' }],
      ['certificates', { after: 1 }],
      ['lineages', { serial: 'ab' }],
      ['sidecars', []],
      ['withdraw-join-token', {}],
      ['withdraw-join-token', { id: 'x' }],
      ['rotate', { step: 'spin' }],
      ['revoke', {}],
      ['join-token', {}],
    ] as const)
      expect(codeOf(await handle(operator, verb, body)), `${verb} ${JSON.stringify(body)}`).to.equal('CONFIG_INVALID');
    expect(codeOf(await handle(operator, 'withdraw-join-token', { id: 'ab'.repeat(32) }))).to.equal('GRANT_UNKNOWN');
  });

  it('lists certificates, lineages and sidecars with what they acknowledged', async () => {
    await using ca = await startSmallCa(withAdmins);
    const { handle, acknowledgements } = scene(ca);
    const operator = await operatorOf(ca);
    const { record } = demand(await ca.first(await ca.joinToken()));
    const next = demand(await ca.renew(record.der)).record;
    const spiffeId = `spiffe://mesh.example${AGENT}`;
    const of = async (verb: 'certificates' | 'lineages' | 'sidecars', body: object) =>
      (demand(await handle(operator, verb, body)) as Readonly<Record<string, readonly object[]>>)[verb] ?? [];

    expect(await of('certificates', {})).to.have.length(3);
    expect(await of('certificates', { spiffeId })).to.have.length(2);
    const [one] = await of('certificates', { serial: record.serial });
    expect(one).to.include({
      serial: record.serial,
      spiffeId,
      attestor: 'join-token',
      sequence: 0,
      authority: record.authority,
    });
    const [lineage] = await of('lineages', { spiffeId });
    expect(lineage).to.include({ lineageId: record.lineageId, sequence: 1, serial: next.serial, frozenAt: undefined });

    const sidecar = { spiffeId, lineageId: record.lineageId, serial: next.serial, notAfter: next.notAfter };
    expect(await of('sidecars', {})).to.deep.include({ ...sidecar, runsOn: undefined });
    const instance = { lineageId: record.lineageId, sequence: 1, notAfter: next.notAfter };
    const bounds = { first: 1, current: 1, now: wholeSeconds(ca.clock.now()) };
    demand(acknowledgements.take(instance, { bundle: 1, revocations: 0 }, bounds));
    expect(await of('sidecars', {})).to.deep.include({ ...sidecar, runsOn: 1 });
  });

  it('makes, lists and withdraws join tokens, and never tells a secret twice', async () => {
    await using ca = await startSmallCa(withAdmins);
    const { handle } = scene(ca);
    const operator = await operatorOf(ca);
    const { token } = demand(await handle(operator, 'join-token', { path: AGENT })) as { readonly token: string };
    const listed = demand(await handle(operator, 'join-tokens', {})) as {
      readonly joinTokens: readonly { readonly id: string }[];
    };
    expect(listed.joinTokens).to.have.length(1);
    expect(JSON.stringify(listed)).not.to.include(token.split('.').at(-1));
    const { id } = listed.joinTokens[0] ?? { id: '' };
    expect(demand(await handle(operator, 'withdraw-join-token', { id }))).to.deep.equal({});
    expect(demand(await handle(operator, 'join-tokens', {}))).to.deep.equal({ joinTokens: [] });
    expect(codeOf(await ca.first(token))).to.equal('ATTEST_JOIN_TOKEN');
  });

  it('says in the audit who changed something, before it is done, and does nothing where that fails: ISSUE_AUDIT', async () => {
    await using ca = await startSmallCa(withAdmins);
    const operator = await operatorOf(ca);
    demand(await scene(ca).handle(operator, 'join-token', { path: AGENT }));
    const calls = ca.audited.filter((line) => line.includes('admin-call'));
    expect(calls).to.have.length(1);
    expect(calls[0]).to.include(`spiffe://mesh.example${OPERATOR}`).and.to.include('join-token');
    const { verbs } = scene(ca);
    const audit = { ...ca.rooms.audit, record: () => refuse('ISSUE_AUDIT', 'disk full') };
    const handle = createAdminHandler({
      trustDomain: MESH,
      admins: ADMINS,
      verbs,
      revocations: ca.revocations,
      audit,
      calls: callRate(ca),
      clock: ca.clock,
    });
    expect(codeOf(await handle(operator, 'rotate', { step: 'prepare' }))).to.equal('ISSUE_AUDIT');
    expect(ca.bundle.current().generation).to.equal(1);
    expect(codeOf(await handle(operator, 'rotate', { step: 'status' }))).to.equal('ISSUE_AUDIT');
  });

  it('renews an administrator for as long as he is one', async () => {
    using folder = tempFolder();
    const inFolder = { dataDir: folder.path };
    const operator = await (async () => {
      await using ca = await startSmallCa({ ...withAdmins, ...inFolder });
      return Buffer.from(demand(await ca.renew(await operatorOf(ca))).record.der);
    })();
    await using strict = await startSmallCa(inFolder);
    expect(codeOf(await strict.renew(operator))).to.equal('GRANT_IDENTITY');
  });
});

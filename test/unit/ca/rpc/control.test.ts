import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { createAdminVerbs } from '../../../../ca/rpc/admin-verbs.ts';
import { createControlVerbs } from '../../../../ca/rpc/control.ts';
import { createAcknowledgements } from '../../../../ca/trust/acknowledgements.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { admit, refuse, type Outcome } from '../../../../core/fault/refusal.ts';
import { parseJoinToken } from '../../../../core/identity/join-token.ts';
import { epochSeconds, milliseconds, wholeSeconds } from '../../../../core/time/units.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { AGENT, codeOf, MESH, startSmallCa, type SmallCa, TOKENS } from '../small-ca.ts';

function verbsOf(ca: SmallCa, change: Partial<SmallCa['journal']> = {}, tokenKeys = TOKEN_KEYS) {
  const shared = {
    trustDomain: MESH,
    journal: { ...ca.journal, ...change },
    authority: () => ca.authority,
    bundle: ca.bundle,
    revocations: ca.revocations,
    acknowledgements: createAcknowledgements(ca.metrics),
    clock: ca.clock,
    audit: ca.rooms.audit,
    log: ca.log.log,
  };
  const admin = createAdminVerbs({
    ...shared,
    joinTokenTtl: milliseconds(600_000),
    admins: [],
    rotation: ca.desk,
    registrations: ca.registrations.verbs,
    certificateTtlMost: milliseconds(86_400_000),
    random: randomBytes,
  });
  const verbs = createControlVerbs({ ...shared, admin, tokenKeys, issuer: TOKENS.issuer });
  return async (verb: string, body?: unknown): Promise<Outcome<unknown>> => {
    const run = verbs[verb];
    if (run === undefined) throw new Error(`no verb ${verb}`);
    return run(body);
  };
}

const LIFE = { id: 'k', publishedAt: epochSeconds(1), signsFrom: epochSeconds(1), retiredAt: undefined };
/** Rotates soon and never at once. */
const TOKEN_KEYS = {
  lives: () => [LIFE],
  rotate: (wish: 'soon' | 'now'): Outcome<readonly string[]> =>
    wish === 'soon' ? admit([]) : refuse('SIGNER_KEY', 'disk full'),
};

const NOTHING_KEPT = {
  addJoinToken: () => Promise.resolve(refuse('JOURNAL_FAILED', 'disk full')),
  addRevocation: () => Promise.resolve(refuse('JOURNAL_FAILED', 'disk full')),
  findIssuance: () => Promise.resolve(refuse('JOURNAL_FAILED', 'disk full')),
};

describe('control verbs of the CA', () => {
  it('refuse a wrong order with CONFIG_INVALID, a reserved name with GRANT_IDENTITY', async () => {
    await using ca = await startSmallCa();
    const ask = verbsOf(ca);
    expect(codeOf(await ask('join-token', { path: 'x' }))).to.equal('CONFIG_INVALID');
    expect(codeOf(await ask('join-token', { path: '/cleat/ca' }))).to.equal('GRANT_IDENTITY');
  });

  it('show the keys that sign tokens, and rotate them: CONFIG_INVALID, SIGNER_KEY', async () => {
    await using ca = await startSmallCa();
    const ask = verbsOf(ca);
    expect(codeOf(await ask('token-key', { rotate: 'later' }))).to.equal('CONFIG_INVALID');
    expect(codeOf(await ask('token-key', { rotate: 'now' }))).to.equal('SIGNER_KEY');
    expect(demand(await ask('token-key', { rotate: 'soon' }))).to.deep.equal({ keys: [LIFE] });
    expect(demand(await ask('token-key', {}))).to.deep.equal({ keys: [LIFE] });
  });

  const REPLACED = { lives: () => [LIFE], rotate: () => admit(['old', 'older']) };

  it('name the keys that a rotation now took away and that could not be revoked: JOURNAL_FAILED', async () => {
    await using ca = await startSmallCa();
    const failed = await verbsOf(ca, NOTHING_KEPT, REPLACED)('token-key', { rotate: 'now' });
    expect(codeOf(failed)).to.equal('JOURNAL_FAILED');
    expect(failed.ok ? '' : failed.refusal.detail).to.include('--kid old, --kid older');
  });

  it('revoke by their kid the keys that a rotation now took away', async () => {
    await using ca = await startSmallCa();
    expect(demand(await verbsOf(ca, {}, REPLACED)('token-key', { rotate: 'now' }))).to.deep.equal({ keys: [LIFE] });
    const now = wholeSeconds(ca.clock.now());
    const token = { iss: TOKENS.issuer, jti: 'j', subject: 's', origins: [] };
    for (const keyId of ['old', 'older'])
      expect(ca.revocations.current().ofToken({ ...token, keyId }, now)?.reason).to.equal('keyCompromise');
    expect(ca.revocations.current().ofToken({ ...token, keyId: 'k' }, now)).to.equal(undefined);
  });

  it('give no token that the journal did not keep: JOURNAL_FAILED', async () => {
    await using ca = await startSmallCa();
    const ask = verbsOf(ca, NOTHING_KEPT);
    expect(codeOf(await ask('join-token', { path: AGENT }))).to.equal('JOURNAL_FAILED');
    expect(codeOf(await ask('issuance', { serial: 'ab' }))).to.equal('JOURNAL_FAILED');
  });

  it('refuse what is no serial with CONFIG_INVALID', async () => {
    await using ca = await startSmallCa();
    const ask = verbsOf(ca);
    for (const body of [
      null,
      {},
      { serial: 1 },
      { serial: '' },
      { serial: 'AB' },
      { serial: "' OR 1=1" },
      { serial: 'a'.repeat(41) },
    ])
      expect(codeOf(await ask('issuance', body)), JSON.stringify(body)).to.equal('CONFIG_INVALID');
  });

  it('make a token that names the root and buys one certificate, and never log it', async () => {
    await using ca = await startSmallCa();
    const answer = demand(await verbsOf(ca)('join-token', { path: AGENT, dnsNames: ['localhost'], ttl: '1m' })) as {
      token: string;
    };
    expect(demand(parseJoinToken(answer.token)).rootDigest.equals(ca.authority.certificate.thumbprint)).to.equal(true);
    expect(answer).to.include({
      spiffeId: `spiffe://mesh.example${AGENT}`,
      expiresAt: wholeSeconds(ca.clock.now()) + 60,
    });
    expect(JSON.stringify(ca.log.lines)).not.to.include(answer.token.split('.')[2]);
    expect(codeOf(await ca.first(answer.token))).to.equal('ok');
  });

  it('tell an issuance by its serial, and null for none', async () => {
    await using ca = await startSmallCa();
    const ask = verbsOf(ca);
    const { record } = demand(await ca.first(await ca.joinToken()));
    expect(demand(await ask('issuance', { serial: record.serial }))).to.include({
      serial: record.serial,
      lineageId: record.lineageId,
      sequence: 0,
      attestor: 'join-token',
    });
    expect(demand(await ask('issuance', { serial: 'abcd' }))).to.equal(null);
  });

  it('tell the roots of now as PEM', async () => {
    await using ca = await startSmallCa();
    expect(demand(await verbsOf(ca)('bundle'))).to.deep.equal({
      generation: ca.bundle.current().generation,
      pem: encodePem('CERTIFICATE', ca.authority.certificate.der),
    });
  });

  it('tell who signs and who runs on which bundle', async () => {
    await using ca = await startSmallCa();
    expect(demand(await verbsOf(ca)('status'))).to.deep.equal({
      trustDomain: 'mesh.example',
      authority: {
        thumbprint: ca.authority.certificate.thumbprint.toString('hex'),
        notAfter: ca.authority.certificate.notAfter,
      },
      bundle: { generation: 1, roots: 1 },
      sidecars: {},
      revocations: { generation: 0, entries: 0, sidecars: {} },
    });
  });
});

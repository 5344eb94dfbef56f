import { createHash, randomBytes } from 'node:crypto';

import { expect } from 'chai';
import { createLocalJWKSet, jwtVerify } from 'jose';

import { makeKey } from '../../../../ca/signer/key-file.ts';
import { createTokenDesk, type TokenPolicy } from '../../../../ca/tokens/desk.ts';
import { toKeySet, toTokenKey } from '../../../../ca/tokens/keys.ts';
import { mintToken, type MintOrder, type MintSubject } from '../../../../ca/tokens/mint.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { refuse } from '../../../../core/fault/refusal.ts';
import { epochSeconds, seconds } from '../../../../core/time/units.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { AGENT, codeOf } from '../small-ca.ts';
import { apiKey, client, heardAudit, mandate, workload } from './askers.ts';
import { NOW } from './registered.ts';

const KEY = toTokenKey(makeKey());
const ISSUER = 'https://localhost:8445';
const DEPS = { issuer: ISSUER, ttl: seconds(300), key: KEY, random: randomBytes };
const ASKER = workload(AGENT, 100);
const LEAF = ASKER.workload?.leaf;
const ORDER: MintOrder = {
  requester: ASKER,
  audience: 'payments',
  granted: { scopes: ['read', 'write'], rule: 'tokens.rules[0]', mandate: undefined },
  ttl: undefined,
  subject: undefined,
};
const SUBJECT: MintSubject = {
  subject: 'alice',
  actors: undefined,
  origins: [],
  expiresAt: epochSeconds(NOW + 50),
  claims: { sub_iss: 'https://idp.example' },
};
const mint = (change: Partial<MintOrder> = {}, now = NOW) => mintToken({ ...ORDER, ...change }, DEPS, now);
const live = (ttl: number) => mint({ ttl: seconds(ttl) });

async function read(token: string) {
  const keys = createLocalJWKSet(toKeySet([KEY]) as Parameters<typeof createLocalJWKSet>[0]);
  const currentDate = new Date(NOW * 1000);
  return jwtVerify(token, keys, { algorithms: ['ES256'], typ: 'at+jwt', issuer: ISSUER, currentDate });
}
const claimsOf = async (change: Partial<MintOrder>) => (await read(demand(mint(change)).token)).payload;

describe('mintToken()', () => {
  it('refuses a life outside of 1 s to the configured one with GRANT_TOKEN_LIFETIME', () => {
    for (const ttl of [0, -1, 301, 0.5, 4_294_967_295, Number.NaN, Number.POSITIVE_INFINITY])
      expect(codeOf(live(ttl)), String(ttl)).to.equal('GRANT_TOKEN_LIFETIME');
  });

  it('refuses in the last second of the certificate with GRANT_TOKEN_LIFETIME', () => {
    expect(codeOf(mint({}, epochSeconds(NOW + 100)))).to.equal('GRANT_TOKEN_LIFETIME');
  });

  it('A-621 never lives past the certificate, the API key, the subject token or the mandate', () => {
    expect(demand(mint()).expiresAt).to.equal(NOW + 100);
    expect(demand(live(99)).expiresAt).to.equal(NOW + 99);
    expect(demand(mint({ subject: SUBJECT })).expiresAt).to.equal(NOW + 50);
    const keyed = { ...ASKER, client: client(), apiKey: apiKey({ expiresAt: epochSeconds(NOW + 30) }) };
    expect(demand(mint({ requester: keyed })).expiresAt).to.equal(NOW + 30);
    const granted = { ...ORDER.granted, mandate: mandate({ endsAt: epochSeconds(NOW + 20) }) };
    expect(demand(mint({ granted })).expiresAt).to.equal(NOW + 20);
  });

  it('refuses what a sidecar would not take: GRANT_TOKEN_REQUEST', () => {
    const long = { ...SUBJECT, claims: { tenant: 'x'.repeat(7000) } };
    expect(codeOf(mint({ subject: long }))).to.equal('GRANT_TOKEN_REQUEST');
    const many = { ...SUBJECT, origins: Array.from({ length: 9 }, (_, place) => `client:c${place}`) };
    expect(codeOf(mint({ subject: many }))).to.equal('GRANT_TOKEN_REQUEST');
  });

  it('is an at+jwt for one audience, bound to the certificate, that jose verifies by the key set', async () => {
    const { payload, protectedHeader } = await read(demand(live(60)).token);
    expect(protectedHeader).to.deep.equal({ alg: 'ES256', typ: 'at+jwt', kid: KEY.id });
    const { jti, ...claims } = payload;
    expect(jti).to.match(/^[A-Za-z0-9_-]{22}$/);
    const id = ASKER.workload?.id.uri;
    expect(claims).to.deep.equal({
      iss: ISSUER,
      sub: id,
      client_id: id,
      aud: 'payments',
      exp: NOW + 60,
      iat: NOW,
      scope: 'read write',
      cnf: {
        'x5t#S256': createHash('sha256')
          .update(LEAF?.der ?? '')
          .digest('base64url'),
      },
    });
  });

  it('has no scope claim where no scope was granted, and never the same jti', async () => {
    const granted = { ...ORDER.granted, scopes: [] };
    const [one, two] = [await claimsOf({ granted }), await claimsOf({ granted })];
    expect(one).not.to.have.property('scope');
    expect(one.jti).not.to.equal(two.jti);
  });

  it('names the client, the workload that acts, and all that it came from', async () => {
    const claims = await claimsOf({ requester: { ...ASKER, client: client(), apiKey: apiKey() } });
    expect(claims).to.deep.include({
      sub: 'billing-bot',
      client_id: 'billing-bot',
      act: { sub: ASKER.workload?.id.uri },
      origin: ['client:billing-bot', 'key:0123456789abcdef'],
    });
  });

  it('is bound to certificate and DPoP key, or to the key alone', async () => {
    const both = await claimsOf({ requester: { ...ASKER, client: client(), jkt: 'k' } });
    expect(both['cnf']).to.deep.equal({ 'x5t#S256': LEAF?.thumbprint.toString('base64url'), jkt: 'k' });
    const bare = { workload: undefined, client: client({ dpopBound: true }), apiKey: undefined, jkt: 'k' };
    const alone = await claimsOf({ requester: bare });
    expect(alone['cnf']).to.deep.equal({ jkt: 'k' });
    expect(alone['origin']).to.equal('client:billing-bot');
    expect(alone).not.to.have.property('act');
    expect(() => mint({ requester: { ...bare, jkt: undefined } })).to.throw(TypeError);
  });

  it('A-621 says for whom and through whom it acts, and never lets a carried claim replace one of ours', async () => {
    const chain = { ...SUBJECT, actors: { sub: 'spiffe://mesh.example/a' }, origins: ['key:1'] };
    const forged = { ...chain, claims: { ...chain.claims, iss: 'x', cnf: {}, aud: 'x' } };
    const claims = await claimsOf({ subject: forged });
    expect(claims).to.deep.include({
      sub: 'alice',
      sub_iss: 'https://idp.example',
      aud: 'payments',
      client_id: ASKER.workload?.id.uri,
      act: { sub: ASKER.workload?.id.uri, act: { sub: 'spiffe://mesh.example/a' } },
      origin: 'key:1',
    });
    expect(claims['cnf']).to.have.property('x5t#S256');
  });
});

describe('createTokenDesk()', () => {
  const POLICY: TokenPolicy = {
    issuer: ISSUER,
    ttl: seconds(300),
    rules: [{ for: { spiffe: { exact: AGENT } }, audience: 'payments', scopes: ['read'] }],
  };
  const request = { audience: 'payments', scopes: [], ttl: undefined };
  const desk = (policy: TokenPolicy | undefined, audit = heardAudit()) => {
    const metrics = createMetrics();
    const registry = { listMandates: () => [] };
    return {
      metrics,
      audit,
      ...createTokenDesk({ policy, registry, audit, key: () => KEY, random: randomBytes, metrics }),
    };
  };

  it('refuses everyone with GRANT_TOKEN_RULE where the section tokens is missing, and counts', () => {
    const { metrics, ...one } = desk(undefined);
    expect(codeOf(one.mint(ASKER, request, NOW))).to.equal('GRANT_TOKEN_RULE');
    expect(metrics.render()).to.include('cleat_ca_tokens_total{result="GRANT_TOKEN_RULE"} 1');
  });

  it('gives no token that the audit stream does not name', () => {
    const audit = { ...heardAudit(), record: () => refuse('ISSUE_AUDIT', 'disk full') };
    expect(codeOf(desk(POLICY, audit).mint(ASKER, request, NOW))).to.equal('ISSUE_AUDIT');
  });

  it('mints by the rules, counts, and tells the audit stream without the token', () => {
    const { metrics, audit, ...one } = desk(POLICY);
    const { token } = demand(one.mint(ASKER, request, NOW));
    expect(metrics.render()).to.include('cleat_ca_tokens_total{result="minted"} 1');
    expect(audit.lines).to.have.length(1);
    expect(audit.lines[0]?.facts).to.include({ audience: 'payments', scopes: 'read', rule: 'tokens.rules[0]' });
    expect(JSON.stringify(audit.lines)).not.to.include(token.split('.')[2]);
  });
});

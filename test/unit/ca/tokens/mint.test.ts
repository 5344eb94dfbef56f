import { createHash, randomBytes } from 'node:crypto';

import { expect } from 'chai';
import { createLocalJWKSet, jwtVerify } from 'jose';

import { makeKey } from '../../../../ca/signer/key-file.ts';
import { createTokenDesk } from '../../../../ca/tokens/desk.ts';
import { toKeySet, toTokenKey } from '../../../../ca/tokens/keys.ts';
import { mintToken, type TokenPolicy } from '../../../../ca/tokens/mint.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { spiffeIdOf } from '../../../../core/identity/spiffe-id.ts';
import { epochSeconds, seconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { createMetrics } from '../../../../runtime/metrics.ts';
import { createTestAuthority, issueTestLeaf } from '../../../kit/x509.ts';
import { AGENT, codeOf, MESH } from '../small-ca.ts';

const NOW = epochSeconds(Math.floor(Date.now() / 1000));
const KEY = toTokenKey(makeKey());
const LEAF = demand(parseCertificate(issueTestLeaf(createTestAuthority(), { now: NOW, lifetime: 100 }).der));
const CALLER = { id: demand(spiffeIdOf(MESH, AGENT)), leaf: LEAF };
const POLICY: TokenPolicy = {
  issuer: 'https://localhost:8445',
  ttl: seconds(300),
  rules: [
    { for: { spiffe: { exact: AGENT } }, audience: 'payments', scopes: ['read', 'write'] },
    { for: { spiffe: { exact: AGENT } }, audience: 'catalog', scopes: [] },
  ],
};
const DEPS = { policy: POLICY, key: KEY, random: randomBytes };
const ask = (ttl?: number, audience = 'payments', now = NOW) =>
  mintToken(CALLER, { audience, scopes: [], ttl: ttl === undefined ? undefined : seconds(ttl) }, DEPS, now);

async function claimsOf(token: string) {
  const keys = createLocalJWKSet(toKeySet([KEY]) as Parameters<typeof createLocalJWKSet>[0]);
  return jwtVerify(token, keys, {
    algorithms: ['ES256'],
    typ: 'at+jwt',
    issuer: POLICY.issuer,
    currentDate: new Date(NOW * 1000),
  });
}

describe('mintToken()', () => {
  it('refuses what the rules refuse: GRANT_TOKEN_RULE, GRANT_TOKEN_REQUEST', () => {
    expect(codeOf(ask(undefined, 'ledger'))).to.equal('GRANT_TOKEN_RULE');
    expect(codeOf(ask(undefined, 'a b'))).to.equal('GRANT_TOKEN_REQUEST');
  });

  it('refuses a life outside of 1 s to the configured one with GRANT_TOKEN_LIFETIME', () => {
    for (const ttl of [0, -1, 301, 0.5, 4_294_967_295, Number.NaN, Number.POSITIVE_INFINITY])
      expect(codeOf(ask(ttl)), String(ttl)).to.equal('GRANT_TOKEN_LIFETIME');
  });

  it('refuses in the last second of the certificate with GRANT_TOKEN_LIFETIME', () => {
    expect(codeOf(ask(1, 'payments', LEAF.notAfter))).to.equal('GRANT_TOKEN_LIFETIME');
  });

  it("never lives past the caller's certificate", () => {
    expect(demand(ask()).expiresAt).to.equal(LEAF.notAfter);
    expect(demand(ask(99)).expiresAt).to.equal(NOW + 99);
  });

  it('is an at+jwt for one audience, bound to the certificate, that jose verifies by the key set', async () => {
    const minted = demand(ask(60));
    const { payload, protectedHeader } = await claimsOf(minted.token);
    expect(protectedHeader).to.deep.equal({ alg: 'ES256', typ: 'at+jwt', kid: KEY.id });
    const { jti, ...claims } = payload;
    expect(jti).to.match(/^[A-Za-z0-9_-]{22}$/);
    expect(claims).to.deep.equal({
      iss: POLICY.issuer,
      sub: CALLER.id.uri,
      client_id: CALLER.id.uri,
      aud: 'payments',
      exp: NOW + 60,
      iat: NOW,
      scope: 'read write',
      cnf: { 'x5t#S256': createHash('sha256').update(LEAF.der).digest('base64url') },
    });
  });

  it('has no scope claim where no scope was granted, and never the same jti', async () => {
    const [one, two] = await Promise.all(
      [ask(60, 'catalog'), ask(60, 'catalog')].map((token) => claimsOf(demand(token).token)),
    );
    expect(one?.payload).not.to.have.property('scope');
    expect(one?.payload.jti).not.to.equal(two?.payload.jti);
  });
});

describe('createTokenDesk()', () => {
  it('refuses everyone with GRANT_TOKEN_RULE where the section tokens is missing, and counts', () => {
    const metrics = createMetrics();
    const desk = createTokenDesk({ policy: undefined, key: () => KEY, random: randomBytes, metrics });
    expect(codeOf(desk.mint(CALLER, { audience: 'payments', scopes: [], ttl: undefined }, NOW))).to.equal(
      'GRANT_TOKEN_RULE',
    );
    expect(metrics.render()).to.include('cleat_ca_tokens_total{result="GRANT_TOKEN_RULE"} 1');
  });

  it('mints by the rules, and counts', () => {
    const metrics = createMetrics();
    const desk = createTokenDesk({ policy: POLICY, key: () => KEY, random: randomBytes, metrics });
    expect(codeOf(desk.mint(CALLER, { audience: 'payments', scopes: [], ttl: undefined }, NOW))).to.equal('ok');
    expect(metrics.render()).to.include('cleat_ca_tokens_total{result="minted"} 1');
  });
});

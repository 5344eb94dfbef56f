import { expect } from 'chai';

import { attestOidc, type OidcDeps } from '../../../../ca/attest/oidc.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { indexRevocations, NO_REVOCATIONS } from '../../../../core/identity/revocation.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { parseKeySet } from '../../../../core/token/key-set.ts';
import { ecKey, keySetOf, signToken } from '../../core/token/tokens.ts';
import { codeOf, MESH } from '../small-ca.ts';
import { AUDIENCE, CI_ISS, CI_RULE, path, testCi, text, UNREACHABLE, attestorsOf } from './external.ts';

const NOW = epochSeconds(1_800_000_000);

function rig(...rules: Parameters<typeof testCi>) {
  const ci = testCi(...rules);
  const deps: OidcDeps = {
    trustDomain: MESH,
    attestors: attestorsOf([], [ci.attestor]).oidc,
    revocations: NO_REVOCATIONS,
    now: NOW,
  };
  return {
    ci,
    deps,
    attest: (token: string) => attestOidc(token, deps),
    /** What a token with these claims proves. */
    claims: (claims: Readonly<Record<string, unknown>>, header?: object) =>
      attestOidc(ci.token(NOW, claims, header), deps),
  };
}

describe('OIDC attestor', () => {
  it('A-116 refuses absent and malformed tokens with ATTEST_OIDC', async () => {
    const { attest } = rig();
    for (const token of ['', 'x', 'a.b', 'a.b.c', `${'a'.repeat(9000)}.b.c`, 'e30.e30.e30'])
      expect(codeOf(await attest(token)), token.slice(0, 8)).to.equal('ATTEST_OIDC');
  });

  it('A-116 refuses expired and early tokens, and such without an end or an age', async () => {
    const { claims } = rig();
    for (const wrong of [
      { exp: NOW - 30 },
      { exp: undefined },
      { exp: '1900000000' },
      { iat: undefined },
      { iat: NOW + 31, exp: NOW + 300 },
      { nbf: NOW + 31 },
      { exp: NOW + 3601 },
    ])
      expect(codeOf(await claims(wrong)), JSON.stringify(wrong)).to.equal('ATTEST_OIDC');
    expect(codeOf(await claims({ exp: NOW - 29 }))).to.equal('ok');
  });

  it('A-116 refuses a token for another audience: a CI system mints for whoever asks', async () => {
    const { claims } = rig();
    for (const aud of [
      undefined,
      '',
      [],
      'sts.amazonaws.example',
      `${AUDIENCE}/`,
      AUDIENCE.toUpperCase(),
      ['x', 'y'],
      7,
    ])
      expect(codeOf(await claims({ aud })), String(aud)).to.equal('ATTEST_OIDC');
    expect(codeOf(await claims({ aud: ['x', AUDIENCE] }))).to.equal('ok');
  });

  it('A-116 refuses another issuer, another key, another algorithm and another kind of token', async () => {
    const { ci, attest, claims } = rig();
    for (const iss of [undefined, 'https://evil.example', `${CI_ISS}/`])
      expect(codeOf(await claims({ iss })), iss).to.equal('ATTEST_OIDC');
    for (const header of [
      { kid: 'ci-2' },
      { alg: 'ES384' },
      { alg: 'none' },
      { alg: 'HS256' },
      { typ: 'at+jwt' },
      { crit: ['x'] },
    ])
      expect(codeOf(await claims({}, header)), JSON.stringify(header)).to.equal('ATTEST_OIDC');
    for (const mark of ['nonce', 'at_hash', 'events'])
      expect(codeOf(await claims({ [mark]: 'x' })), mark).to.equal('ATTEST_OIDC');
    const [, payload = ''] = ci.token(NOW).split('.');
    const forged = signToken(ecKey('ci-1'), Buffer.from(payload, 'base64url').toString(), {
      alg: 'ES256',
      typ: 'JWT',
      kid: 'ci-1',
    });
    expect(codeOf(await attest(forged))).to.equal('ATTEST_OIDC');
  });

  it('A-116 refuses a token that is bound: here it would be a bearer token', async () => {
    const { claims } = rig();
    expect(codeOf(await claims({ cnf: { jkt: 'x' } }))).to.equal('ATTEST_OIDC');
  });

  it("A-116 refuses another account's token: every claim of a rule must be there, as text, as a whole", async () => {
    const { claims } = rig();
    for (const wrong of [
      { repository: 'evil/shop' },
      { repository: 'acme/shop/x' },
      { repository: 'acme/' },
      { repository: 'ACME/shop' },
      { repository: ['acme/shop'] },
      { repository: undefined },
      { ref: 'refs/heads/main2' },
      { ref: undefined },
      { repository: 'acme/..' },
    ])
      expect(codeOf(await claims(wrong)), JSON.stringify(wrong)).to.equal('ATTEST_OIDC');
  });

  it('A-119 refuses a token whose jti, subject or key is revoked, and no other of its issuer', async () => {
    const { ci, deps, attest } = rig();
    const at = (kind: 'jti' | 'sub' | 'kid', value: string, issuer = CI_ISS) => {
      const endsAt = epochSeconds(NOW + 60);
      const entry = { kind, issuer, value, generation: 1, reason: 'unspecified', revokedAt: NOW, endsAt } as const;
      return attestOidc(ci.token(NOW), { ...deps, revocations: indexRevocations(1, [entry]) });
    };
    const subject = 'repo:acme/shop:ref:refs/heads/main';
    expect(codeOf(await at('jti', 'job-1'))).to.equal('ATTEST_OIDC');
    expect(codeOf(await at('sub', subject))).to.equal('ATTEST_OIDC');
    expect(codeOf(await at('kid', 'ci-1'))).to.equal('ATTEST_OIDC');
    expect(codeOf(await at('jti', 'job-2'))).to.equal('ok');
    expect(codeOf(await at('jti', 'job-1', 'https://other.example'))).to.equal('ok');
    expect(codeOf(await attest(ci.token(NOW)))).to.equal('ok');
  });

  it('A-116 never gives a reserved name, and tries no later rule then', async () => {
    const open = { claims: [{ name: 'repository', template: text('{owner}/{repo}') }], path: path('/{owner}/{repo}') };
    const { claims } = rig([open, CI_RULE]);
    expect(codeOf(await claims({ repository: 'cleat/ca' }))).to.equal('ATTEST_OIDC');
    expect(demand(await claims({})).id.path).to.equal('/acme/shop');
  });

  it('lets the first rule that matches decide', async () => {
    const claim = (name: string, template: string) => ({ name, template: text(template) });
    const none = { claims: [claim('ref', 'refs/tags/{tag}')], path: path('/release') };
    const first = {
      claims: [claim('ref', 'refs/heads/{branch}'), claim('repository', 'acme/{repo}')],
      path: path('/{repo}/{branch}'),
    };
    const { claims } = rig([none, first, CI_RULE]);
    expect(demand(await claims({})).id.path).to.equal('/shop/main');
  });

  it('A-117 answers ATTEST_UNAVAILABLE with a time to come back while the keys are not at hand', async () => {
    const { ci, attest } = rig();
    ci.keys = UNREACHABLE;
    const outcome = await attest(ci.token(NOW));
    expect(outcome).to.have.nested.property('refusal.code', 'ATTEST_UNAVAILABLE');
    expect(outcome).to.have.nested.property('refusal.retryAfter', 1000);
    ci.keys = parseKeySet(keySetOf(ci.key));
    expect(codeOf(await attest(ci.token(NOW)))).to.equal('ok');
  });

  it('names the workload, and the evidence in a bounded, printable way', async () => {
    const { ci, attest, claims } = rig();
    const { claim, ...named } = demand(await attest(ci.token(NOW)));
    expect({ ...named, id: named.id.uri }).to.deep.equal({
      attestor: 'oidc',
      evidence: 'oidc:ci:repo:acme/shop:ref:refs/heads/main',
      id: 'spiffe://mesh.example/ci/shop',
      dnsNames: [],
      predecessor: undefined,
    });
    expect(claim).to.include({ kind: 'evidence', attestor: 'oidc' }).and.to.have.property('digest').with.length(64);
    const { evidence } = demand(await claims({ sub: `a b\u202e${'x'.repeat(400)}` }));
    expect(evidence)
      .to.match(/^oidc:ci:a\?b\?x+$/)
      .and.to.have.length.at.most(256);
    expect(demand(await claims({ sub: undefined })).evidence).to.equal('oidc:ci:job-1');
  });
});

import { expect } from 'chai';

import { milliseconds } from '../../../../core/time/units.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { createTokenCache } from '../../../../sidecar/egress/token-cache.ts';
import { createTokenService, type GrantRequest } from '../../../../sidecar/egress/token-service.ts';
import { createTestAuthority } from '../../../kit/x509.ts';
import { sourceOf } from './minting.ts';
import { snapshotOf, thumbprintOf } from './snapshots.ts';
import { boundAnswer, startTokenServer, type TokenServer, URN } from './token-server.ts';

describe('createTokenService()', () => {
  const authority = createTestAuthority();
  const clock = systemClock();
  const own = snapshotOf(authority, { generation: 1, path: '/ns/shop/sa/agent' });
  const next = snapshotOf(authority, { generation: 2, path: '/ns/shop/sa/agent' });
  const token = { audience: 'catalog', scopes: ['a', 'b'], ttl: undefined };
  const plain: GrantRequest = { token, apiKey: undefined };
  let ca: TokenServer;

  before(async () => {
    ca = await startTokenServer(snapshotOf(authority, { generation: 1, path: '/cleat/ca' }));
  });
  after(() => ca[Symbol.asyncDispose]());

  it('A-601 asks no other server of the mesh, and sends nothing to it: RENEW_UNTRUSTED', async () => {
    for (const server of [
      snapshotOf(authority, { generation: 1, path: '/ns/shop/sa/catalog' }),
      snapshotOf(authority, { generation: 1, path: '/cleat/ca/x' }),
      snapshotOf(createTestAuthority(), { generation: 1, path: '/cleat/ca' }),
    ]) {
      await using stranger = await startTokenServer(server, false);
      const service = createTokenService({ url: stranger.url, clock });
      expect(await service.ask(own, plain)).to.have.nested.property('refusal.code', 'RENEW_UNTRUSTED');
      expect(stranger.asked).to.deep.equal([]);
    }
  });

  it('asks as the generation that the token is for, and takes up no session of another', async () => {
    ca.answer = (asked) => boundAnswer(asked);
    const service = createTokenService({ url: ca.url, clock });
    for (const snapshot of [own, next, own]) expect(await service.ask(snapshot, plain)).to.have.property('ok', true);
    const seen = ca.asked.slice(-3);
    expect(seen.map(({ thumbprint }) => thumbprint)).to.deep.equal([own, next, own].map(thumbprintOf));
    expect(seen.some(({ isResumed }) => isResumed)).to.equal(false);
    expect(new Set(seen.map(({ connection }) => connection)).size).to.equal(3);
  });

  it('is a client by its certificate, or by a key, never by both at once', async () => {
    ca.answer = (asked) => boundAnswer(asked);
    const service = createTokenService({ url: ca.url, clock });
    await service.ask(own, plain);
    expect(ca.asked.at(-1)?.form).to.deep.equal({
      grant_type: 'client_credentials',
      client_id: own.id.uri,
      audience: 'catalog',
      scope: 'a b',
    });
    expect(ca.asked.at(-1)?.authorization).to.equal(undefined);
    await service.ask(own, { token: { ...token, scopes: [] }, apiKey: 'clt_key' });
    expect(ca.asked.at(-1)?.form).to.deep.equal({ grant_type: 'client_credentials', audience: 'catalog' });
    expect(ca.asked.at(-1)?.authorization).to.equal('Bearer clt_key');
  });

  it('exchanges a subject token, with or without a key', async () => {
    ca.answer = (asked) => boundAnswer(asked);
    const service = createTokenService({ url: ca.url, clock });
    const subject = { text: 'x.y.z', type: 'id_token' } as const;
    expect(await service.ask(own, { ...plain, subject, apiKey: 'clt_key' })).to.have.property('ok', true);
    expect(ca.asked.at(-1)?.form).to.deep.equal({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: 'catalog',
      scope: 'a b',
      subject_token: 'x.y.z',
      subject_token_type: `${URN}id_token`,
      requested_token_type: `${URN}access_token`,
    });
  });

  it('passes the error of the CA on by its code: RENEW_REFUSED', async () => {
    ca.answer = () => ({ status: 400, body: { error: 'invalid_target', error_description: 'x' } });
    const answer = await createTokenService({ url: ca.url, clock }).ask(own, plain);
    expect(answer).to.deep.equal({ ok: false, refusal: { code: 'RENEW_REFUSED', detail: 'invalid_target' } });
  });

  it('takes no answer that is not what was asked for: RENEW_ANSWER or the code of the token', async () => {
    const service = createTokenService({ url: ca.url, clock });
    const subject = { text: 'x.y.z', type: 'jwt' } as const;
    ca.answer = (asked) => {
      const { body } = boundAnswer(asked);
      return { body: { ...(body as object), issued_token_type: `${URN}refresh_token` } };
    };
    expect(await service.ask(own, { ...plain, subject })).to.have.nested.property('refusal.code', 'RENEW_ANSWER');
    ca.answer = () => ({ body: { access_token: 'opaque', token_type: 'Bearer' } });
    expect(await service.ask(own, plain)).to.have.nested.property('refusal.code', 'TOKEN_GRAMMAR');
    for (const exp of [undefined, '300', 1.5, 1e300]) {
      ca.answer = (asked) => boundAnswer(asked, { exp });
      expect(await service.ask(own, plain), String(exp)).to.have.nested.property('refusal.code', 'TOKEN_CLAIMS');
    }
  });

  for (const [what, claims, code] of [
    ['an unbound token', { cnf: undefined }, 'BINDING_ABSENT'],
    ['a token for the generation before', { cnf: { 'x5t#S256': thumbprintOf(own) } }, 'BINDING_MISMATCH'],
    ['a token for another audience', { aud: 'payments' }, 'TOKEN_AUDIENCE'],
    ['a token that is over', { exp: 1 }, 'TOKEN_EXPIRED'],
  ] as const)
    it(`A-605 never lets ${what} into the cache of a generation: ${code}`, async () => {
      ca.answer = (asked) => boundAnswer(asked, claims);
      const service = createTokenService({ url: ca.url, clock });
      const { leaf } = next;
      const cache = createTokenCache({
        holder: { thumbprintText: thumbprintOf(next), notBefore: leaf.notBefore, notAfter: leaf.notAfter },
        redeem: (right, request) => right.redeem(next, request),
        clock: { now: () => clock.now(), monotonic: () => milliseconds(0) },
        jitter: () => 0,
        count: () => undefined,
      });
      const source = sourceOf((snapshot, request) => service.ask(snapshot, { token: request, apiKey: undefined }));
      const got = await cache.get({ audience: 'catalog', scopes: [], source });
      expect(got).to.have.nested.property('refusal.code', 'UPSTREAM_TOKEN');
      expect(got.ok ? '' : got.refusal.detail).to.include(code);
      expect(cache.inUse()).to.deep.equal([]);
    });
});

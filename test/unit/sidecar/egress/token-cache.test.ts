import { expect } from 'chai';

import { admit, type Outcome, refuse, refuseFor } from '../../../../core/fault/refusal.ts';
import { epochSeconds, milliseconds } from '../../../../core/time/units.ts';
import { createTokenCache } from '../../../../sidecar/egress/token-cache.ts';
import { NOON } from '../callers.ts';
import type { SourceName, TokenSource, TokenWant } from '../../../../sidecar/egress/token-source.ts';
import { createMinting, honest, mintedFor, sourceOf, standingClock } from './minting.ts';

const OURS = Buffer.alloc(32, 1).toString('base64url');
const THEIRS = Buffer.alloc(32, 2).toString('base64url');
const nobody = sourceOf(() => Promise.resolve(refuse('BUG_UNEXPECTED', 'redeemed past the cache')));
const wantFor = (audience: string, scopes: readonly string[], source: TokenSource = nobody): TokenWant => ({
  audience,
  scopes,
  source,
});
const want = wantFor('catalog', ['catalog.read']);

function setUp(life = 300, holderLife = 3600) {
  const clock = standingClock(NOON);
  const minting = createMinting(honest(OURS, clock, life));
  const counted: string[] = [];
  const cache = createTokenCache({
    holder: { thumbprintText: OURS, notBefore: NOON, notAfter: epochSeconds(NOON + holderLife) },
    redeem: (_right, request) => minting.mint(request),
    clock,
    jitter: () => 0,
    count: (source, result) => void counted.push(`${source} ${result}`),
  });
  return { clock, minting, counted, cache };
}

describe('createTokenCache()', () => {
  const wrong: readonly [string, object, string][] = [
    ['without cnf', { cnf: undefined }, 'BINDING_ABSENT'],
    ['with an empty cnf', { cnf: {} }, 'BINDING_ABSENT'],
    ['with a cnf that is no object', { cnf: 'x' }, 'BINDING_ABSENT'],
    ['bound by another member', { cnf: { jkt: OURS } }, 'BINDING_ABSENT'],
    ['bound to another certificate', { cnf: { 'x5t#S256': THEIRS } }, 'BINDING_MISMATCH'],
    ['for another audience', { aud: 'payments' }, 'TOKEN_AUDIENCE'],
    ['for several audiences', { aud: ['catalog', 'payments'] }, 'TOKEN_AUDIENCE'],
    ['with another exp than the CA says', { exp: NOON + 9999 }, 'TOKEN_CLAIMS'],
  ];
  for (const [what, claims, code] of wrong) {
    it(`A-605 never takes a token ${what}: UPSTREAM_TOKEN, ${code}`, async () => {
      const { minting, counted, cache } = setUp();
      const expiresAt = epochSeconds(NOON + 300);
      minting.answer = ({ audience }) => Promise.resolve(admit(mintedFor(OURS, { audience, expiresAt, claims })));
      const got = await cache.get(want);
      expect(got).to.have.nested.property('refusal.code', 'UPSTREAM_TOKEN');
      expect(got.ok ? '' : got.refusal.detail).to.include(code);
      expect(counted).to.deep.equal([`identity ${code}`]);
      expect(cache.inUse()).to.deep.equal([]);
    });
  }

  it('A-605 never takes what is no token, or one that is over', async () => {
    for (const [minted, code] of [
      [{ token: 'abc', expiresAt: epochSeconds(NOON + 300), scopes: [] }, 'TOKEN_GRAMMAR'],
      [{ token: `${'a'.repeat(9000)}.b.c`, expiresAt: epochSeconds(NOON + 300), scopes: [] }, 'TOKEN_TOO_LONG'],
      [{ token: 'YQ.YQ.YQ', expiresAt: epochSeconds(NOON + 300), scopes: [] }, 'TOKEN_JSON'],
      [mintedFor(OURS, { audience: 'catalog', expiresAt: NOON }), 'TOKEN_EXPIRED'],
    ] as const) {
      const { minting, cache } = setUp();
      minting.answer = () => Promise.resolve(admit(minted));
      const got = await cache.get(want);
      expect(got.ok ? '' : got.refusal.detail, code).to.include(code);
    }
  });

  it('says UPSTREAM_TOKEN with the code of the CA, and names no token', async () => {
    const { minting, cache } = setUp();
    minting.answer = () => Promise.resolve(refuse('GRANT_TOKEN_RULE', 'no rule'));
    expect(await cache.get(want)).to.deep.equal({
      ok: false,
      refusal: { code: 'UPSTREAM_TOKEN', detail: 'catalog: GRANT_TOKEN_RULE no rule' },
    });
  });

  it('does not ask a CA that said no again at once, and does so later', async () => {
    const { clock, minting, cache } = setUp();
    minting.answer = () => Promise.resolve(refuse('RENEW_UNREACHABLE', 'down'));
    await cache.get(want);
    for (let count = 0; count < 1000; count += 1) expect(await cache.get(want)).to.have.property('ok', false);
    expect(minting.asked).to.have.length(1);
    clock.forward(1);
    minting.answer = honest(OURS, clock);
    expect(await cache.get(want)).to.have.property('ok', true);
    expect(minting.asked).to.have.length(2);
  });

  it('A-605 asks once for 1,000 misses at once, and gives all the same token', async () => {
    const { minting, cache } = setUp();
    const all = await Promise.all(Array.from({ length: 1000 }, async () => cache.get(want)));
    expect(minting.asked).to.deep.equal([{ audience: 'catalog', scopes: ['catalog.read'], ttl: undefined }]);
    expect(new Set(all.map((got) => (got.ok ? got.value : '')))).to.have.property('size', 1);
    expect(all[0]).to.have.property('ok', true);
  });

  it('gives a held token at once, without a promise', async () => {
    const { cache } = setUp();
    const first = await cache.get(want);
    const second = cache.get(want);
    expect(second).to.not.be.instanceOf(Promise);
    expect(second).to.deep.equal(first);
  });

  it('keeps tokens apart by audience and by set of scopes, whatever their order', async () => {
    const { minting, cache } = setUp();
    await cache.get(wantFor('a', ['x', 'y']));
    await cache.get(wantFor('a', ['y', 'x']));
    await cache.get(wantFor('a', ['x']));
    await cache.get(wantFor('b', ['x', 'y']));
    expect(minting.asked).to.have.length(3);
    expect(cache.inUse()).to.have.length(3);
  });

  it('renews a minute before exp beside the traffic: the old token goes on meanwhile', async () => {
    const { clock, minting, cache } = setUp(600);
    const first = await cache.get(want);
    clock.forward(539);
    expect(cache.get(want)).to.deep.equal(first);
    expect(minting.asked).to.have.length(1);
    clock.forward(1);
    expect(cache.get(want)).to.deep.equal(first);
    expect(minting.asked).to.have.length(2);
    await minting.answer(minting.asked[1] ?? { audience: '', scopes: [], ttl: undefined });
    await Promise.resolve();
    await Promise.resolve();
    expect(await cache.get(want)).to.not.deep.equal(first);
    expect(minting.asked).to.have.length(2);
  });

  it('renews a short token a fifth of its life before exp', async () => {
    const { clock, minting, cache } = setUp(50);
    await cache.get(want);
    clock.forward(39);
    await cache.get(want);
    expect(minting.asked).to.have.length(1);
    clock.forward(1);
    await cache.get(want);
    expect(minting.asked).to.have.length(2);
  });

  it('sends no token near the end of its certificate: half a minute, or a tenth of a short life', async () => {
    for (const [life, last] of [
      [3600, 3569],
      [60, 53],
    ] as const) {
      const { clock, minting, cache } = setUp(7200, life);
      expect(await cache.get(want)).to.have.property('ok', true);
      clock.forward(last);
      expect(await cache.get(want)).to.have.property('ok', true);
      clock.forward(1);
      const asked = minting.asked.length;
      const got = await cache.get(want);
      expect(got).to.have.nested.property('refusal.code', 'UPSTREAM_TOKEN');
      expect(minting.asked.length).to.be.greaterThan(asked - 1);
      expect(cache.inUse()).to.deep.equal([]);
    }
  });

  it('sends no token past its exp', async () => {
    const { clock, minting, cache } = setUp(60);
    await cache.get(want);
    minting.answer = () => Promise.resolve(refuse('RENEW_UNREACHABLE', 'down'));
    clock.forward(59);
    expect(await cache.get(want)).to.have.property('ok', true);
    clock.forward(1);
    expect(await cache.get(want)).to.have.nested.property('refusal.code', 'UPSTREAM_TOKEN');
  });

  it('keeps tokens apart by whose they are, and never gives one to another', async () => {
    const { minting, cache } = setUp();
    const of = (subject: string, name: SourceName = 'onBehalfOf'): TokenSource => ({
      ...nobody,
      name,
      isLasting: name !== 'onBehalfOf',
      right: () => admit({ subject, redeem: () => Promise.resolve(refuse('BUG_UNEXPECTED', '')) }),
    });
    minting.answer = (request) => honest(OURS, standingClock(epochSeconds(NOON + minting.asked.length)))(request);
    const tokens = new Set<string>();
    for (const source of [of('alice'), of('bob'), of('alice', 'oidc'), nobody, of('alice'), of('bob')]) {
      const got = await cache.get(wantFor('catalog', [], source));
      if (got.ok) tokens.add(got.value);
    }
    expect(tokens.size).to.equal(4);
    expect(minting.asked).to.have.length(4);
    expect(cache.inUse().map(({ source }) => source.name)).to.deep.equal(['oidc', 'identity']);
  });

  it('holds at most 2,048 tokens, those used last', async () => {
    const { minting, cache } = setUp();
    const get = (audience: string) => cache.get(wantFor(audience, []));
    for (let count = 0; count < 2049; count += 1) await get(`a${count}`);
    expect(cache.inUse()).to.have.length(2048);
    await get('a2048');
    expect(minting.asked).to.have.length(2049);
    await get('a0');
    expect(minting.asked).to.have.length(2050);
  });

  it('says why a source gives no right, without asking: UPSTREAM_SUBJECT as it is, all else UPSTREAM_TOKEN', async () => {
    for (const [refusal, expected] of [
      [refuse('UPSTREAM_SUBJECT', 'none'), { code: 'UPSTREAM_SUBJECT', detail: 'none' }],
      [refuse('CONFIG_PERMISSION', '/k'), { code: 'UPSTREAM_TOKEN', detail: 'catalog: CONFIG_PERMISSION /k' }],
    ] as const) {
      const { minting, cache } = setUp();
      const source: TokenSource = { ...nobody, right: () => refusal };
      expect(await cache.get(wantFor('catalog', [], source))).to.deep.equal({ ok: false, refusal: expected });
      expect(await cache.replace(wantFor('catalog', [], source), 'x')).to.deep.equal({ ok: false, refusal: expected });
      expect(minting.asked).to.deep.equal([]);
    }
  });

  it('waits as long as the CA says before it asks again, and longer after each failure', async () => {
    const { clock, minting, cache } = setUp();
    minting.answer = () => Promise.resolve(refuseFor(milliseconds(7000), 'RENEW_REFUSED', 'slow down'));
    const first = await cache.get(want);
    expect(first).to.have.nested.property('refusal.retryAfter', 7000);
    clock.forward(7);
    expect(await cache.get(want)).to.deep.equal(first);
    expect(minting.asked).to.have.length(1);
    minting.answer = () => Promise.resolve(refuse('RENEW_UNREACHABLE', 'down'));
    clock.forward(1);
    await cache.get(want);
    // Half of 0.25 s doubling to 4 s, since no jitter is drawn; the first failure was the one above.
    for (const [at, wait] of [0.25, 0.5, 1, 2, 2, 2].entries()) {
      clock.forward(wait - 0.001);
      await cache.get(want);
      expect(minting.asked, String(wait)).to.have.length(2 + at);
      clock.forward(0.001);
      await cache.get(want);
      expect(minting.asked, String(wait)).to.have.length(3 + at);
    }
  });

  it('obeys no hint of more than a minute', async () => {
    const { clock, minting, cache } = setUp();
    minting.answer = () => Promise.resolve(refuseFor(milliseconds(86_400_000), 'RENEW_REFUSED', 'go away'));
    await cache.get(want);
    clock.forward(61);
    await cache.get(want);
    expect(minting.asked).to.have.length(2);
  });
});

describe('createTokenCache(): a token that an upstream refused', () => {
  const tokenOf = async (got: Outcome<string> | Promise<Outcome<string>> | undefined): Promise<string> => {
    const outcome = await got;
    return outcome?.ok === true ? outcome.value : String(outcome?.refusal.code);
  };

  it('A-605 is replaced once for 1,000 who hear of it at once, and for those who hear of it later', async () => {
    const { clock, minting, cache } = setUp();
    const refused = await tokenOf(cache.get(want));
    clock.forward(1);
    const all = await Promise.all(Array.from({ length: 1000 }, () => tokenOf(cache.replace(want, refused))));
    expect(new Set(all).size).to.equal(1);
    expect(all[0]).to.not.equal(refused);
    expect(await tokenOf(cache.replace(want, refused))).to.equal(all[0]);
    expect(minting.asked).to.have.length(2);
  });

  it('is not replaced a second time within ten seconds: a third one would fare no better', async () => {
    const { clock, minting, cache } = setUp();
    const first = await tokenOf(cache.get(want));
    clock.forward(1);
    const second = await tokenOf(cache.replace(want, first));
    clock.forward(9);
    expect(cache.replace(want, second)).to.equal(undefined);
    expect(await tokenOf(cache.get(want))).to.equal(second);
    clock.forward(1);
    expect(await tokenOf(cache.replace(want, second))).to.not.equal(second);
    expect(minting.asked).to.have.length(3);
  });

  it('is gone where no other one can be had', async () => {
    const { minting, cache } = setUp();
    const first = await tokenOf(cache.get(want));
    minting.answer = () => Promise.resolve(refuse('GRANT_REVOKED', ''));
    expect(await tokenOf(cache.replace(want, first))).to.equal('UPSTREAM_TOKEN');
    expect(await tokenOf(cache.get(want))).to.equal('UPSTREAM_TOKEN');
    expect(minting.asked).to.have.length(2);
  });
});

import { expect } from 'chai';

import { NO_REVOCATIONS } from '../../../../core/identity/revocation.ts';
import { type Outcome, refuse } from '../../../../core/fault/refusal.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import type { MintedToken } from '../../../../runtime/grpc/messages.ts';
import { createEgressJudges } from '../../../../sidecar/egress/decide.ts';
import { createGenerations } from '../../../../sidecar/egress/generations.ts';
import { createTokenSources } from '../../../../sidecar/egress/token-sources.ts';
import { createUpstreamTable, findUpstream, type Upstream } from '../../../../sidecar/egress/upstream-table.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { testRevocations } from '../../../kit/revocations.ts';
import { createTestAuthority } from '../../../kit/x509.ts';
import { fieldOf, headOf, NOON, peerOf } from '../callers.ts';
import { createMinting, honest, standingClock } from './minting.ts';
import { snapshotOf, thumbprintOf } from './snapshots.ts';
import { CIRCUIT } from '../../../kit/circuit.ts';

const CATALOG: Upstream = {
  name: 'catalog',
  address: { host: '127.0.0.1', port: 1 },
  spiffe: { exact: '/ns/shop/sa/catalog' },
  audience: 'catalog',
  scopes: ['catalog.read'],
  token: { source: 'identity' },
};
const TOKENLESS: Upstream = { ...CATALOG, name: 'plain', audience: undefined };
const BEHALF: Upstream = { ...CATALOG, name: 'behalf', token: { source: 'onBehalfOf', type: 'jwt' } };
const UPSTREAMS = [CATALOG, TOKENLESS, BEHALF];
const table = createUpstreamTable(UPSTREAMS);
const REQUEST_ID = 'f'.repeat(32);

describe('findUpstream()', () => {
  for (const host of [
    'localhost',
    '127.0.0.1:15001',
    '169.254.169.254',
    'catalog.evil',
    'evil.catalog',
    'catalogs',
    '',
    ':80',
    'catalog.',
    '[::1]:80',
    '__proto__',
  ]) {
    it(`A-603 knows no upstream ${JSON.stringify(host)}`, () => {
      expect(findUpstream(table, host)).to.equal(undefined);
    });
  }

  it('finds one by its name, in any case and with any port', () => {
    for (const host of ['catalog', 'Catalog', 'catalog:80', 'CATALOG:8080'])
      expect(findUpstream(table, host), host).to.equal(CATALOG);
  });
});

describe('createEgressJudges()', () => {
  const authority = createTestAuthority();

  function setUp(lifetime = 3600) {
    const clock = standingClock(NOON);
    const snapshot = snapshotOf(authority, { generation: 4, now: NOON, lifetime });
    const minting = createMinting(honest(thumbprintOf(snapshot), clock));
    const sources = createTokenSources(UPSTREAMS, {
      url: 'https://ca.mesh.test/token',
      mint: (_snapshot, request) => minting.mint(request),
      inbound: undefined,
      clock,
      jitter: () => 0,
      log: collectLog().log,
    });
    const generations = createGenerations({
      createPool: () => ({
        closeDelimited: false,
        takeIdle: () => undefined,
        open: () => Promise.resolve(refuse('UPSTREAM_UNREACHABLE', 'not here')),
        dropIdle: () => undefined,
        noteDesync: () => undefined,
        close: () => undefined,
        size: 0,
      }),
      circuit: CIRCUIT,
      onCircuit: () => undefined,
      connectTimeout: milliseconds(1000),
      clock,
      revocations: { current: () => NO_REVOCATIONS },
      jitter: () => 0,
      log: collectLog().log,
      countToken: () => undefined,
      onSwitch: () => undefined,
    });
    const world = { isDraining: false, revocations: NO_REVOCATIONS };
    const revocations = { current: () => world.revocations };
    const { decide, recheck } = createEgressJudges({
      upstreams: table,
      sources,
      generations,
      revocations,
      clock,
      requestId: () => REQUEST_ID,
      isDraining: () => world.isDraining,
    });
    return { clock, snapshot, minting, generations, world, decide, recheck };
  }

  it('sends nothing out once its own identity is revoked, and cuts what is under way: RENEW_REVOKED', async () => {
    const { generations, snapshot, minting, world, decide, recheck } = setUp();
    generations.adopt(snapshot);
    world.revocations = testRevocations({ kind: 'spiffe-id', spiffeId: snapshot.id.uri });
    expect(await decide(headOf({ host: 'catalog' }))).to.have.nested.property('refusal.code', 'RENEW_REVOKED');
    expect(minting.asked).to.deep.equal([]);
    expect(recheck({ head: undefined, note: undefined, upstreamPeer: undefined })).to.have.property(
      'code',
      'RENEW_REVOKED',
    );
  });

  it('A-072 cuts a call whose upstream is revoked, and no other', () => {
    const { generations, snapshot, world, recheck } = setUp();
    generations.adopt(snapshot);
    const upstreamPeer = peerOf('/ns/shop/sa/catalog');
    world.revocations = testRevocations({ kind: 'spiffe-id', spiffeId: upstreamPeer.id.uri });
    expect(recheck({ head: undefined, note: undefined, upstreamPeer: peerOf('/ns/shop/sa/other') })).to.equal(
      undefined,
    );
    const cut = recheck({ head: undefined, note: undefined, upstreamPeer });
    expect(cut).to.include({ code: 'UPSTREAM_UNREACHABLE' });
    expect(cut?.detail).to.include('PEER_REVOKED');
  });

  it('A-603 refuses a host that is not in the table by UPSTREAM_UNKNOWN, and asks for no token', async () => {
    const { generations, snapshot, minting, decide } = setUp();
    generations.adopt(snapshot);
    const decision = await decide(headOf({ host: '169.254.169.254' }));
    expect(decision).to.have.nested.property('refusal.code', 'UPSTREAM_UNKNOWN');
    expect(decision.note).to.include({
      direction: 'egress',
      requestId: REQUEST_ID,
      upstream: undefined,
      generation: 4,
    });
    expect(minting.asked).to.deep.equal([]);
  });

  it('refuses by RENEW_EXPIRED without a certificate, and after its end', async () => {
    const { clock, generations, snapshot, decide } = setUp(60);
    expect(await decide(headOf({ host: 'catalog' }))).to.have.nested.property('refusal.code', 'RENEW_EXPIRED');
    generations.adopt(snapshot);
    clock.forward(61);
    expect(await decide(headOf({ host: 'catalog' }))).to.have.nested.property('refusal.code', 'RENEW_EXPIRED');
    clock.forward(-3600);
    const early = await decide(headOf({ host: 'catalog' }));
    expect(early, 'A-522').to.have.nested.property('refusal.code', 'RENEW_EXPIRED');
  });

  it('A-536 refuses by LIFE_DRAINING once no new call is taken', async () => {
    const { generations, snapshot, world, decide } = setUp();
    generations.adopt(snapshot);
    world.isDraining = true;
    expect(await decide(headOf({ host: 'catalog' }))).to.have.nested.property('refusal.code', 'LIFE_DRAINING');
  });

  it('refuses by UPSTREAM_TOKEN where no bound token can be had: nothing is sent without one', async () => {
    const { generations, snapshot, minting, decide } = setUp();
    generations.adopt(snapshot);
    minting.answer = (): Promise<Outcome<MintedToken>> => Promise.resolve(refuse('GRANT_TOKEN_RULE', 'no rule'));
    const decision = await decide(headOf({ host: 'catalog' }));
    expect(decision).to.have.nested.property('refusal.code', 'UPSTREAM_TOKEN');
    expect(decision.note.upstream).to.equal('catalog');
  });

  it("A-604 sends the token of the audience, over the pool of the same generation, in the place of the app's own", async () => {
    const { generations, snapshot, minting, decide } = setUp();
    generations.adopt(snapshot);
    const head = headOf({
      host: 'Catalog:8080',
      fields: [fieldOf('Authorization', 'Bearer of-the-app'), fieldOf('traceparent', '00-a-b-01')],
    });
    const decision = await decide(head);
    expect(minting.asked).to.deep.equal([{ audience: 'catalog', scopes: ['catalog.read'], ttl: undefined }]);
    if (!decision.ok) throw new Error(decision.refusal.code);
    expect(decision.value.upstream).to.equal(generations.current()?.channels.to(CATALOG));
    const text = decision.value.head;
    expect(text).to.not.include('of-the-app');
    expect(text.match(/^authorization: Bearer [\w-]+\.[\w-]+\.[\w-]+\r$/gim)).to.have.length(1);
    expect(decision.note).to.include({ upstream: 'catalog', generation: 4, traceparent: '00-a-b-01' });
  });

  it("attaches no token where no audience is configured: the app's own goes out, and the CA is not asked", async () => {
    const { generations, snapshot, minting, decide } = setUp();
    generations.adopt(snapshot);
    const fields = [fieldOf('Authorization', 'Bearer of-the-app'), fieldOf('Cleat-Caller', 'forged')];
    const decision = await decide(headOf({ host: 'plain', fields }));
    if (!decision.ok) throw new Error(decision.refusal.code);
    expect(decision.value.head).to.include('Authorization: Bearer of-the-app\r\n').and.not.include('forged');
    expect(minting.asked).to.deep.equal([]);
  });

  it('A-623 lets no key of the CA out where no token takes its place: TOKEN_API_KEY, and names no part of it', async () => {
    const { generations, snapshot, decide } = setUp();
    generations.adopt(snapshot);
    for (const [name, value] of [
      ['Authorization', 'Bearer clt_prod_kkkkkkkkkkkkkkkkkkkk'],
      ['X-API-Key', 'clt_prod_kkkkkkkkkkkkkkkkkkkk'],
    ] as const) {
      const decision = await decide(headOf({ host: 'plain', fields: [fieldOf(name, value)] }));
      expect(decision).to.have.nested.property('refusal.code', 'TOKEN_API_KEY');
      expect(JSON.stringify(decision)).to.not.include('kkkk');
      const replaced = await decide(headOf({ host: 'catalog', fields: [fieldOf(name, value)] }));
      if (!replaced.ok) throw new Error(replaced.refusal.code);
      expect(replaced.value.head).to.not.include('clt_');
    }
    const own = await decide(headOf({ host: 'plain', fields: [fieldOf('X-API-Key', 'of-the-app')] }));
    expect(own.ok && own.value.head).to.include('of-the-app');
  });

  it('refuses a call on behalf of nobody by UPSTREAM_SUBJECT, and asks for no token', async () => {
    const { generations, snapshot, minting, decide } = setUp();
    generations.adopt(snapshot);
    const decision = await decide(headOf({ host: 'behalf', fields: [fieldOf('Cleat-Request-Id', 'f'.repeat(32))] }));
    expect(decision).to.have.nested.property('refusal.code', 'UPSTREAM_SUBJECT');
    expect(decision.note).to.include({ upstream: 'behalf', requestId: REQUEST_ID, onBehalfOf: 'f'.repeat(32) });
    expect(minting.asked).to.deep.equal([]);
  });

  it('waits for nothing once the token is held', async () => {
    const { generations, snapshot, decide } = setUp();
    generations.adopt(snapshot);
    await decide(headOf({ host: 'catalog' }));
    expect(decide(headOf({ host: 'catalog' }))).to.not.be.instanceOf(Promise);
  });
});

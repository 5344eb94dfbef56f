import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { refuse } from '../../../../core/fault/refusal.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { createInboundTokens, type InboundTokens } from '../../../../sidecar/egress/inbound-tokens.ts';
import type { TokenPlan } from '../../../../sidecar/egress/token-plan.ts';
import { createTokenSources } from '../../../../sidecar/egress/token-sources.ts';
import type { Upstream } from '../../../../sidecar/egress/upstream-table.ts';
import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { createTestAuthority } from '../../../kit/x509.ts';
import { fieldOf, headOf } from '../callers.ts';
import { TestTime } from '../forward/rig.ts';
import { snapshotOf, thumbprintOf } from './snapshots.ts';
import { boundAnswer, foreignToken, startTokenServer, type TokenServer } from './token-server.ts';

const KEY = `clt_prod_${'k'.repeat(49)}`;
const OTHER_KEY = `clt_prod_${'o'.repeat(49)}`;
const REQUEST_ID = '0123456789abcdef0123456789abcdef';
const upstreamOf = (token: TokenPlan, name = 'catalog'): Upstream => ({
  name,
  address: { host: '127.0.0.1', port: 1 },
  spiffe: { exact: '/ns/shop/sa/catalog' },
  audience: 'catalog',
  scopes: ['read'],
  token,
});

describe('createTokenSources()', () => {
  const authority = createTestAuthority();
  const own = snapshotOf(authority, { generation: 1, path: '/ns/shop/sa/agent' });
  const clock = systemClock();
  let ca: TokenServer;
  let folder = '';
  const path = (name: string): string => join(folder, name);
  const open: AsyncDisposable[] = [];

  before(async () => {
    ca = await startTokenServer(snapshotOf(authority, { generation: 1, path: '/cleat/ca' }));
    ca.answer = (asked) => boundAnswer(asked);
  });
  after(() => ca[Symbol.asyncDispose]());
  beforeEach(() => {
    ca.asked.length = 0;
    folder = mkdtempSync(join(tmpdir(), 'cleat-sources-'));
    writeFileSync(path('key'), KEY, { mode: 0o600 });
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  async function start(upstreams: readonly Upstream[], inbound?: InboundTokens) {
    const { log, lines } = collectLog();
    const minted: Snapshot[] = [];
    const sources = createTokenSources(upstreams, {
      url: ca.url,
      mint(snapshot) {
        minted.push(snapshot);
        return Promise.resolve(refuse('GRANT_TOKEN_RULE', 'grpc'));
      },
      inbound,
      clock,
      jitter: () => 0,
      log,
    });
    open.push(sources.secrets);
    await sources.secrets.start(new AbortController().signal);
    return { sources, minted, lines };
  }

  /** What the CA was asked for a call to this upstream. */
  async function askedFor(plan: TokenPlan, inbound?: InboundTokens, ...fields: readonly (readonly [string, string])[]) {
    const upstream = upstreamOf(plan);
    const { sources } = await start([upstream], inbound);
    const want = sources.wantOf(upstream, headOf({ fields: fields.map(([name, value]) => fieldOf(name, value)) }));
    if (want === undefined) throw new Error('no token is wanted');
    if (!want.ok) return { refusal: want.refusal };
    const { source, audience, scopes } = want.value;
    const right = source.right();
    if (!right.ok) return { refusal: right.refusal };
    const minted = await right.value.redeem(own, { audience, scopes, ttl: undefined });
    return { source, subject: right.value.subject, minted, asked: ca.asked.at(-1) };
  }

  it('wants no token where there is no audience', async () => {
    const upstream = { ...upstreamOf({ source: 'identity' }), audience: undefined };
    const { sources } = await start([upstream]);
    expect(sources.wantOf(upstream, headOf())).to.equal(undefined);
  });

  it('identity asks the CA by gRPC, as the generation that it is for', async () => {
    const upstream = upstreamOf({ source: 'identity' });
    const { sources, minted } = await start([upstream]);
    const want = sources.wantOf(upstream, headOf());
    const right = want?.ok === true ? want.value.source.right() : undefined;
    if (right?.ok !== true) throw new Error('no right');
    await right.value.redeem(own, { audience: 'catalog', scopes: [], ttl: undefined });
    expect(minted).to.deep.equal([own]);
    expect(ca.asked).to.deep.equal([]);
  });

  it('apiKey exchanges the key for a token that is bound to our certificate; the key goes nowhere else', async () => {
    const { minted, asked, subject, source } = await askedFor({ source: 'apiKey', file: path('key') });
    expect(minted).to.have.property('ok', true);
    expect(asked).to.deep.include({ authorization: `Bearer ${KEY}`, thumbprint: thumbprintOf(own) });
    expect(asked?.form).to.deep.equal({ grant_type: 'client_credentials', audience: 'catalog', scope: 'read' });
    expect(source).to.include({ name: 'apiKey', isLasting: true });
    expect(subject).to.not.include('kkk');
  });

  it('asks with another key as soon as the file has one, and keeps their tokens apart', async () => {
    const upstream = upstreamOf({ source: 'apiKey', file: path('key') });
    const { sources } = await start([upstream]);
    const rightNow = () => {
      const want = sources.wantOf(upstream, headOf());
      const right = want?.ok === true ? want.value.source.right() : undefined;
      return right?.ok === true ? right.value.subject : undefined;
    };
    const before = rightNow();
    writeFileSync(path('new'), OTHER_KEY, { mode: 0o600 });
    renameSync(path('new'), path('key'));
    while (rightNow() === before) await new Promise((resolve) => setImmediate(resolve));
    expect(rightNow()).to.match(/^[0-9a-f]{32}$/);
  });

  it('oidc exchanges the token of the file, with a key as its client or with the certificate', async () => {
    const subject = foreignToken({ sub: 'alice' });
    writeFileSync(path('token'), `${subject}\n`);
    const plain = await askedFor({ source: 'oidc', file: path('token'), type: 'jwt' });
    expect(plain.asked?.form).to.deep.include({ subject_token: subject, client_id: own.id.uri });
    expect(plain.asked?.authorization).to.equal(undefined);
    const keyed = await askedFor({ source: 'oidc', file: path('token'), type: 'jwt', apiKey: path('key') });
    expect(keyed.asked?.authorization).to.equal(`Bearer ${KEY}`);
    expect(keyed.asked?.form).to.not.have.property('client_id');
    expect(keyed.subject).to.not.equal(plain.subject);
  });

  it('refreshToken exchanges the access token that the session has, refreshed at its issuer, once for all upstreams', async () => {
    await using idp = await startTokenServer(snapshotOf(authority, { generation: 1, dns: ['localhost'] }), false);
    const access = foreignToken({ sub: 'alice', exp: Math.floor(Date.now() / 1000) + 300 });
    idp.answer = () => ({ body: { access_token: access, token_type: 'Bearer', refresh_token: 'r2' } });
    writeFileSync(path('refresh'), 'r1', { mode: 0o600 });
    writeFileSync(path('secret'), 's', { mode: 0o600 });
    writeFileSync(path('roots'), encodePem('CERTIFICATE', authority.der));
    const plan: TokenPlan = {
      source: 'refreshToken',
      file: path('refresh'),
      type: 'access_token',
      issuer: {
        url: idp.url.replace('127.0.0.1', 'localhost'),
        clientId: 'app',
        clientSecret: path('secret'),
        scopes: [],
        trust: { kind: 'file', path: path('roots') },
      },
    };
    const upstreams = [upstreamOf(plan, 'one'), upstreamOf(plan, 'two')];
    const { sources } = await start(upstreams);
    const outcomes = await Promise.all(
      upstreams.map(async (upstream) => {
        const want = sources.wantOf(upstream, headOf());
        const right = want?.ok === true ? want.value.source.right() : undefined;
        return right?.ok === true ? right.value.redeem(own, { audience: 'a', scopes: [], ttl: undefined }) : right;
      }),
    );
    expect(outcomes.map((outcome) => outcome?.ok)).to.deep.equal([true, true]);
    expect(idp.asked.map(({ form }) => form['refresh_token'])).to.deep.equal(['r1']);
    expect(ca.asked.map(({ form }) => form['subject_token'])).to.deep.equal([access, access]);
    expect(ca.asked[0]?.form).to.include({ subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' });
    expect(readFileSync(path('refresh'), 'utf8')).to.equal('r2\n');
  });

  describe('onBehalfOf', () => {
    const time = new TestTime();
    const plan: TokenPlan = { source: 'onBehalfOf', type: 'jwt' };
    const inbound = createInboundTokens({ clock: time, ticker: time });
    inbound.keep(REQUEST_ID, 'x.y.z');

    for (const [what, fields] of [
      ['no id', []],
      ['an id of no request', [['Cleat-Request-Id', 'f'.repeat(32)]]],
      ['no id at all', [['Cleat-Request-Id', '']]],
      ['an id in another form', [['Cleat-Request-Id', REQUEST_ID.toUpperCase()]]],
      [
        'the id of two requests',
        [
          ['Cleat-Request-Id', REQUEST_ID],
          ['cleat-request-id', REQUEST_ID],
        ],
      ],
      ['a list of ids', [['Cleat-Request-Id', `${REQUEST_ID}, ${REQUEST_ID}`]]],
      ['a name that no field has', [['Cleat-Request-Id', '__proto__']]],
      ['the id under another name', [['X-Request-Id', REQUEST_ID]]],
    ] as const)
      it(`refuses a call with ${what}: UPSTREAM_SUBJECT, and asks for nothing`, async () => {
        const { refusal } = await askedFor(plan, inbound, ...(fields as readonly (readonly [string, string])[]));
        expect(refusal).to.have.property('code', 'UPSTREAM_SUBJECT');
        expect(ca.asked).to.deep.equal([]);
      });

    it('refuses where no inbound request is remembered: UPSTREAM_SUBJECT', async () => {
      const { refusal } = await askedFor(plan, undefined, ['Cleat-Request-Id', REQUEST_ID]);
      expect(refusal).to.have.property('code', 'UPSTREAM_SUBJECT');
    });

    it('exchanges the token of the request that the call names, and nothing lasts of it', async () => {
      const found = await askedFor(plan, inbound, ['Cleat-Request-Id', REQUEST_ID]);
      expect(found.minted).to.have.property('ok', true);
      expect(found.asked?.form).to.include({ subject_token: 'x.y.z', client_id: own.id.uri });
      expect(found.source).to.include({ name: 'onBehalfOf', isLasting: false });
      expect(found.subject).to.not.include('x.y.z');
    });

    it('has a key as its client where one is configured, and says what is wrong with its file', async () => {
      const call = ['Cleat-Request-Id', REQUEST_ID] as const;
      const keyed = await askedFor({ ...plan, apiKey: path('key') }, inbound, call);
      expect(keyed.asked?.authorization).to.equal(`Bearer ${KEY}`);
      writeFileSync(path('wide'), KEY, { mode: 0o644 });
      const wide = await askedFor({ ...plan, apiKey: path('wide') }, inbound, call);
      expect(wide.refusal).to.have.property('code', 'CONFIG_PERMISSION');
    });
  });
});

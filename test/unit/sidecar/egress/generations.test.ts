import { expect } from 'chai';

import { NO_REVOCATIONS } from '../../../../core/identity/revocation.ts';
import { type Outcome, refuse } from '../../../../core/fault/refusal.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import type { MintedToken, MintRequest } from '../../../../runtime/grpc/messages.ts';
import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { createGenerations, type Generations } from '../../../../sidecar/egress/generations.ts';
import type { SourceName, TokenWant } from '../../../../sidecar/egress/token-source.ts';
import type { Upstream } from '../../../../sidecar/egress/upstream-table.ts';
import type { UpstreamPool } from '../../../../sidecar/forward/upstream.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { createTestAuthority } from '../../../kit/x509.ts';
import { NOON } from '../callers.ts';
import { honest, sourceOf, standingClock } from './minting.ts';
import { snapshotOf, thumbprintOf } from './snapshots.ts';
import { CIRCUIT } from '../../../kit/circuit.ts';

const CATALOG: Upstream & { readonly audience: string } = {
  name: 'catalog',
  address: { host: '127.0.0.1', port: 1 },
  spiffe: { exact: '/ns/shop/sa/catalog' },
  audience: 'catalog',
  scopes: ['catalog.read'],
  token: { source: 'identity' },
};

type Mint = (snapshot: Snapshot, request: MintRequest) => Promise<Outcome<MintedToken>>;

describe('createGenerations()', () => {
  const authority = createTestAuthority();
  const make = (generation: number, lifetime = 3600) =>
    snapshotOf(authority, { generation, now: NOON, lifetime, path: '/ns/shop/sa/agent' });

  function setUp() {
    const clock = standingClock(NOON);
    const collected = collectLog();
    const { log, lines } = collected;
    const line: typeof collected.line = (accept) => collected.line(accept);
    const closed: UpstreamPool[] = [];
    const asked: [number, string][] = [];
    const world = { mint: ((snapshot, request) => honest(thumbprintOf(snapshot), clock)(request)) as Mint };
    const want: TokenWant = {
      audience: CATALOG.audience,
      scopes: CATALOG.scopes,
      source: sourceOf((snapshot, request) => {
        asked.push([snapshot.generation, request.audience]);
        return world.mint(snapshot, request);
      }),
    };
    const tokenOf = async (): Promise<string> => {
      const got = await generations.current()?.tokens.get(want);
      return got?.ok === true ? got.value : '';
    };
    const generations = createGenerations({
      createPool: () => idlePool(closed),
      revocations: { current: () => NO_REVOCATIONS },
      circuit: CIRCUIT,
      onCircuit: () => undefined,
      connectTimeout: milliseconds(1000),
      clock,
      jitter: () => 0,
      log,
      countToken: () => undefined,
      onSwitch: () => undefined,
    });
    const switched = (generation: number) =>
      line(({ message, fields }) => message === 'egress switched' && fields['generation'] === generation);
    return { clock, generations, tokenOf, want, world, closed, asked, switched, line, lines };
  }

  it('has none before the first snapshot, and then is ready at once', () => {
    const { generations, asked } = setUp();
    expect(generations.current()).to.equal(undefined);
    generations.adopt(make(1));
    expect(generations.current()?.snapshot.generation).to.equal(1);
    expect(asked).to.deep.equal([]);
  });

  it('A-605 switches only when the tokens in use are there, asked for as the new generation', async () => {
    const { generations, tokenOf, world, asked, switched } = setUp();
    generations.adopt(make(1));
    await tokenOf();
    const gate = Promise.withResolvers<void>();
    const mint = world.mint;
    world.mint = (snapshot, request) => gate.promise.then(() => mint(snapshot, request));
    generations.adopt(make(2));
    expect(generations.current()?.snapshot.generation).to.equal(1);
    expect(boundTo(await tokenOf())).to.equal(currentThumbprint(generations));
    gate.resolve();
    await switched(2);
    expect(generations.current()?.snapshot.generation).to.equal(2);
    expect(asked).to.deep.equal([
      [1, 'catalog'],
      [2, 'catalog'],
    ]);
    expect(boundTo(await tokenOf())).to.equal(currentThumbprint(generations));
    expect(asked).to.have.length(2);
  });

  it('gives certificate, connections and tokens of one generation, and closes the pools of the one before', async () => {
    const { generations, tokenOf, closed, switched } = setUp();
    generations.adopt(make(1));
    const first = generations.current();
    const pool = first?.channels.to(CATALOG);
    expect(first?.channels.to(CATALOG)).to.equal(pool);
    await tokenOf();
    generations.adopt(make(2));
    await switched(2);
    expect(closed).to.have.length(1);
    expect(generations.current()?.channels.to(CATALOG)).to.not.equal(pool);
  });

  it('stays on its generation while the CA mints nothing for the next one, and goes on trying', async () => {
    const { generations, tokenOf, world, clock, switched, line } = setUp();
    generations.adopt(make(1));
    await tokenOf();
    const mint = world.mint;
    world.mint = (snapshot, request) =>
      snapshot.generation === 2 ? Promise.resolve(refuse('RENEW_UNREACHABLE', 'down')) : mint(snapshot, request);
    generations.adopt(make(2));
    await line(({ message }) => message === 'egress stays on its generation');
    expect(generations.current()?.snapshot.generation).to.equal(1);
    expect(boundTo(await tokenOf())).to.equal(currentThumbprint(generations));
    world.mint = mint;
    clock.forward(1);
    await switched(2);
  });

  it('A-605 never switches to an unbound token', async () => {
    const { generations, tokenOf, world, line } = setUp();
    generations.adopt(make(1));
    await tokenOf();
    const mint = world.mint;
    // A CA that answers for the certificate of before, as in a rotation race.
    world.mint = () =>
      mint(generations.current()?.snapshot ?? make(1), { audience: 'catalog', scopes: [], ttl: undefined });
    generations.adopt(make(2));
    const { fields } = await line(({ message }) => message === 'egress stays on its generation');
    expect(JSON.stringify(fields['detail'])).to.include('BINDING_MISMATCH');
    expect(generations.current()?.snapshot.generation).to.equal(1);
    generations.close();
  });

  it('A-532 drops a snapshot that is overtaken while it is made ready', async () => {
    const { generations, tokenOf, world, switched, lines } = setUp();
    generations.adopt(make(1));
    await tokenOf();
    const mint = world.mint;
    const gate = Promise.withResolvers<void>();
    world.mint = (snapshot, request) =>
      snapshot.generation === 2 ? gate.promise.then(() => mint(snapshot, request)) : mint(snapshot, request);
    generations.adopt(make(2));
    generations.adopt(make(3));
    await switched(3);
    gate.resolve();
    await gate.promise;
    expect(generations.current()?.snapshot.generation).to.equal(3);
    expect(
      lines.filter(({ message }) => message === 'egress switched').map(({ fields }) => fields['generation']),
    ).to.deep.equal([1, 3]);
  });

  it('switches without tokens once the certificate in use has ended', async () => {
    const { generations, tokenOf, world, clock, switched } = setUp();
    generations.adopt(make(1, 600));
    await tokenOf();
    world.mint = () => Promise.resolve(refuse('RENEW_UNREACHABLE', 'down'));
    clock.forward(601);
    generations.adopt(make(2));
    await switched(2);
  });

  it('makes nothing ready for tokens that are not in use', async () => {
    const { generations, asked, switched } = setUp();
    generations.adopt(make(1));
    generations.adopt(make(2));
    await switched(2);
    expect(asked).to.deep.equal([]);
  });

  it('fetches the tokens of each lasting source before the switch, and those on behalf of callers when wanted', async () => {
    const { generations, want, switched } = setUp();
    const of: string[] = [];
    const wantOf = (name: SourceName): TokenWant => ({
      ...want,
      source: sourceOf(
        (snapshot, request) => {
          of.push(`${name} ${snapshot.generation}`);
          return honest(thumbprintOf(snapshot), standingClock(NOON))(request);
        },
        { name, isLasting: name !== 'onBehalfOf' },
      ),
    });
    const wants = (['identity', 'apiKey', 'oidc', 'refreshToken', 'onBehalfOf'] as const).map(wantOf);
    generations.adopt(make(1));
    for (const one of wants) await generations.current()?.tokens.get(one);
    of.length = 0;
    generations.adopt(make(2));
    await switched(2);
    expect(of.toSorted()).to.deep.equal(['apiKey 2', 'identity 2', 'oidc 2', 'refreshToken 2']);
    for (const one of wants) {
      const got = await generations.current()?.tokens.get(one);
      expect(boundTo(got?.ok === true ? got.value : '')).to.equal(currentThumbprint(generations));
    }
    expect(of).to.have.length(5);
    expect(of.at(-1)).to.equal('onBehalfOf 2');
  });

  it('switches no more once it is closed', async () => {
    const { generations, tokenOf, world } = setUp();
    generations.adopt(make(1));
    await tokenOf();
    const gate = Promise.withResolvers<void>();
    const mint = world.mint;
    world.mint = (snapshot, request) => gate.promise.then(() => mint(snapshot, request));
    generations.adopt(make(2));
    generations.close();
    gate.resolve();
    await gate.promise;
    expect(generations.current()?.snapshot.generation).to.equal(1);
  });
});

function currentThumbprint(generations: Generations): string | undefined {
  const snapshot = generations.current()?.snapshot;
  return snapshot === undefined ? undefined : thumbprintOf(snapshot);
}

function boundTo(token: string): unknown {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    cnf?: Record<string, unknown>;
  };
  return claims.cnf?.['x5t#S256'];
}

/** A pool that is never dialled here; it tells when it is closed. */
function idlePool(closed: UpstreamPool[]): UpstreamPool {
  const pool: UpstreamPool = {
    closeDelimited: false,
    takeIdle: () => undefined,
    open: () => Promise.resolve(refuse('UPSTREAM_UNREACHABLE', 'not here')),
    dropIdle: () => undefined,
    noteDesync: () => undefined,
    close: () => void closed.push(pool),
    size: 0,
  };
  return pool;
}

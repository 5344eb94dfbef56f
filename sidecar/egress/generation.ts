/**
 * One generation of egress: a snapshot, the TLS context that shows its certificate, the connections made with it, the
 * tokens bound to it. The parts are made together, are used together, and end together.
 */
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';

import type { Outcome } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { RevocationIndex } from '../../core/identity/revocation.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { type Milliseconds, wholeSeconds } from '../../core/time/units.ts';
import { checkValidity } from '../../core/x509/svid.ts';
import type { Snapshot } from '../credentials/snapshot.ts';
import { type BreakerTerms, createBreaker } from '../forward/breaker.ts';
import type { UpstreamPool } from '../forward/upstream.ts';
import { checkUpstream } from '../identity/peer.ts';
import { checkPeerUnrevoked } from '../identity/unrevoked.ts';
import { openTls, type PeerStream } from '../io/connect.ts';
import type { MakeStream } from '../io/port.ts';
import { clientTlsOptions } from '../tls/options.ts';
import { createUpstreamAddresses } from './addresses.ts';
import { createTokenCache, type TokenCache } from './token-cache.ts';
import type { SourceName } from './token-source.ts';
import type { Upstream } from './upstream-table.ts';

export interface Generation {
  readonly snapshot: Snapshot;
  /** Connections that show the snapshot's certificate. */
  readonly channels: Channels;
  /** Tokens bound to the snapshot's certificate. */
  readonly tokens: TokenCache;
}

export interface Channels {
  /** The pool of this upstream; made at the first call. */
  to(upstream: Upstream): UpstreamPool;
  /** Idle connections to upstreams that are revoked end now. */
  dropRevoked(): void;
  /** Idle connections end now, those in use with their request. A request that was judged before can still open one. */
  retire(): void;
}

export interface GenerationDeps {
  createPool(open: () => Promise<PeerStream>): UpstreamPool;
  readonly revocations: { current(): RevocationIndex };
  readonly connectTimeout: Milliseconds;
  readonly circuit: BreakerTerms;
  /** An address of this upstream takes no connection, or takes them again. */
  onCircuit(upstream: string, isOpen: boolean): void;
  /** The backend of the I/O port; absent: the public one. */
  readonly streamOf?: MakeStream | undefined;
  readonly clock: Clock;
  readonly jitter: Jitter;
  countToken(source: SourceName, result: string): void;
}

/** Opens nothing and asks for nothing yet. */
export function createGeneration(snapshot: Snapshot, deps: GenerationDeps): Generation {
  const { leaf } = snapshot;
  return {
    snapshot,
    channels: createChannels(snapshot, deps),
    tokens: createTokenCache({
      holder: {
        thumbprintText: leaf.thumbprint.toString('base64url'),
        notBefore: leaf.notBefore,
        notAfter: leaf.notAfter,
      },
      redeem: (right, request) => right.redeem(snapshot, request),
      clock: deps.clock,
      jitter: deps.jitter,
      count: (source, result) => deps.countToken(source, result),
    }),
  };
}

function createChannels(snapshot: Snapshot, deps: GenerationDeps): Channels {
  const secureContext = createSecureContext(clientTlsOptions(snapshot));
  const pools = new Map<string, UpstreamPool>();
  return {
    to(upstream) {
      const known = pools.get(upstream.name);
      if (known !== undefined) return known;
      const pool = createMeshPool(upstream, { snapshot, secureContext, deps });
      pools.set(upstream.name, pool);
      return pool;
    },
    dropRevoked() {
      const now = wholeSeconds(deps.clock.now());
      const revocations = deps.revocations.current();
      for (const pool of pools.values()) pool.dropIdle((peer) => revocations.ofPeer(peer, now) !== undefined);
    },
    retire() {
      for (const pool of pools.values()) pool.close();
    },
  };
}

interface MeshPoolDeps {
  readonly snapshot: Snapshot;
  readonly secureContext: SecureContext;
  readonly deps: GenerationDeps;
}

/** A pool whose connections proved the upstream's SPIFFE ID, and still do: an idle one whose certificate has run out or is
 *  revoked is dropped instead of used. The name is looked up again for each new connection. */
function createMeshPool(upstream: Upstream, { snapshot, secureContext, deps }: MeshPoolDeps): UpstreamPool {
  const now = () => wholeSeconds(deps.clock.now());

  const isGood = (peer: Peer): boolean =>
    checkValidity(peer, now()).ok && checkPeerUnrevoked(peer, deps.revocations.current(), now()).ok;
  function check(leaf: Buffer): Outcome<Peer> {
    const peer = checkUpstream(leaf, snapshot.id.trustDomain, upstream.spiffe, now());
    if (!peer.ok) return peer;
    const unrevoked = checkPeerUnrevoked(peer.value, deps.revocations.current(), now());
    return unrevoked.ok ? peer : unrevoked;
  }
  const addresses = createUpstreamAddresses({
    addresses: [upstream.address, ...(upstream.addresses ?? [])],
    breakerOf: () =>
      createBreaker({ ...deps, terms: deps.circuit, onChange: (isOpen) => deps.onCircuit(upstream.name, isOpen) }),
    openAt({ host, port }) {
      const target = { host, port, servername: isIP(host) === 0 ? host : '', secureContext };
      return openTls(target, check, deps.connectTimeout, deps.streamOf);
    },
  });
  const pool = deps.createPool(() => addresses.open());

  return {
    closeDelimited: pool.closeDelimited,
    takeIdle() {
      for (let taken = pool.takeIdle(); taken !== undefined; taken = pool.takeIdle()) {
        if (taken.peer !== undefined && isGood(taken.peer)) return taken;
        taken.discard();
      }
      return undefined;
    },
    open: () => pool.open(),
    noteDesync: (detail) => pool.noteDesync(detail),
    dropIdle: (isUnwanted) => pool.dropIdle(isUnwanted),
    close: () => pool.close(),
    get size() {
      return pool.size;
    },
  };
}

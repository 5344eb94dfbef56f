/**
 * The ports of the app that peers may reach: for each a listener, a verifier of tokens for its audience, and connections
 * to the app. Puts together; decides nothing.
 */
import type { Clock, Jitter } from '../core/time/clock.ts';
import type { Networks } from '../core/identity/network.ts';
import { type Milliseconds, wholeSeconds } from '../core/time/units.ts';
import { type Address, type AppAddress, formatAddress } from '../runtime/config/address.ts';
import type { AuditStream } from '../runtime/audit/audit.ts';
import type { Service } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { RefusedConnection } from './accept/connection.ts';
import type { ListenerLimits, ListenerService, TlsListenerDeps } from './accept/listener-contract.ts';
import { createTlsListener } from './accept/listener.ts';
import { createPassThrough } from './accept/pass-through.ts';
import { type AppPools, createAppPools, placeOf } from './app-pools.ts';
import type { RevocationHolder } from './credentials/revocations.ts';
import type { CredentialSource } from './credentials/source.ts';
import type { InboundTokens } from './egress/inbound-tokens.ts';
import { rememberInbound } from './egress/remember-inbound.ts';
import type { ExchangeOptions } from './forward/exchange.ts';
import type { BreakerTerms } from './forward/breaker.ts';
import { recognisePeer } from './identity/peer.ts';
import { checkPeerUnrevoked } from './identity/unrevoked.ts';
import type { MakeStream } from './io/port.ts';
import type { Ticker } from './io/ticker.ts';
import type { Issuers } from './issuers.ts';
import type { Measures } from './measures.ts';
import type { Observation } from './observation.ts';
import { createJudges } from './pipeline.ts';
import { createPlainJudges } from './plain.ts';
import type { PlaintextPeers } from './plaintext-peers.ts';
import { createRuleLimits, type RuleLimits } from './policy/limits.ts';
import type { Policy } from './policy/policy.ts';
import type { RequestNote } from './record.ts';
import type { ResourceMetadata } from './resource-metadata.ts';
import type { Dpop } from './token/dpop.ts';
import { createVerifier, type TokenVerifier, type VerifierLimits } from './token/verifier.ts';

/** One port of the app. */
export interface InboundPort {
  readonly listen: readonly Address[];
  readonly app: AppAddress;
  readonly audience: string;
  readonly mode: 'strict' | 'permissive' | 'disabled';
  /** Where balancers send a PROXY header from. */
  readonly proxies?: Networks | undefined;
  readonly dpop: Dpop;
  /** What it says about itself (RFC 9728); undefined: nothing. */
  readonly metadata: ResourceMetadata | undefined;
}

export interface InboundDeps {
  readonly ports: readonly InboundPort[];
  readonly limits: ListenerLimits;
  readonly http: ExchangeOptions;
  readonly credentials: Pick<CredentialSource, 'current' | 'subscribe'>;
  readonly issuers: Pick<Issuers, 'trusted' | 'asked'>;
  readonly tokens: Pick<VerifierLimits, 'newTokensPerSecond' | 'newTokensBurst'>;
  readonly policy: { current(): Policy };
  readonly revocations: Pick<RevocationHolder, 'current' | 'subscribe'>;
  /** Undefined where the app calls nobody on behalf of its callers. */
  readonly inboundTokens?: Pick<InboundTokens, 'keep' | 'end'> | undefined;
  /** Told of each request without TLS. */
  readonly plaintextPeers: Pick<PlaintextPeers, 'note'>;
  readonly circuit: BreakerTerms;
  readonly jitter: Jitter;
  /** For a connection to the app. */
  readonly connectTimeout: Milliseconds;
  readonly requestId: () => string;
  readonly observation: Observation;
  /** Undefined: there is none. */
  readonly audit?: Pick<AuditStream, 'check'> | undefined;
  readonly measures: Measures;
  readonly clock: Clock;
  readonly ticker: Ticker;
  /** The backend of the I/O port; absent: the public one. */
  readonly streamOf?: MakeStream | undefined;
  readonly log: Log;
}

/** One service for all ports: they drain at the same time. */
export interface Inbound extends Service {
  /** Connections with a known peer. */
  connections(): number;
  /** What was verified under an earlier policy or bundle is verified anew. For revocations it sees to that itself, and cuts
   *  the connections of who is revoked. */
  forget(): void;
  /** What is under way is judged anew: by a new policy, as after a revocation. */
  recheck(): void;
}

/** Listens nowhere yet. `start` throws LIFE_PORT. */
export function createInbound(deps: InboundDeps): Inbound {
  // One table for all ports: whoever is counted at one is counted at the others.
  const ruleLimits = createRuleLimits();
  const ports = deps.ports.map((port) => createPort(port, { ...deps, ruleLimits }));
  const listeners = ports.flatMap((port) => port.listeners);
  const connections = (): number => listeners.reduce((sum, listener) => sum + listener.size(), 0);
  let counting: Disposable | undefined;
  let obeying: Disposable | undefined;
  const forget = (): void => {
    for (const { tokens } of ports) tokens.forget();
  };
  const recheck = (): void => {
    for (const listener of listeners) listener.recheck();
  };
  const leaveApps = (): void => {
    for (const { pools } of ports) pools.close();
  };
  const obey = (): void => {
    forget();
    recheck();
  };
  return {
    name: 'inbound',
    connections,
    forget,
    recheck,
    async start(signal) {
      obeying = deps.revocations.subscribe(obey);
      for (const listener of listeners) {
        await listener.start(signal);
        deps.log.info('inbound listens', { address: formatAddress(listener.address() ?? { host: '', port: 0 }) });
      }
      counting = deps.ticker.watch(() => deps.measures.connections(connections()));
    },
    async drain(deadline) {
      await Promise.all(listeners.map((listener) => listener.drain(deadline)));
      leaveApps();
    },
    async [Symbol.asyncDispose]() {
      counting?.[Symbol.dispose]();
      obeying?.[Symbol.dispose]();
      await Promise.all(listeners.map((listener) => listener[Symbol.asyncDispose]()));
      leaveApps();
    },
  };
}

interface Port {
  readonly listeners: readonly ListenerService[];
  readonly tokens: TokenVerifier;
  readonly pools: AppPools;
}

function createPort(
  { listen, app, audience, mode, proxies, dpop, metadata }: InboundPort,
  deps: InboundDeps & { readonly ruleLimits: RuleLimits },
): Port {
  const { credentials, clock, policy, revocations, requestId, observation, measures } = deps;
  const { trusted: issuers, asked } = deps.issuers;
  const tokens = createVerifier({ issuers, asked, audiences: [audience], limits: deps.tokens });
  const pools = createAppPools(app, deps);
  const listeners = listen.map((address) => {
    const name = `inbound ${formatAddress(address)}`;
    tellMode(name, mode, deps);
    const onRefused = (refused: RefusedConnection): void => observation.refusedConnection(refused);
    if (mode === 'disabled')
      return createPassThrough({
        name,
        address,
        app: placeOf(app),
        limits: deps.limits,
        onConnection: () => measures.passedThrough(),
        onRefused,
      });
    return createTlsListener({
      ...deps,
      name,
      address,
      proxies,
      ...(mode === 'permissive' ? plainly(pools, deps) : {}),
      recognise(leaf) {
        // A listener starts with a snapshot, and a source that has one keeps one.
        const own = mustHave(credentials.current());
        const now = wholeSeconds(clock.now());
        const peer = recognisePeer(leaf, own.id.trustDomain, now);
        if (!peer.ok) return peer;
        const unrevoked = checkPeerUnrevoked(peer.value, revocations.current(), now);
        return unrevoked.ok ? peer : unrevoked;
      },
      roomsFor(connection) {
        measures.handshake('admitted');
        const own = mustHave(credentials.current());
        if (connection.peer.isLineageMalformed) measures.lineageMalformed();
        const rooms = {
          audit: deps.audit,
          limits: deps.ruleLimits,
          credentials,
          tokens: tokens.forConnection(clock),
          dpop,
          metadata,
          policy,
          revocations,
          app: pools.of(connection.peer.id.uri),
          clock,
          requestId,
        };
        const judged = observation.roomsOf(createJudges(connection, own, rooms));
        return deps.inboundTokens === undefined ? judged : rememberInbound(judged, deps.inboundTokens);
      },
      onRefused,
    });
  });
  return { listeners, tokens, pools };
}

const WARNINGS = {
  permissive: 'this port serves whoever comes without TLS: nobody is known there',
  disabled: 'this port is switched off: bytes go to the app as they are',
} as const;

function tellMode(listener: string, mode: InboundPort['mode'], { measures, log }: InboundDeps): void {
  measures.port(mode);
  if (mode !== 'strict') log.warn(WARNINGS[mode], { listener, mode });
}

/** How a permissive port serves those without TLS. */
function plainly(
  pools: Pick<AppPools, 'of'>,
  deps: InboundDeps,
): Pick<TlsListenerDeps<RequestNote>, 'plainRoomsFor' | 'plainHttp'> {
  const { http, observation, policy, clock, requestId, plaintextPeers } = deps;
  return {
    plainHttp: { ...http, rules: { ...http.rules, scheme: 'http' } },
    plainRoomsFor(connection) {
      const onRequest = (): void => plaintextPeers.note(connection.remote.host, clock.now());
      // A pool of their own: what one of them did to the framing of a connection never meets a request of a peer.
      const app = pools.of('plaintext');
      return observation.roomsOf(createPlainJudges(connection, { policy, app, clock, requestId, onRequest }));
    },
  };
}

function mustHave<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a listener runs without a snapshot');
  return value;
}

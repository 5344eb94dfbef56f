/**
 * The proxy for calls of the app: the loopback listener, and the generations that its requests go out with. Puts
 * together; decides nothing.
 */
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { milliseconds, type Milliseconds } from '../../core/time/units.ts';
import { type Address, formatAddress } from '../../runtime/config/address.ts';
import type { Service } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import type { ListenerService } from '../accept/listener-contract.ts';
import { createLoopbackListener } from '../accept/loopback.ts';
import type { RevocationHolder } from '../credentials/revocations.ts';
import type { CredentialSource } from '../credentials/source.ts';
import type { ExchangeOptions } from '../forward/exchange.ts';
import type { BreakerTerms } from '../forward/breaker.ts';
import { createUpstreamPool } from '../forward/upstream.ts';
import type { PeerStream } from '../io/connect.ts';
import type { MakeStream } from '../io/port.ts';
import type { Ticker } from '../io/ticker.ts';
import type { Measures } from '../measures.ts';
import type { Observation } from '../observation.ts';
import { createEgressJudges } from './decide.ts';
import { createGenerations, type Generations } from './generations.ts';
import type { InboundTokens } from './inbound-tokens.ts';
import { createTokenSources } from './token-sources.ts';
import { createUpstreamTable, type Upstream } from './upstream-table.ts';

export interface EgressDeps {
  readonly listen: Address;
  readonly upstreams: readonly Upstream[];
  readonly http: ExchangeOptions;
  readonly credentials: Pick<CredentialSource, 'current' | 'subscribe' | 'mint'>;
  readonly revocations: Pick<RevocationHolder, 'current' | 'subscribe'>;
  /** Token endpoint of the CA; undefined where every source is identity. */
  readonly tokens?: { readonly url: string } | undefined;
  /** Undefined where no inbound request is remembered. */
  readonly inboundTokens: Pick<InboundTokens, 'find'> | undefined;
  /** For a connection to an upstream, its handshake included. */
  readonly connectTimeout: Milliseconds;
  readonly circuit: BreakerTerms;
  readonly requestId: () => string;
  readonly observation: Observation;
  readonly measures: Measures;
  readonly clock: Clock;
  readonly jitter: Jitter;
  readonly ticker: Ticker;
  /** The backend of the I/O port; absent: the public one. */
  readonly streamOf?: MakeStream | undefined;
  readonly log: Log;
}

export interface Egress extends Service {
  /** Number of the generation that calls go out with; undefined before the first. */
  generation(): number | undefined;
}

/** Listens nowhere yet. `start` throws LIFE_PORT. */
export function createEgress(deps: EgressDeps): Egress {
  const { credentials, revocations, log, measures, observation } = deps;
  let isDraining = false;
  const subscriptions: Disposable[] = [];

  const generations = createGenerations({
    ...deps,
    onCircuit(upstream, isOpen) {
      measures.circuit(isOpen);
      log.warn(isOpen ? 'an upstream takes no connection' : 'an upstream takes connections again', { upstream });
    },
    createPool: (open) => createMeshPool(open, deps),
    countToken: (source, result) => measures.token(source, result),
    onSwitch: (generation) => measures.switched(generation),
  });
  const sources = createTokenSources(deps.upstreams, {
    ...deps,
    url: deps.tokens?.url,
    inbound: deps.inboundTokens,
    mint: (snapshot, request) => credentials.mint(snapshot, request),
  });
  const judges = createEgressJudges({
    ...deps,
    upstreams: createUpstreamTable(deps.upstreams),
    sources,
    generations,
    isDraining: () => isDraining,
  });
  const listener = createListener(deps, observation.roomsOf(judges));

  function stop(): void {
    isDraining = true;
    for (const one of subscriptions.splice(0)) one[Symbol.dispose]();
    generations.close();
  }

  return {
    name: 'egress',
    generation: () => generations.current()?.snapshot.generation,
    async start(signal) {
      await sources.secrets.start(signal);
      subscriptions.push(revocations.subscribe(() => obey(generations, listener)));
      subscriptions.push(credentials.subscribe((next) => generations.adopt(next)));
      const first = credentials.current();
      if (first !== undefined) generations.adopt(first);
      await listener.start(signal);
      log.info('egress listens', { address: formatAddress(listener.address() ?? deps.listen) });
    },
    async drain(deadline) {
      await listener.drain(deadline);
      stop();
    },
    async [Symbol.asyncDispose]() {
      stop();
      await listener[Symbol.asyncDispose]();
      await sources.secrets[Symbol.asyncDispose]();
    },
  };
}

function createListener(deps: EgressDeps, rooms: ReturnType<Observation['roomsOf']>): ListenerService {
  return createLoopbackListener({
    ...deps,
    name: 'egress',
    address: deps.listen,
    limits: { connections: CONNECTIONS_MOST, grace: milliseconds(0) },
    roomsFor: () => rooms,
    onRefused: (refused) =>
      deps.log.warn('a call of the app was turned away', { code: refused.code, detail: refused.detail }),
  });
}

/** Connections to upstreams that are revoked now end, and with them the calls of the app that they carry. */
function obey(generations: Generations, listener: ListenerService): void {
  generations.current()?.channels.dropRevoked();
  listener.recheck();
}

const CONNECTIONS_MOST = 1024;
/** Below the keep-alive time of the sidecar on the other side. */
const IDLE = milliseconds(50_000);

function createMeshPool(open: () => Promise<PeerStream>, { clock, ticker, measures, log }: EgressDeps) {
  return createUpstreamPool({
    open,
    // A cut looks like an end over TLS: an answer must say its own length.
    closeDelimited: false,
    limits: { connections: CONNECTIONS_MOST, idle: IDLE },
    clock,
    ticker,
    onDesync(detail) {
      measures.desync();
      log.warn('an upstream spoke out of turn', { detail });
    },
  });
}

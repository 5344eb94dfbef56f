/**
 * The composition of a sidecar: every part made once, with what it needs, and the list of services in the order of their
 * start. Nothing is decided here, and nothing runs before the list is started.
 */
import { demand, Fault } from '../core/fault/fault.ts';
import { spiffeIdOf } from '../core/identity/spiffe-id.ts';
import type { Clock, Jitter, RandomBytes } from '../core/time/clock.ts';
import { milliseconds } from '../core/time/units.ts';
import { createAdminServer } from '../runtime/admin.ts';
import { formatAddress } from '../runtime/config/address.ts';
import { createControlServer } from '../runtime/control.ts';
import type { Service } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Readiness } from '../runtime/readiness.ts';
import { readyWhenStarted } from '../runtime/ready-when-started.ts';
import { createSidecarAudit } from './audit.ts';
import { type BindingAlarm, createBindingAlarm } from './binding-alarm.ts';
import type { SidecarConfig } from './config.ts';
import { createControlVerbs } from './control.ts';
import { evidenceFiles } from './credentials/evidence.ts';
import { createFileSource } from './credentials/file-source.ts';
import { watchOwnRevocation } from './credentials/own-revocation.ts';
import { createRevocationHolder, type RevocationHolder } from './credentials/revocations.ts';
import { createCredentialSource, type CredentialSource } from './credentials/source.ts';
import type { UpkeepDeps } from './credentials/upkeep.ts';
import { createInboundTokens } from './egress/inbound-tokens.ts';
import { createEgress, type Egress } from './egress/service.ts';
import { exchangeOptions } from './exchange-options.ts';
import { createInbound, type InboundDeps } from './inbound.ts';
import { createInboundPorts } from './inbound-ports.ts';
import { chooseStreams } from './io/choose.ts';
import type { NodePlatform } from './io/native.ts';
import { createTicker } from './io/ticker.ts';
import { createIssuers } from './issuers.ts';
import { createMeasures } from './measures.ts';
import { createObservation } from './observation.ts';
import type { Policy } from './policy/policy.ts';
import type { KnownNames } from './policy/schema.ts';
import { createPolicySource } from './policy/source.ts';
import { createPlaintextPeers } from './plaintext-peers.ts';
import { createRecorder, type Recorder } from './record.ts';
import { createRequestIds } from './request-ids.ts';
import { createWhy } from './why.ts';

export interface SidecarDeps {
  readonly config: SidecarConfig;
  /** What the policy file said; undefined only where there is no inbound port. */
  readonly policy: Policy | undefined;
  /** POD_IPS. */
  readonly podIps: string | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly jitter: Jitter;
  /** What the backends of the I/O port need to know. */
  readonly platform: NodePlatform;
  /** Takes whole lines of JSON with their line ends: the records of requests. */
  readonly write: (text: string) => void;
}

/** What a sidecar waits for before it is ready. */
export const SIDECAR_READINESS = ['credentials', 'listeners'] as const;

const REASONS_KEPT = 256;
const PLAINTEXT_PEERS_MOST = 1_000;
const TICK = milliseconds(250);

/** The names of the configuration that a policy may use. */
export function knownNames({ issuers, inbound }: SidecarConfig): KnownNames {
  return { issuers: issuers.map(({ name }) => name), audiences: inbound.map(({ audience }) => audience) };
}

/** The services of one sidecar, in the order of their start. They drain in reverse: inbound first, then egress.
 *  Throws CONFIG_ENVIRONMENT where podIP is asked for and POD_IPS does not say it. */
export function createSidecarServices(deps: SidecarDeps): readonly Service[] {
  const { config, log, metrics, readiness } = deps;
  const shared = createShared(deps);
  const { why, recorder, ticker, alarm, audit } = shared;

  // Who cannot know what is revoked takes no traffic yet. Files bring no revocations.
  const isAwaited = config.credentials.ca !== undefined;
  const revocations = createRevocationHolder({ ...shared, isAwaited, onHeard: () => readiness.met('revocations') });
  if (isAwaited) readiness.expect('revocations');
  const credentials = createCredentials(config, {
    ...shared,
    revocations,
    onValid: () => readiness.met('credentials'),
    onExpired: () => readiness.expect('credentials'),
  });
  const issuers = createIssuers(config.issuers, { ...shared, credentials, trustDomain: config.trustDomain });
  const policy = createPolicy(deps, () => {
    audit?.record('policy-adopted', { file: config.policy });
    inbound.forget();
    inbound.recheck();
  });
  const inbound = createInbound({ ...shared, ...inboundSettings(deps), credentials, issuers, policy, revocations });
  const egress = createEgressService(config, { ...shared, credentials, revocations });
  const verbs = createControlVerbs({
    credentials,
    revocations,
    why,
    plaintextPeers: shared.plaintextPeers,
    egressGeneration: () => egress?.generation(),
    connections: () => inbound.connections(),
    pending: () => readiness.pending(),
  });

  return [
    createAdminServer({ address: config.admin, readiness, metrics, log }),
    // Before the credentials: a folder with a wrong mode must not cost a join token.
    createControlServer({ path: config.control, routes: verbs, log }),
    recordsService({ recorder, ticker, alarm }),
    ...(audit === undefined ? [] : [audit]),
    credentials,
    watchOwnRevocation({
      ...shared,
      credentials,
      revocations,
      onRevoked: () => readiness.expect('an identity that is not revoked'),
      onUnrevoked: () => readiness.met('an identity that is not revoked'),
    }),
    issuers.keys,
    ...(policy.service === undefined ? [] : [policy.service]),
    ...(egress === undefined ? [] : [egress]),
    inbound,
    forgetAtRotation(credentials, () => inbound.forget()),
    readyWhenStarted(() => readiness.met('listeners')),
  ];
}

/** What each room is given: time, log, and those who hear how a request ended. */
function createShared(deps: SidecarDeps) {
  const { config, log, metrics, readiness, clock, jitter } = deps;
  const ticker = createTicker(TICK);
  const { backend, reason, streamOf } = chooseStreams(config.io, deps.platform);
  log.info('io backend', { backend, reason });
  const measures = createMeasures(metrics);
  const why = createWhy(REASONS_KEPT);
  const recorder = createRecorder({ write: deps.write, admittedSample: config.log.admittedSample, jitter });
  const audit = createSidecarAudit({
    ...deps,
    onHealth: (sound) => (sound ? readiness.met('audit') : readiness.expect('audit')),
  });
  if (audit !== undefined) readiness.expect('audit');
  const alarm = createBindingAlarm({ log, audit });
  return {
    clock,
    jitter,
    log,
    metrics,
    ticker,
    streamOf,
    measures,
    why,
    plaintextPeers: createPlaintextPeers(PLAINTEXT_PEERS_MOST),
    connectTimeout: config.timeouts.connect,
    circuit: {
      failures: config.circuit.failures,
      rest: { first: config.circuit.rest, most: config.circuit.restMost },
    },
    recorder,
    audit,
    alarm,
    observation: createObservation({ recorder, why, measures, alarm, audit, clock }),
    requestId: createRequestIds(deps.random),
    inboundTokens: actsOnBehalf(config) ? createInboundTokens({ clock, ticker }) : undefined,
  };
}

function inboundSettings({
  config,
  podIps,
  random,
}: SidecarDeps): Pick<InboundDeps, 'ports' | 'limits' | 'http' | 'tokens'> {
  const { connections, drain, limits, timeouts } = config;
  return {
    ports: createInboundPorts(config, { podIps, random }),
    limits: {
      connections: connections.max,
      handshakes: connections.handshakesInProgress,
      maxAge: connections.maxAge,
      maxAgeGrace: connections.maxAgeGrace,
      perPeer: connections.perPeer,
      handshakesPerTurn: connections.handshakesPerTurn,
      handshakeTime: timeouts.handshake,
      grace: drain.grace,
    },
    http: exchangeOptions(config, 'https'),
    tokens: limits,
  };
}

/** From files where the configuration names some, else from the CA; it has checked that there is exactly one of them. */
function createCredentials(
  { trustDomain, credentials: { ca, files } }: SidecarConfig,
  shared: UpkeepDeps & { readonly metrics: Metrics; readonly revocations: RevocationHolder },
): CredentialSource {
  if (files !== undefined) return createFileSource({ ...shared, files, trustDomain });
  if (ca === undefined) throw new Fault('BUG_UNEXPECTED', 'a configuration without a source of credentials');
  return createCredentialSource({
    ...shared,
    caId: demand(spiffeIdOf(trustDomain, '/cleat/ca')),
    bootstrap: ca.bootstrap.map(formatAddress),
    mesh: ca.mesh.map(formatAddress),
    evidence: evidenceFiles(ca.evidence, ca.bundle),
    ttl: undefined,
  });
}

interface PolicyInUse {
  current(): Policy;
  readonly service?: Service;
}

/** Without a policy file there is no inbound port either, and nothing is allowed. */
function createPolicy({ config, policy, log, metrics }: SidecarDeps, onAdopted: () => void): PolicyInUse {
  if (config.policy === undefined || policy === undefined) return { current: () => ({ routes: [], rules: [] }) };
  const file = config.policy;
  const source = createPolicySource({ file, first: policy, known: knownNames(config), onAdopted, log, metrics });
  return { current: () => source.current(), service: source };
}

/** Only then tokens of inbound requests are remembered. */
function actsOnBehalf({ egress }: SidecarConfig): boolean {
  return egress?.upstreams.some(({ token }) => token.source === 'onBehalfOf') === true;
}

type EgressParts = Omit<Parameters<typeof createEgress>[0], 'listen' | 'tokens' | 'upstreams' | 'http'>;

function createEgressService(config: SidecarConfig, parts: EgressParts): Egress | undefined {
  const { egress } = config;
  return egress === undefined
    ? undefined
    : createEgress({ ...parts, ...egress, http: exchangeOptions(config, 'http') });
}

/** First to start and last to end: what the others tell at their end is still written. */
interface Records {
  readonly recorder: Recorder;
  readonly ticker: Disposable;
  readonly alarm: Pick<BindingAlarm, 'close'>;
}

function recordsService({ recorder, ticker, alarm }: Records): Service {
  return {
    name: 'records',
    async start() {},
    async drain() {
      alarm.close();
      recorder.flush();
    },
    async [Symbol.asyncDispose]() {
      ticker[Symbol.dispose]();
      recorder.flush();
    },
  };
}

/** A new bundle may end the trust in whom a token was verified for. */
function forgetAtRotation(credentials: CredentialSource, forget: () => void): Service {
  let subscription: Disposable | undefined;
  const end = async (): Promise<void> => subscription?.[Symbol.dispose]();
  return {
    name: 'token memory',
    async start() {
      subscription = credentials.subscribe(forget);
    },
    drain: end,
    [Symbol.asyncDispose]: end,
  };
}

/**
 * The composition of a CA: every part made once, with what it needs, and the list of services in the order of their
 * start. Nothing is decided here, and nothing runs before the list is started.
 */
import { join } from 'node:path';

import type { Clock, Jitter, RandomBytes } from '../core/time/clock.ts';
import { seconds, toSeconds } from '../core/time/units.ts';
import { createAdminServer } from '../runtime/admin.ts';
import { createControlServer } from '../runtime/control.ts';
import type { Service } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Readiness } from '../runtime/readiness.ts';
import { createAttestors } from './attest/configured.ts';
import type { CaConfig } from './config.ts';
import { createCaAudit } from './audit.ts';
import { createClockWatch } from './clock-watch.ts';
import { createDataFolder } from './disk/data-folder.ts';
import { createAdmission } from './issue/admission.ts';
import type { Rooms } from './issue/cycle.ts';
import { createIssuer } from './issue/issuer.ts';
import { createRefusalAudit } from './issue/refusal-audit.ts';
import { createJournal } from './journal/journal.ts';
import { createRotation } from './rotation.ts';
import { createAdminHandler } from './rpc/admin.ts';
import { createAdminVerbs } from './rpc/admin-verbs.ts';
import { createBootstrap } from './rpc/bootstrap.ts';
import { createControlVerbs } from './rpc/control.ts';
import { createHttpsServer } from './rpc/https.ts';
import { createListeners } from './rpc/listeners.ts';
import { createMesh } from './rpc/mesh.ts';
import { createTokenDesk } from './tokens/desk.ts';
import { toKeySet } from './tokens/keys.ts';
import type { TokenPolicy } from './tokens/mint.ts';
import { createTokenKeyService } from './tokens/service.ts';
import { createAcknowledgements } from './trust/acknowledgements.ts';
import { createTrustBundle } from './trust/bundle.ts';
import { renderBundleDocument } from './trust/document.ts';
import { createCrlPublisher } from './trust/crl.ts';
import { createRevocationSource } from './trust/revocations.ts';
import { createServingIdentity } from './trust/serving.ts';
import { createTrustState } from './trust/trust-state.ts';

export interface CaDeps {
  readonly config: CaConfig;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly jitter: Jitter;
  /** Takes one JSON line without its line end: the records of issuance. */
  readonly write: (line: string) => void;
}

/** What a CA waits for before it is ready. */
export const CA_READINESS = ['clock', 'journal', 'audit', 'authority', 'serving-certificate', 'listeners'] as const;

/** The services of one CA, in the order of their start. */
export function createCaServices(deps: CaDeps): readonly Service[] {
  const { config, log, metrics, readiness } = deps;
  const { trustDomain, dataDir, listen } = config;
  const tell = (name: (typeof CA_READINESS)[number]) => (sound: boolean) =>
    sound ? readiness.met(name) : readiness.expect(name);

  const journal = createJournal({
    ...deps,
    file: join(dataDir, 'journal.sqlite'),
    onHealth: tell('journal'),
    auditHead: () => audit.head(),
  });
  const clockWatch = createClockWatch({ ...deps, onHealth: tell('clock') });
  const audit = createCaAudit({ ...deps, journal, onHealth: tell('audit') });
  const revocations = createRevocationSource({ journal, log });
  const refusals = createRefusalAudit(audit);
  const bundle = createTrustBundle();
  const acknowledgements = createAcknowledgements(metrics);
  const rotation = createRotation({ ...deps, journal, bundle, acknowledgements, audit, onHealth: tell('authority') });
  const { authorities } = rotation;
  const tokenKey = createTokenKeyService(dataDir);
  const admission = createAdmission({ ...deps, limits: config.limits });
  const { attestors, service: attestation } = createAttestors(deps);
  const rooms: Rooms = {
    ...deps,
    attestors,
    ...issuanceTerms(config),
    journal,
    authority: authorities.current,
    rootDigests: authorities.rootDigests,
    admission,
    revocations,
    audit,
    clockWatch,
  };
  const issuer = createIssuer({ ...deps, rooms, refusals, issuesPerSecond: config.limits.issuesPerSecond });
  const serving = createServingIdentity({
    ...deps,
    issuer,
    bundle,
    authorities,
    dnsNames: config.serverNames,
    onHealth: tell('serving-certificate'),
  });
  const tokens = createTokenDesk({ ...deps, policy: tokenPolicy(config), key: tokenKey.current });
  const trust = createTrustState({ bundle, revocations });
  const mesh = createMesh({ ...deps, trustDomain, issuer, bundle, trust, revocations, acknowledgements, tokens });
  const bootstrap = createBootstrap({ ...deps, issuer, bundle });
  const documents = {
    '/bundle.json': () => renderBundleDocument(bundle.current()),
    ...(config.tokens === undefined ? {} : { '/jwks.json': () => toKeySet([tokenKey.current()]) }),
  };
  const crl = createCrlPublisher({
    ...deps,
    journal,
    revocations,
    authority: authorities.current,
    onAuthority: authorities.subscribe,
  });
  const files = { '/crl.der': { mediaType: 'application/pkix-crl', read: () => crl.current() } };
  const administration = createAdminVerbs({
    ...deps,
    trustDomain,
    joinTokenTtl: config.attestors.joinToken.ttl,
    admins: config.admins,
    journal,
    audit,
    authority: authorities.current,
    rotation: rotation.desk,
    revocations,
    certificateTtlMost: config.certificates.ttlMax,
    acknowledgements,
  });
  const admin = createAdminHandler({
    ...deps,
    trustDomain,
    admins: config.admins,
    verbs: administration,
    revocations,
    audit,
  });
  const verbs = createControlVerbs({
    ...deps,
    trustDomain,
    admin: administration,
    journal,
    audit,
    authority: authorities.current,
    bundle,
    revocations,
    acknowledgements,
  });

  return [
    createAdminServer({ address: listen.admin, readiness, metrics, log }),
    clockWatch,
    createDataFolder(dataDir),
    journal,
    audit,
    revocations,
    refusals,
    ...rotation.services,
    crl,
    tokenKey,
    attestation,
    // Before the certificate: an issuer that cannot sign any more is replaced by the control socket.
    createControlServer({ path: listen.control, routes: verbs, log }),
    serving,
    createListeners({ log, listen, serving, bootstrap, mesh, admin }),
    createHttpsServer({ address: listen.https, serving, documents, files, log }),
    readyWhenStarted(() => tell('listeners')(true)),
  ];
}

function issuanceTerms({
  trustDomain,
  certificates,
  tokens,
  admins,
}: CaConfig): Pick<Rooms, 'trustDomain' | 'keyTypes' | 'lifetimes'> {
  return {
    trustDomain,
    keyTypes: certificates.keyTypes,
    lifetimes: {
      ttl: toSeconds(certificates.ttl),
      ttlMin: toSeconds(certificates.ttlMin),
      ttlMax: toSeconds(certificates.ttlMax),
      admins,
      tokenTtl: tokens === undefined ? seconds(0) : toSeconds(tokens.ttl),
    },
  };
}

function tokenPolicy({ tokens }: CaConfig): TokenPolicy | undefined {
  if (tokens === undefined) return undefined;
  return { issuer: tokens.issuer, ttl: toSeconds(tokens.ttl), rules: tokens.rules };
}

/** The last of the list: everything above it serves. */
function readyWhenStarted(met: () => void): Service {
  return {
    name: 'ready',
    async start() {
      met();
    },
    async drain() {},
    async [Symbol.asyncDispose]() {},
  };
}

/**
 * The composition of a CA: every part made once, with what it needs, and the list of services in the order of their
 * start. Nothing is decided here, and nothing runs before the list is started.
 */
import { join } from 'node:path';

import type { Clock, Jitter, RandomBytes } from '../core/time/clock.ts';
import { seconds, toSeconds } from '../core/time/units.ts';
import { createAdminServer } from '../runtime/admin.ts';
import { createControlServer } from '../runtime/control.ts';
import { createKeyMeasures, type KeyMeasures } from '../runtime/jwks.ts';
import type { Service } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Readiness } from '../runtime/readiness.ts';
import { readyWhenStarted } from '../runtime/ready-when-started.ts';
import { createAttestors } from './attest/configured.ts';
import { createLeafReader } from './attest/leaf.ts';
import type { CaConfig } from './config.ts';
import { createCaAudit } from './audit.ts';
import { createClockWatch } from './clock-watch.ts';
import { createDataFolder } from './disk/data-folder.ts';
import { createAdmission } from './issue/admission.ts';
import type { Rooms } from './issue/cycle.ts';
import { createIssuer } from './issue/issuer.ts';
import { createRefusalAudit } from './issue/refusal-audit.ts';
import { createRepeatAudit } from './issue/repeat-audit.ts';
import { createJournalAge } from './journal-age.ts';
import { createJournal } from './journal/journal.ts';
import { createRegistrations, type Registrations } from './registrations.ts';
import { createRotation } from './rotation.ts';
import { createAdminHandler } from './rpc/admin.ts';
import { createAdminVerbs } from './rpc/admin-verbs.ts';
import { createBootstrap } from './rpc/bootstrap.ts';
import { createCallRate } from './rpc/call-rate.ts';
import { createControlVerbs } from './rpc/control.ts';
import { createHttpsServer } from './rpc/https.ts';
import { createListeners } from './rpc/listeners.ts';
import { createMesh } from './rpc/mesh.ts';
import { createPorter } from './rpc/porter.ts';
import { createWatchers, WATCHER_BOUNDS } from './rpc/watchers.ts';
import { createTokenService } from './token-service.ts';
import { toKeySet } from './tokens/keys.ts';
import { createTokenKeyService, type TokenKeyService } from './tokens/service.ts';
import { createAcknowledgements } from './trust/acknowledgements.ts';
import { createTrustBundle } from './trust/bundle.ts';
import { renderBundleDocument, renderBundlePem } from './trust/document.ts';
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

/** Says of a thing that readiness waits for whether it is there. */
type Tell = (name: (typeof CA_READINESS)[number]) => (sound: boolean) => void;

/** The services of one CA, in the order of their start. */
export function createCaServices(deps: CaDeps): readonly Service[] {
  const { config, log, metrics, readiness } = deps;
  const tell: Tell = (name) => (sound) => (sound ? readiness.met(name) : readiness.expect(name));
  const memory = createMemory(deps, tell);
  const trust = createTrust(deps, memory, tell);
  const measures = createKeyMeasures(metrics);
  const issuance = createIssuance(deps, { ...memory, ...trust, measures }, tell);
  const tokenKey = createTokenKeyService({
    ...deps,
    ...memory,
    dataDir: config.dataDir,
    rotateAfter: config.tokens === undefined ? undefined : toSeconds(config.tokens.keys.rotateAfter),
  });
  const registrations = createRegistrations({ ...deps, ...memory });
  const doors = createDoors(deps, { ...memory, ...trust, ...issuance, measures, tokenKey, registrations });
  const { clockWatch, journal, audit, revocations, refusals, repeats } = memory;
  return [
    createAdminServer({ address: config.listen.admin, readiness, metrics, log }),
    clockWatch,
    createDataFolder(config.dataDir),
    journal,
    createJournalAge({ ...deps, journal }),
    audit,
    revocations,
    ...registrations.services,
    refusals,
    repeats,
    ...trust.rotation.services,
    trust.crl,
    ...(config.tokens === undefined ? [] : [tokenKey]),
    ...doors.tokens,
    issuance.attestation,
    // Before the certificate: an issuer that cannot sign any more is replaced by the control socket.
    doors.control,
    issuance.serving,
    doors.grpc,
    doors.https,
    readyWhenStarted(() => tell('listeners')(true)),
  ];
}

/** What the CA keeps of what it decided, and what it goes by. */
function createMemory(deps: CaDeps, tell: Tell) {
  const { config, log } = deps;
  const journal = createJournal({
    ...deps,
    file: join(config.dataDir, 'journal.sqlite'),
    onHealth: tell('journal'),
    auditHead: () => audit.head(),
  });
  const audit = createCaAudit({ ...deps, journal, onHealth: tell('audit') });
  return {
    journal,
    audit,
    clockWatch: createClockWatch({ ...deps, onHealth: tell('clock') }),
    revocations: createRevocationSource({ journal, log }),
    refusals: createRefusalAudit(audit),
    repeats: createRepeatAudit(audit),
  };
}

type Memory = ReturnType<typeof createMemory>;

/** Who signs, whom the mesh trusts, and who is trusted no longer. */
function createTrust(deps: CaDeps, memory: Memory, tell: Tell) {
  const { journal, audit, revocations } = memory;
  const bundle = createTrustBundle();
  const acknowledgements = createAcknowledgements(deps.metrics);
  const rotation = createRotation({
    ...deps,
    journal,
    bundle,
    acknowledgements,
    revocations,
    audit,
    onHealth: tell('authority'),
  });
  const { authorities } = rotation;
  const crl = createCrlPublisher({
    ...deps,
    journal,
    revocations,
    authority: authorities.current,
    onAuthority: authorities.subscribe,
  });
  return { bundle, acknowledgements, rotation, authorities, crl, trust: createTrustState({ bundle, revocations }) };
}

type Trust = ReturnType<typeof createTrust>;

/** The way to a certificate, and the one that the CA issues to itself. */
function createIssuance(deps: CaDeps, rooms: Memory & Trust & Measured, tell: Tell) {
  const { config } = deps;
  const { journal, audit, clockWatch, revocations, refusals, repeats, bundle, authorities } = rooms;
  const { attestors, service: attestation } = createAttestors({ ...deps, measures: rooms.measures });
  const issuer = createIssuer({
    ...deps,
    rooms: {
      ...deps,
      attestors,
      ...issuanceTerms(config),
      journal,
      authority: authorities.current,
      rootDigests: authorities.rootDigests,
      admission: createAdmission({ ...deps, limits: config.limits }),
      revocations,
      audit,
      repeats,
      clockWatch,
    },
    refusals,
    issuesPerSecond: config.limits.issuesPerSecond,
  });
  const serving = createServingIdentity({
    ...deps,
    issuer,
    bundle,
    authorities,
    dnsNames: config.serverNames,
    onHealth: tell('serving-certificate'),
  });
  return { attestation, issuer, serving };
}

type Issuance = ReturnType<typeof createIssuance>;
type Measured = { readonly measures: KeyMeasures };
type House = Memory &
  Trust &
  Issuance &
  Measured & { readonly tokenKey: TokenKeyService; readonly registrations: Registrations };

/** Where the CA can be asked. */
function createDoors(deps: CaDeps, house: House) {
  const { config, log } = deps;
  const { trustDomain, listen, admins } = config;
  const { bundle, serving, crl, tokenKey, authorities } = house;
  const calls = createCallRate({ ...deps, limits: config.limits });
  const shared = { ...deps, ...house, trustDomain, calls };
  const porter = createPorter(shared, createLeafReader());
  const tokens = createTokenService({ ...shared, keys: tokenKey, porter });
  const administration = createAdminVerbs({
    ...shared,
    joinTokenTtl: config.attestors.joinToken.ttl,
    admins,
    authority: authorities.current,
    rotation: house.rotation.desk,
    registrations: house.registrations.verbs,
    certificateTtlMost: config.certificates.ttlMax,
  });
  const verbs = createControlVerbs({
    ...shared,
    admin: administration,
    authority: authorities.current,
    tokenKeys: tokenKey,
    issuer: config.tokens?.issuer,
  });
  const documents = {
    '/bundle.json': () => renderBundleDocument(bundle.current()),
    ...(config.tokens === undefined ? {} : { '/jwks.json': () => toKeySet(tokenKey.published()) }),
    ...tokens.documents,
  };
  const files = {
    '/bundle.pem': { mediaType: 'application/x-pem-file', read: () => Buffer.from(renderBundlePem(bundle.current())) },
    '/crl.der': { mediaType: 'application/pkix-crl', read: () => crl.current() },
  };
  return {
    control: createControlServer({ path: listen.control, routes: verbs, log }),
    grpc: createListeners({
      log,
      listen,
      serving,
      bootstrap: createBootstrap(shared),
      mesh: createMesh({ ...shared, tokens: tokens.desk, watchers: createWatchers(WATCHER_BOUNDS) }),
      admin: createAdminHandler({ ...shared, admins, verbs: administration }),
    }),
    https: createHttpsServer({ address: listen.https, serving, documents, files, oauth: tokens.oauth, log }),
    tokens: tokens.services,
  };
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

/**
 * From the issuer entries of the configuration to issuers that tokens can be verified against: the rules of each, and a
 * source of its keys that knows who may serve them. Verifies nothing itself.
 */
import { readFileSync } from 'node:fs';

import { Fault } from '../core/fault/fault.ts';
import type { TrustDomain } from '../core/identity/trust-domain.ts';
import type { Clock, Jitter } from '../core/time/clock.ts';
import { wholeSeconds } from '../core/time/units.ts';
import { type IssuerRules, issuerRules } from '../core/token/issuer.ts';
import { encodePem } from '../core/x509/pem.ts';
import type { ServerTrust } from '../runtime/jwks-fetch.ts';
import { createKeyMeasures, createKeySource, type KeySource } from '../runtime/jwks.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { TrustedIssuer } from '../runtime/token/verify-token.ts';
import type { SidecarConfig } from './config.ts';
import type { Snapshot } from './credentials/snapshot.ts';
import { checkUpstream } from './identity/peer.ts';

export interface IssuersDeps {
  readonly trustDomain: TrustDomain;
  readonly credentials: { current(): Snapshot | undefined };
  readonly clock: Clock;
  readonly jitter: Jitter;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** A configured issuer; its source is a service that the composition root starts. */
export interface ConfiguredIssuer extends TrustedIssuer {
  readonly source: KeySource;
}

/** The issuers in the order of the configuration. Loads nothing yet. */
export function createIssuers(entries: SidecarConfig['issuers'], deps: IssuersDeps): readonly ConfiguredIssuer[] {
  const measures = createKeyMeasures(deps.metrics);
  return entries.map((entry) => ({
    rules: rulesOf(entry, deps.trustDomain),
    source: createKeySource({
      ...deps,
      issuer: entry.name,
      iss: entry.issuer,
      place: entry.jwks,
      trust: () => trustOf(entry.trust, deps),
      measures,
    }),
  }));
}

/** Tokens of our own CA are bound to certificates of our trust domain, so lineage counts for them. Another issuer may bind
 *  to any certificate: that its tokens belong to this trust domain is for the operator to say. */
export function rulesOf(entry: SidecarConfig['issuers'][number], trustDomain: TrustDomain): IssuerRules {
  const isOwn = entry.trust.kind === 'mesh';
  const lineage = entry.lineage ?? isOwn;
  return issuerRules({ ...entry, lineage, ...(isOwn || lineage ? { trustDomain } : {}) });
}

/** Asked at each fetch, so a rotated root counts at once. Throws TOKEN_KEYS_UNAVAILABLE | CONFIG_FILE. */
function trustOf(place: SidecarConfig['issuers'][number]['trust'], deps: IssuersDeps): ServerTrust | undefined {
  if (place.kind === 'file') return { ca: readRoots(place.path) };
  return place.kind === 'mesh' ? trustOfMesh(deps) : undefined;
}

/** The CA and no other server of the mesh: whoever serves the keys decides who is let in. */
function trustOfMesh({ credentials, clock }: IssuersDeps): ServerTrust {
  const snapshot = credentials.current();
  if (snapshot === undefined) throw new Fault('TOKEN_KEYS_UNAVAILABLE', 'there is no bundle of the mesh yet');
  return {
    ca: snapshot.roots.map((der) => encodePem('CERTIFICATE', der)),
    checkServerIdentity(_host, { raw }) {
      const found = checkUpstream(raw, snapshot.id.trustDomain, { exact: CA_PATH }, wholeSeconds(clock.now()));
      return found.ok ? undefined : new Fault(found.refusal.code, found.refusal.detail);
    },
  };
}

const CA_PATH = '/cleat/ca';

function readRoots(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Fault('CONFIG_FILE', `the roots in ${path} cannot be read`, { cause });
  }
}

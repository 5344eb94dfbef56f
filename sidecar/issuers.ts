/**
 * From the issuer entries of the configuration to issuers that tokens can be verified against: the rules of each, and a
 * source of its keys that knows who may serve them, or a way to ask about its tokens. Verifies nothing itself.
 */
import type { TrustDomain } from '../core/identity/trust-domain.ts';
import type { Clock, Jitter } from '../core/time/clock.ts';
import { INTROSPECTED } from '../core/token/introspection.ts';
import { type IssuerRules, issuerRules } from '../core/token/issuer.ts';
import type { ServerTrust } from '../runtime/https-call.ts';
import { createKeyMeasures, createKeySource } from '../runtime/jwks.ts';
import type { Service } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { together } from '../runtime/together.ts';
import { createIntrospectionCounter, createIntrospector } from '../runtime/token/introspection.ts';
import type { AskedIssuer } from '../runtime/token/verify-by-introspection.ts';
import type { TrustedIssuer } from '../runtime/token/verify-token.ts';
import type { SidecarConfig } from './config.ts';
import type { Snapshot } from './credentials/snapshot.ts';
import { serverTrust } from './server-trust.ts';
import { introspectionClient } from './token/introspection-client.ts';

export interface IssuersDeps {
  readonly trustDomain: TrustDomain;
  readonly credentials: { current(): Snapshot | undefined };
  readonly clock: Clock;
  readonly jitter: Jitter;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The issuers of the configuration. */
export interface Issuers {
  readonly trusted: readonly TrustedIssuer[];
  /** The one that is asked about its tokens, if there is one. */
  readonly asked: AskedIssuer | undefined;
  /** Keeps the keys of all of them fresh. They start at once: one that does not answer holds up no other. */
  readonly keys: Service;
}

/** Loads nothing yet. */
export function createIssuers(entries: SidecarConfig['issuers'], deps: IssuersDeps): Issuers {
  const measures = createKeyMeasures(deps.metrics);
  const trusted = entries.flatMap((entry) => {
    if (entry.jwks === undefined) return [];
    const { name: issuer, issuer: iss, jwks: place } = entry;
    const trust = (): ServerTrust | undefined => serverTrust(entry.trust, deps);
    const source = createKeySource({ ...deps, issuer, iss, place, trust, measures });
    return { rules: rulesOf(entry, deps.trustDomain), source };
  });
  const [asked] = entries.flatMap((entry) => askedIssuer(entry, deps) ?? []);
  return {
    trusted,
    asked,
    keys: together(
      'keys of the issuers',
      trusted.map(({ source }): Service => source),
    ),
  };
}

function askedIssuer(entry: SidecarConfig['issuers'][number], deps: IssuersDeps): AskedIssuer | undefined {
  const { name: issuer, issuer: iss, introspection } = entry;
  if (introspection === undefined) return undefined;
  const introspector = createIntrospector({
    issuer,
    iss,
    url: introspection.url,
    trust: () => serverTrust(entry.trust, deps),
    client: () => introspectionClient(introspection, deps.credentials),
    asked: createIntrospectionCounter(deps.metrics),
    clock: deps.clock,
  });
  return { rules: rulesOf({ ...entry, types: [INTROSPECTED] }, deps.trustDomain), introspector };
}

/** Tokens of our own CA are bound to certificates of our trust domain, so lineage counts for them. Another issuer may bind
 *  to any certificate: that its tokens belong to this trust domain is for the operator to say. */
export function rulesOf(entry: SidecarConfig['issuers'][number], trustDomain: TrustDomain): IssuerRules {
  const isOwn = entry.trust.kind === 'mesh';
  const lineage = entry.lineage ?? isOwn;
  return issuerRules({ ...entry, lineage, ...(isOwn || lineage ? { trustDomain } : {}) });
}

/** The credential source of a client without a sidecar: nothing of it is served, so nobody waits for its readiness. */
import { demand } from '../core/fault/fault.ts';
import { spiffeIdOf } from '../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../core/identity/trust-domain.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { createRevocationHolder } from '../sidecar/credentials/revocations.ts';
import { createCredentialSource, type CredentialDeps, type CredentialSource } from '../sidecar/credentials/source.ts';

export interface ClientDeps
  extends Pick<CredentialDeps, 'bootstrap' | 'mesh' | 'evidence' | 'ttl' | 'clock' | 'jitter' | 'log'> {
  readonly trustDomain: TrustDomain;
}

/** A source that has asked for nothing yet; see `createCredentialSource`. */
export function createClientSource({ trustDomain, ...deps }: ClientDeps): CredentialSource {
  const metrics = createMetrics();
  return createCredentialSource({
    ...deps,
    caId: demand(spiffeIdOf(trustDomain, '/cleat/ca')),
    metrics,
    revocations: createRevocationHolder({ ...deps, metrics, isAwaited: true }),
    onValid: () => undefined,
    onExpired: () => undefined,
  });
}

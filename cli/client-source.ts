/**
 * The credential source of a client without a sidecar: nothing of it is served, so nobody waits for its readiness. It says
 * in the log when its certificate is revoked.
 */
import { demand } from '../core/fault/fault.ts';
import { spiffeIdOf } from '../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../core/identity/trust-domain.ts';
import { createMetrics } from '../runtime/metrics.ts';
import { watchOwnRevocation } from '../sidecar/credentials/own-revocation.ts';
import { createRevocationHolder } from '../sidecar/credentials/revocations.ts';
import { createCredentialSource, type CredentialDeps, type CredentialSource } from '../sidecar/credentials/source.ts';

export interface ClientDeps
  extends Pick<CredentialDeps, 'bootstrap' | 'mesh' | 'evidence' | 'ttl' | 'initial' | 'clock' | 'jitter' | 'log'> {
  readonly trustDomain: TrustDomain;
}

/** A source that has asked for nothing yet; see `createCredentialSource`. */
export function createClientSource({ trustDomain, ...deps }: ClientDeps): CredentialSource {
  const { clock, log } = deps;
  const metrics = createMetrics();
  const revocations = createRevocationHolder({ ...deps, metrics, isAwaited: true });
  const nobodyWaits = (): void => undefined;
  const source = createCredentialSource({
    ...deps,
    caId: demand(spiffeIdOf(trustDomain, '/cleat/ca')),
    metrics,
    revocations,
    onValid: nobodyWaits,
    onExpired: nobodyWaits,
  });
  const telling = { credentials: source, revocations, clock, log, onRevoked: nobodyWaits, onUnrevoked: nobodyWaits };
  const ownRevocation = watchOwnRevocation(telling);
  return {
    ...source,
    async start(signal) {
      await source.start(signal);
      await ownRevocation.start(signal);
    },
    async [Symbol.asyncDispose]() {
      await ownRevocation[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    },
  };
}

/**
 * What the mesh listener serves. TLS has verified the caller's chain; whether the leaf is a valid SVID of a workload is
 * judged again at each call, since a connection outlives certificates.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { MeshHandlers } from '../../runtime/grpc/messages.ts';
import { recogniseWorkload, type CallingWorkload } from '../attest/leaf.ts';
import type { Issuer } from '../issue/issuer.ts';
import type { TokenDesk } from '../tokens/desk.ts';
import type { Acknowledgements } from '../trust/acknowledgements.ts';
import type { TrustBundle } from '../trust/bundle.ts';
import { deliver } from './delivery.ts';
import { expiryOf } from './expiry.ts';

export interface MeshDeps {
  readonly trustDomain: TrustDomain;
  readonly issuer: Issuer;
  readonly bundle: TrustBundle;
  readonly acknowledgements: Acknowledgements;
  readonly tokens: TokenDesk;
  readonly clock: Pick<Clock, 'now'>;
  readonly jitter: Jitter;
}

/** The methods of `Mesh`. */
export function createMesh(deps: MeshDeps): MeshHandlers {
  const { issuer, bundle, acknowledgements, clock } = deps;
  const now = () => wholeSeconds(clock.now());
  const recognise = (leaf: Buffer): Outcome<CallingWorkload> => recogniseWorkload(leaf, deps.trustDomain, now());

  return {
    async renew(leaf, { csr, ttl }) {
      const issued = await issuer.issue({ csr, ttl, evidence: { kind: 'leaf', der: leaf } });
      if (!issued.ok) return issued;
      acknowledgements.renewed(issued.value.record);
      return admit(deliver(issued.value.record, bundle.current(), deps.jitter));
    },

    async mint(leaf, request) {
      const caller = recognise(leaf);
      return caller.ok ? deps.tokens.mint(caller.value, request, now()) : caller;
    },

    async acknowledge(leaf, bundleGeneration) {
      const caller = recognise(leaf);
      if (!caller.ok) return caller;
      const { lineage, notAfter, serial } = caller.value.leaf;
      if (lineage === undefined) return refuse('GRANT_LINEAGE', `certificate ${serial} names no lineage`);
      const instance = { lineageId: lineage.id.toString('hex'), notAfter };
      return acknowledgements.take(instance, bundleGeneration, { current: bundle.current().generation, now: now() });
    },

    async watch(leaf, send, signal) {
      const caller = recognise(leaf);
      if (!caller.ok) return caller;
      using _subscription = bundle.subscribe(send);
      send(bundle.current());
      const end = await expiryOf(caller.value.leaf.notAfter, clock, signal);
      return end === 'expired' ? refuse('ATTEST_PEER', 'the certificate of this stream has expired') : admit(undefined);
    },
  };
}

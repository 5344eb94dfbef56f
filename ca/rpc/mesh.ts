/**
 * What the mesh listener serves. TLS has verified the caller's chain; whether the leaf is a valid SVID of a workload is
 * judged again at each call, since a connection outlives certificates.
 */
import { admit, refuse } from '../../core/fault/refusal.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock, Jitter } from '../../core/time/clock.ts';
import { wholeSeconds } from '../../core/time/units.ts';
import type { MeshHandlers } from '../../runtime/grpc/messages.ts';
import { checkWorkload, createLeafReader } from '../attest/leaf.ts';
import type { Issuer } from '../issue/issuer.ts';
import { checkUnrevoked } from '../policy/unrevoked.ts';
import type { TokenDesk } from '../tokens/desk.ts';
import type { Acknowledgements } from '../trust/acknowledgements.ts';
import type { TrustBundle } from '../trust/bundle.ts';
import type { RevocationSource } from '../trust/revocations.ts';
import type { TrustStateSource } from '../trust/trust-state.ts';
import type { CallRate } from './call-rate.ts';
import { deliver } from './delivery.ts';
import { expiryOf } from './expiry.ts';
import { createPorter } from './porter.ts';
import type { Watchers } from './watchers.ts';

export interface MeshDeps {
  readonly trustDomain: TrustDomain;
  readonly issuer: Issuer;
  readonly bundle: Pick<TrustBundle, 'current' | 'first'>;
  readonly trust: TrustStateSource;
  readonly revocations: Pick<RevocationSource, 'current' | 'subscribe' | 'reload'>;
  readonly acknowledgements: Acknowledgements;
  readonly tokens: TokenDesk;
  readonly calls: CallRate;
  readonly watchers: Watchers;
  readonly clock: Pick<Clock, 'now'>;
  readonly jitter: Jitter;
}

/** The methods of `Mesh`. */
export function createMesh(deps: MeshDeps): MeshHandlers {
  const { issuer, bundle, trust, revocations, acknowledgements, clock } = deps;
  const now = () => wholeSeconds(clock.now());
  const read = createLeafReader();
  const { recognise, receive, sourceOf } = createPorter(deps, read);

  return {
    malformed: (refusal, leaf) => issuer.malformed(refusal, sourceOf(leaf)),

    async renew(leaf, { csr, ttl }) {
      const issued = await issuer.issue({
        csr,
        ttl,
        from: sourceOf(leaf),
        evidence: { kind: 'leaf', der: leaf, certificate: read(leaf) },
      });
      if (!issued.ok) {
        // The lineage is frozen now: verifiers must hear of that.
        if (issued.refusal.code === 'GRANT_FORK') await revocations.reload();
        return issued;
      }
      acknowledgements.renewed(issued.value.record);
      return admit(deliver(issued.value.record, bundle.current(), deps.jitter));
    },

    async mint(leaf, request) {
      const caller = receive(leaf);
      const workload = caller.ok ? checkWorkload(caller.value) : caller;
      if (!workload.ok) return workload;
      const requester = { workload: workload.value, client: undefined, apiKey: undefined, jkt: undefined };
      return deps.tokens.mint(requester, request, now());
    },

    async acknowledge(leaf, held) {
      const caller = receive(leaf);
      if (!caller.ok) return caller;
      const { lineage, notAfter, serial } = caller.value.leaf;
      if (lineage === undefined) return refuse('GRANT_LINEAGE', `certificate ${serial} names no lineage`);
      const instance = { lineageId: lineage.id.toString('hex'), notAfter, sequence: lineage.sequence };
      const bounds = { first: bundle.first(), current: bundle.current().generation, now: now() };
      return acknowledgements.take(instance, held, bounds);
    },

    async watch(leaf, send, signal) {
      const caller = receive(leaf);
      if (!caller.ok) return caller;
      const seat = deps.watchers.sit(caller.value);
      if (!seat.ok) return seat;
      using taken = seat.value;
      const revoked = new AbortController();
      // Told before it is shown the door, so that it knows why.
      using _subscription = trust.subscribe((state) => {
        send(state);
        if (!recognise(leaf).ok) revoked.abort();
      });
      send(trust.current());
      const end = await expiryOf(
        caller.value.leaf.notAfter,
        clock,
        AbortSignal.any([signal, revoked.signal, taken.displaced]),
      );
      if (revoked.signal.aborted) return checkUnrevoked(caller.value, revocations.current(), now());
      if (taken.displaced.aborted) return refuse('LIMIT_CONNECTIONS', 'newer streams of the same instance');
      return end === 'expired' ? refuse('ATTEST_PEER', 'the certificate of this stream has expired') : admit(undefined);
    },
  };
}

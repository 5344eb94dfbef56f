/** What the bootstrap listener serves: the first certificate, for evidence. It never asks who calls; from where counts for the rate. */
import { admit } from '../../core/fault/refusal.ts';
import type { Jitter } from '../../core/time/clock.ts';
import { peerKeyOf } from '../../runtime/address-key.ts';
import type { BootstrapHandlers } from '../../runtime/grpc/messages.ts';
import type { Source } from '../issue/admission.ts';
import type { Issuer } from '../issue/issuer.ts';
import type { TrustBundle } from '../trust/bundle.ts';
import { deliver } from './delivery.ts';

export interface BootstrapDeps {
  readonly issuer: Issuer;
  readonly bundle: Pick<TrustBundle, 'current'>;
  readonly jitter: Jitter;
}

/** The methods of `Bootstrap`. */
export function createBootstrap({ issuer, bundle, jitter }: BootstrapDeps): BootstrapHandlers {
  return {
    async issue(request, peer) {
      const issued = await issuer.issue({ ...request, from: sourceOf(peer) });
      return issued.ok ? admit(deliver(issued.value.record, bundle.current(), jitter)) : issued;
    },
    malformed: (refusal, peer) => issuer.malformed(refusal, sourceOf(peer)),
  };
}

const sourceOf = (peer: string): Source => ({ kind: 'address', key: peerKeyOf(peer) });

/**
 * DPoP at one port (RFC 9449): which targets its proofs may name, how fresh they must be, and which were used. A proof is
 * verified for each request, and never remembered as good; `check` and `spend` frame the decision, so that only a request
 * that was admitted uses its proof up.
 */
import { type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { EpochSeconds, Seconds } from '../../core/time/units.ts';
import { type DpopProof, PROOF_ALGORITHMS } from '../../core/token/proof.ts';
import { targetsOf } from '../../core/token/target-uri.ts';
import type { Nonces } from '../../runtime/token/nonces.ts';
import type { ReplayStore } from '../../runtime/token/replay.ts';
import { verifyProof } from '../../runtime/token/verify-proof.ts';
import type { RequestHead } from '../http/request.ts';
import type { Credential } from './extract.ts';

export interface DpopTerms {
  /** The public origins of the port, normalised, without a slash at the end. None: no proof can hold. */
  readonly origins: readonly string[];
  readonly window: Seconds;
  /** Undefined where none is asked for. */
  readonly nonces: Nonces | undefined;
  /** Shared by all ports: one client key is one client. */
  readonly replay: ReplayStore;
}

export interface Dpop {
  /** Whether a client can use it here. */
  readonly isServed: boolean;
  /** Verifies the proof of a credential with scheme DPoP. `jkt`: what the token is bound to, undefined where to nothing.
   *  Refuses: BINDING_PROOF | BINDING_PROOF_ABSENT | BINDING_PROOF_KEY | BINDING_NONCE. */
  verify(
    credential: Credential,
    request: { readonly head: RequestHead; readonly jkt: string | undefined; readonly now: EpochSeconds },
  ): Promise<Outcome<DpopProof>>;
  /** The proof, if it can still be used. Refuses: BINDING_REPLAY | LIMIT_REPLAY. */
  check(proof: Outcome<DpopProof>, now: EpochSeconds): Outcome<DpopProof>;
  /** Uses it up. To be called in the same turn as `check`: then it cannot fail. */
  spend(proof: DpopProof, now: EpochSeconds): void;
  /** What the next proof must hold, to be handed out with each answer; undefined where no nonce is asked for. */
  nonce(now: EpochSeconds): string | undefined;
}

/** The DPoP of one port. */
export function createDpop({ origins, window, nonces, replay }: DpopTerms): Dpop {
  return {
    isServed: origins.length > 0,
    async verify({ token, proof }, { head, jkt, now }) {
      if (jkt === undefined) return refuse('BINDING_PROOF_KEY', 'scheme DPoP, and the token is bound to no key (jkt)');
      if (proof === undefined) return refuse('BINDING_PROOF_ABSENT', 'scheme DPoP without a field DPoP');
      const targets = targetsOf(origins, head.path);
      const { method } = head;
      return verifyProof(proof, {
        method,
        targets,
        accessToken: token,
        jkt,
        nonces,
        window,
        algorithms: PROOF_ALGORITHMS,
        now,
      });
    },
    check(proof, now) {
      if (!proof.ok) return proof;
      const free = replay.check(proof.value, now);
      return free.ok ? proof : free;
    },
    spend(proof, now) {
      replay.take(proof, now);
    },
    nonce: (now) => (origins.length === 0 ? undefined : nonces?.current(now)),
  };
}

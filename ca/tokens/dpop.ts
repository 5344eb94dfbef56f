/** DPoP proofs at the token endpoint: checked for this URL, with a nonce where one is demanded, and good once (RFC 9449 section 5). */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { epochSeconds, type EpochSeconds, type Seconds } from '../../core/time/units.ts';
import { type DpopProof, PROOF_ALGORITHMS } from '../../core/token/proof.ts';
import { normaliseTarget } from '../../core/token/target-uri.ts';
import type { Nonces } from '../../runtime/token/nonces.ts';
import { verifyProof } from '../../runtime/token/verify-proof.ts';
import type { Spent } from './spent.ts';

export interface ProofDesk {
  /** What the one proof of a request proves; undefined where there is none.
   *  Refuses: GRANT_TOKEN_REQUEST (several) | BINDING_PROOF | BINDING_NONCE. */
  prove(proofs: readonly string[], now: EpochSeconds): Promise<Outcome<DpopProof | undefined>>;
  /** Uses the proof up, for this client. Refuses: BINDING_REPLAY | LIMIT_REPLAY. */
  spend(use: { readonly proof: DpopProof; readonly client: string }, now: EpochSeconds): Outcome<void>;
  /** The nonce to hand out; undefined where none is used. */
  nonce(now: EpochSeconds): string | undefined;
}

export interface ProofDeskDeps {
  /** The token endpoint as clients call it. */
  readonly url: string;
  readonly window: Seconds;
  /** Undefined: no nonce is demanded. */
  readonly nonces: Nonces | undefined;
  readonly spent: Pick<Spent, 'take'>;
  /** What was issued before may have been used before, which nobody remembers. */
  readonly startedAt: EpochSeconds;
}

/** A desk that has seen no proof. */
export function createProofDesk({ url, window, nonces, spent, startedAt }: ProofDeskDeps): ProofDesk {
  const target = normaliseTarget(url) ?? url;
  return {
    async prove(proofs, now) {
      const [proof, ...more] = proofs;
      if (proof === undefined) return admit(undefined);
      if (more.length > 0) return refuse('GRANT_TOKEN_REQUEST', 'several DPoP fields');
      const terms = { method: 'POST', targets: [target], window, algorithms: PROOF_ALGORITHMS, nonces, now };
      const verified = await verifyProof(proof, { ...terms, accessToken: undefined, jkt: undefined });
      if (verified.ok && verified.value.issuedAt < startedAt)
        return refuse('BINDING_PROOF', 'iat is before this CA started: what was used then is not known');
      return verified;
    },
    spend: ({ proof: { jkt, jti, issuedAt }, client }, now) =>
      spent.take({ client, parts: [jkt, jti], until: epochSeconds(issuedAt + window) }, now),
    nonce: (now) => nonces?.current(now),
  };
}

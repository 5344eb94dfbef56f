/**
 * Verifies the tokens that one listener takes, and remembers them for the certificate that showed them. How a token is
 * judged stands in `runtime/token/verify-token.ts`; binding is decided elsewhere.
 */
import type { Outcome } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import { type TrustedIssuer, verifyToken } from '../../runtime/token/verify-token.ts';
import { createMemo } from './memo.ts';

export interface TokenVerifier {
  /** A token that was verified before for this peer and is still good; costs no promise. */
  recall(text: string, peer: Peer, now: EpochSeconds): VerifiedToken | undefined;
  /** Verifies and remembers. Refuses with a `TOKEN_` code, or BINDING_ABSENT where the issuer's tokens must be bound. */
  verify(text: string, peer: Peer, now: EpochSeconds): Promise<Outcome<VerifiedToken>>;
  /** Empties the memory: called on a change of keys (by itself), bundle or policy (by the composition root). */
  forget(): void;
}

export interface VerifierDeps {
  readonly issuers: readonly TrustedIssuer[];
  /** What `aud` must name: the audiences of this listener. */
  readonly audiences: readonly string[];
  /** Verdicts to remember, default 4096. */
  readonly memory?: number;
}

/** A verifier for one listener. Two issuers with one `iss` are a programmer's mistake (`TypeError`). */
export function createVerifier({ issuers, audiences, memory = 4096 }: VerifierDeps): TokenVerifier {
  const byIss = new Map(issuers.map((issuer) => [issuer.rules.issuer, issuer]));
  if (byIss.size < issuers.length) throw new TypeError('two issuers with one iss');
  const memo = createMemo(memory);
  let generation = 0;

  function forget(): void {
    generation += 1;
    memo.forget();
  }
  for (const { source } of issuers) source.subscribe(forget);

  return {
    recall: (text, peer, now) => memo.recall(text, peer, now),
    async verify(text, peer, now) {
      const begun = generation;
      const token = await verifyToken(text, { issuer: (iss) => byIss.get(iss), audiences: () => audiences, now });
      // What was judged by keys that have changed meanwhile is answered, but not remembered.
      if (token.ok && begun === generation) memo.remember(text, peer, token.value);
      return token;
    },
    forget,
  };
}

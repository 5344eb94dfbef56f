/**
 * Verifies the tokens that one listener takes, and remembers them for the certificate that showed them. How a token is
 * judged stands in `runtime/token`; binding is decided elsewhere.
 */
import { type Outcome, refuseFor } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { Clock } from '../../core/time/clock.ts';
import { byteCount, type ByteCount, type EpochSeconds, epochSeconds } from '../../core/time/units.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import { createRate } from '../../runtime/rate.ts';
import { type AskedIssuer, isAsked, verifyByIntrospection } from '../../runtime/token/verify-by-introspection.ts';
import { type TrustedIssuer, verifyToken } from '../../runtime/token/verify-token.ts';
import { createMemo, isLive, type Verdict } from './memo.ts';

/** What judges the tokens of requests. */
export interface TokenChecks {
  /** A token that was verified before for this peer and is still good; costs no promise. */
  recall(text: string, peer: Peer, now: EpochSeconds): VerifiedToken | undefined;
  /** Verifies and remembers. Refuses with a `TOKEN_` code, BINDING_ABSENT where the issuer's tokens must be bound, or
   *  LIMIT_TOKENS on a connection that asks too often. */
  verify(text: string, peer: Peer, now: EpochSeconds): Promise<Outcome<VerifiedToken>>;
}

export interface TokenVerifier extends TokenChecks {
  /** The same for one connection: its last token is found without a hash, and how many are verified anew is bounded. */
  forConnection(clock: Pick<Clock, 'monotonic'>): TokenChecks;
  /** Empties the memory: called on a change of keys (by itself), bundle, policy or revocations (by the composition root). */
  forget(): void;
}

export interface VerifierDeps {
  readonly issuers: readonly TrustedIssuer[];
  /** The issuer that is asked about its tokens, if there is one. */
  readonly asked?: AskedIssuer | undefined;
  /** What `aud` must name: the audiences of this listener. */
  readonly audiences: readonly string[];
  readonly limits?: Partial<VerifierLimits>;
}

export interface VerifierLimits {
  /** Verdicts to remember, default 4096. */
  readonly verdicts: number;
  /** Memory for them, default 16 MiB. */
  readonly bytes: ByteCount;
  /** Tokens that one connection may have verified anew, default 50, and 200 at once. */
  readonly newTokensPerSecond: number;
  readonly newTokensBurst: number;
}

const LIMITS: VerifierLimits = {
  verdicts: 4096,
  bytes: byteCount(16 * 1024 * 1024),
  newTokensPerSecond: 50,
  newTokensBurst: 200,
};
/** What an issuer said of a token is believed for so long: it may end a token at any time. */
const ASKED_SECONDS = 30;

/** A verifier for one listener. Two issuers with one `iss` are a programmer's mistake (`TypeError`). */
export function createVerifier(deps: VerifierDeps): TokenVerifier {
  const { issuers, asked, audiences } = deps;
  const byIss = new Map(issuers.map((issuer) => [issuer.rules.issuer, issuer]));
  if (byIss.size < issuers.length || (asked !== undefined && byIss.has(asked.rules.issuer))) {
    throw new TypeError('two issuers with one iss');
  }
  const limits = { ...LIMITS, ...deps.limits };
  const memo = createMemo(limits);
  let generation = 0;

  function forget(): void {
    generation += 1;
    memo.forget();
  }
  for (const { source } of issuers) source.subscribe(forget);

  async function judge(
    text: string,
    peer: Peer,
    now: EpochSeconds,
  ): Promise<Outcome<Pick<Verdict, 'token' | 'until'>>> {
    if (asked !== undefined && isAsked(text, asked.rules.issuer)) {
      const token = await verifyByIntrospection(text, asked, { audiences, asker: peer.id.uri, now });
      return token.ok ? verdictOf(token.value, epochSeconds(now + ASKED_SECONDS)) : token;
    }
    const issuer = (iss: string): TrustedIssuer | undefined => byIss.get(iss);
    const token = await verifyToken(text, { issuer, audiences: () => audiences, now, asker: peer.id.uri });
    return token.ok ? verdictOf(token.value) : token;
  }

  const checks: TokenChecks = {
    recall: (text, peer, now) => memo.recall(text, peer, now)?.token,
    async verify(text, peer, now) {
      let begun = generation;
      let found = await judge(text, peer, now);
      if (found.ok && begun !== generation) {
        begun = generation;
        found = await judge(text, peer, now);
      }
      if (!found.ok) return found;
      // What was judged by keys that have changed once more is answered, but not remembered.
      if (begun === generation) memo.remember(text, peer, found.value);
      return { ok: true, value: found.value.token };
    },
  };

  return {
    ...checks,
    forConnection: (clock) => forConnection(checks, { limits, clock, memo, generation: () => generation }),
    forget,
  };
}

function verdictOf(token: VerifiedToken, until = token.expiresAt): Outcome<Pick<Verdict, 'token' | 'until'>> {
  return { ok: true, value: { token, until: until < token.expiresAt ? until : token.expiresAt } };
}

interface ConnectionParts {
  readonly limits: VerifierLimits;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly memo: ReturnType<typeof createMemo>;
  /** Grows at each `forget`. */
  readonly generation: () => number;
}

function forConnection(checks: TokenChecks, { limits, clock, memo, generation }: ConnectionParts): TokenChecks {
  const { newTokensPerSecond, newTokensBurst } = limits;
  const rate = createRate({ perMinute: newTokensPerSecond * 60, burst: newTokensBurst, keysMost: 1 });
  let last: { readonly verdict: Verdict; readonly peer: Peer; readonly generation: number } | undefined;
  return {
    recall(text, peer, now) {
      // The way of nearly every request: a compare of bytes, and no hash.
      if (last?.verdict.text === text && last.peer === peer && last.generation === generation()) {
        if (isLive(last.verdict, peer, now)) return last.verdict.token;
      }
      const verdict = memo.recall(text, peer, now);
      last = verdict === undefined ? undefined : { verdict, peer, generation: generation() };
      return verdict?.token;
    },
    async verify(text, peer, now) {
      const wait = rate.take('', clock.monotonic());
      if (wait > 0) return refuseFor(wait, 'LIMIT_TOKENS', `more than ${newTokensPerSecond} unknown tokens a second`);
      return checks.verify(text, peer, now);
    },
  };
}

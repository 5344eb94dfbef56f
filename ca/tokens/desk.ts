/** Mints tokens for callers who are known already, and counts how it went. */
import { refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { RandomBytes } from '../../core/time/clock.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { MintedToken, MintRequest } from '../../runtime/grpc/messages.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { TokenKey } from './keys.ts';
import { mintToken, type TokenCaller, type TokenPolicy } from './mint.ts';

export interface TokenDesk {
  /** As `mintToken`; a CA without the section `tokens` refuses all: GRANT_TOKEN_RULE. */
  mint(caller: TokenCaller, request: MintRequest, now: EpochSeconds): Outcome<MintedToken>;
}

export interface TokenDeskDeps {
  /** Undefined: this CA mints no tokens. */
  readonly policy: TokenPolicy | undefined;
  readonly key: () => TokenKey;
  readonly random: RandomBytes;
  readonly metrics: Pick<Metrics, 'counter'>;
}

/** A desk that counts in `cleat_ca_tokens_total{result}`. */
export function createTokenDesk({ policy, key, random, metrics }: TokenDeskDeps): TokenDesk {
  const ends = metrics.counter('cleat_ca_tokens_total', 'Requests for a token, by their end.', ['result']);
  return {
    mint(caller, request, now) {
      const minted =
        policy === undefined
          ? refuse('GRANT_TOKEN_RULE', 'this CA has no section tokens')
          : mintToken(caller, request, { policy, key: key(), random }, now);
      ends.add([minted.ok ? 'minted' : minted.refusal.code]);
      return minted;
    },
  };
}

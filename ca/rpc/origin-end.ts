/**
 * Ends the live tokens that came from one client, API key or mandate: a revocation of kind `origin`, told on every open
 * stream before this answers. It lasts as long as the longest token of ours could live.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { RevocationReason } from '../../core/identity/revocation.ts';
import { epochSeconds, seconds, type EpochSeconds } from '../../core/time/units.ts';
import type { Journal } from '../journal/journal.ts';
import type { RevocationSource } from '../trust/revocations.ts';

export interface OriginEndDeps {
  /** `tokens.issuer`; undefined: this CA mints no tokens, and nothing is to be ended. */
  readonly issuer: string | undefined;
  readonly journal: Pick<Journal, 'addRevocation'>;
  readonly revocations: Pick<RevocationSource, 'reload'>;
}

export type OriginKind = 'client' | 'key' | 'mandate';

/** As tokens carry it in the claim `origin`. */
export const originOf = (kind: OriginKind, id: string): string => `${kind}:${id}`;

/** The most that `tokens.ttl` can be set to and a sidecar's clock may be off: not the ttl of now, since a restart may have
 *  made it shorter. */
const TOKEN_LIFE_MOST = seconds(3600 + 60);

/** Refuses: LIMIT_REVOCATIONS, and as the journal does; then ask again. */
export async function endOrigin(
  origin: string,
  { reason, now }: { readonly reason: RevocationReason; readonly now: EpochSeconds },
  { issuer, journal, revocations }: OriginEndDeps,
): Promise<Outcome<void>> {
  if (issuer === undefined) return admit(undefined);
  const added = await journal.addRevocation({
    target: { kind: 'origin', issuer, value: origin },
    reason,
    revokedAt: now,
    endsAt: epochSeconds(now + TOKEN_LIFE_MOST),
    fallbackEnd: epochSeconds(now + TOKEN_LIFE_MOST),
  });
  const told = added.ok ? await revocations.reload() : added;
  if (told.ok) return told;
  return refuse(told.refusal.code, `ended, but its live tokens are not yet: ask again; ${told.refusal.detail}`);
}

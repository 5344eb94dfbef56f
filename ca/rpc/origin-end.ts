/**
 * Ends the live tokens that came from one client, API key or mandate: a revocation of kind `origin`, told on every open
 * stream before this answers. It lasts as long as the longest token of ours could live.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { RevocationReason } from '../../core/identity/revocation.ts';
import { epochSeconds, seconds, type EpochSeconds } from '../../core/time/units.ts';
import { revoke, type RevocationDesk } from './revocation-desk.ts';

export interface OriginEndDeps extends Pick<RevocationDesk, 'journal' | 'audit' | 'log'> {
  /** `tokens.issuer`; undefined: this CA mints no tokens, and nothing is to be ended. */
  readonly issuer: string | undefined;
  readonly revocations: Pick<RevocationDesk['revocations'], 'current' | 'reload'>;
}

export type OriginKind = 'client' | 'key' | 'mandate';

/** As tokens carry it in the claim `origin`. */
export const originOf = (kind: OriginKind, id: string): string => `${kind}:${id}`;

/** The most that `tokens.ttl` can be set to and a sidecar's clock may be off: not the ttl of now, since a restart may have
 *  made it shorter. */
const TOKEN_LIFE_MOST = seconds(3600 + 60);

/** Refuses: LIMIT_REVOCATIONS | ISSUE_AUDIT, and as the journal does; then ask again. */
export async function endOrigin(
  origin: string,
  { reason, now }: { readonly reason: RevocationReason; readonly now: EpochSeconds },
  deps: OriginEndDeps,
): Promise<Outcome<void>> {
  const { issuer } = deps;
  if (issuer === undefined) return admit(undefined);
  const endsAt = epochSeconds(now + TOKEN_LIFE_MOST);
  const target = { kind: 'origin', issuer, value: origin } as const;
  const revoked = await revoke({ target, reason, revokedAt: now, endsAt, fallbackEnd: endsAt }, deps);
  if (revoked.ok) return admit(undefined);
  return refuse(revoked.refusal.code, `ended, but maybe not its live tokens: ask again; ${revoked.refusal.detail}`);
}

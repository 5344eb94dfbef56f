/** Makes a join token for an operator: checks the order, makes the secret, and answers once the journal holds its hash. */
import { admit, type Outcome } from '../../core/fault/refusal.ts';
import type { IdPattern } from '../../core/identity/pattern.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock, RandomBytes } from '../../core/time/clock.ts';
import { epochMilliseconds, wholeSeconds, type EpochSeconds, type Milliseconds } from '../../core/time/units.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { Log } from '../../runtime/log.ts';
import { makeJoinToken } from '../attest/join-token.ts';
import type { Journal } from '../journal/journal.ts';
import { checkJoinTokenOrder } from '../policy/join-token-order.ts';
import type { Authority } from '../signer/authority.ts';

export interface JoinTokenDesk {
  readonly trustDomain: TrustDomain;
  /** Where the order names none. */
  readonly joinTokenTtl: Milliseconds;
  /** Who may administer the CA. */
  readonly admins: readonly IdPattern[];
  readonly journal: Pick<Journal, 'addJoinToken'>;
  readonly authority: () => Authority;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: RandomBytes;
  readonly audit: Audit;
  readonly log: Log;
}

export interface OrderedJoinToken {
  /** Secret. */
  readonly token: string;
  readonly spiffeId: string;
  readonly dnsNames: readonly string[];
  readonly expiresAt: EpochSeconds;
}

/** The token for an order `{path, dnsNames?, ttl?}`. Refuses: CONFIG_INVALID | GRANT_IDENTITY | ISSUE_AUDIT,
 *  and what the journal refuses. */
export async function orderJoinToken(body: unknown, desk: JoinTokenDesk): Promise<Outcome<OrderedJoinToken>> {
  const order = checkJoinTokenOrder(body, {
    trustDomain: desk.trustDomain,
    ttl: desk.joinTokenTtl,
    admins: desk.admins,
  });
  if (!order.ok) return order;
  const { id, dnsNames, ttl } = order.value;
  const expiresAt = wholeSeconds(epochMilliseconds(desk.clock.now() + ttl));
  const rootDigest = desk.authority().root.thumbprint;
  const { text, record } = makeJoinToken({ path: id.path, dnsNames, expiresAt }, rootDigest, desk.random);
  const kept = await desk.journal.addJoinToken(record);
  if (!kept.ok) return kept;
  const { hash } = record;
  const told = desk.audit.record('join-token-made', {
    spiffeId: id.uri,
    dnsNames: dnsNames.join(' '),
    expiresAt,
    token: hash.slice(0, 12),
  });
  if (!told.ok) return told;
  desk.log.info('join token made', { spiffeId: id.uri, dnsNames, expiresAt });
  return admit({ token: text, spiffeId: id.uri, dnsNames, expiresAt });
}

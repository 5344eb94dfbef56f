/**
 * Revokes for an administrator: checks the order, records it, and answers once the journal holds it and every open stream
 * has been told. Asks nobody who he is: who may come here is decided before.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { Revocation } from '../../core/identity/revocation.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { Clock } from '../../core/time/clock.ts';
import { toSeconds, wholeSeconds, type Milliseconds } from '../../core/time/units.ts';
import type { Audit } from '../../runtime/audit/audit.ts';
import type { Log } from '../../runtime/log.ts';
import type { Journal } from '../journal/journal.ts';
import type { RevocationRequest } from '../journal/record.ts';
import { checkRevocationOrder } from '../policy/revocation-order.ts';
import type { RevocationSource } from '../trust/revocations.ts';

export interface RevocationDesk {
  readonly trustDomain: TrustDomain;
  /** The longest life of a certificate. */
  readonly certificateTtlMost: Milliseconds;
  readonly journal: Pick<Journal, 'addRevocation'>;
  readonly revocations: Pick<RevocationSource, 'current' | 'reload'>;
  readonly audit: Audit;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** The entry that the order made, or one that was there and lasts as long. See `checkRevocationOrder` for its form.
 *  Refuses: CONFIG_INVALID | GRANT_IDENTITY | GRANT_UNKNOWN | LIMIT_REVOCATIONS | ISSUE_AUDIT, and what the journal
 *  refuses. After ISSUE_AUDIT the revocation holds all the same. */
export async function orderRevocation(body: unknown, desk: RevocationDesk): Promise<Outcome<Revocation>> {
  const { trustDomain, certificateTtlMost, clock } = desk;
  const now = wholeSeconds(clock.now());
  const order = checkRevocationOrder(body, { trustDomain, certificateTtl: toSeconds(certificateTtlMost), now });
  return order.ok ? revoke(order.value, desk) : order;
}

/** Records the entry, and tells it. Refuses as `orderRevocation`, but for the form of an order. */
export async function revoke(
  request: RevocationRequest,
  { journal, revocations, audit, log }: Pick<RevocationDesk, 'journal' | 'revocations' | 'audit' | 'log'>,
): Promise<Outcome<Revocation>> {
  const added = await journal.addRevocation(request);
  if (!added.ok) return added;
  const read = await revocations.reload();
  if (!read.ok) return refuse(read.refusal.code, `recorded, but not told yet: ${read.refusal.detail}`);
  const facts = { ...added.value };
  log.warn('revoked', facts);
  const told = audit.record('revocation', facts);
  return told.ok ? admit(added.value) : told;
}

/** What is revoked now, in the order of the generations. */
export function listRevocations({ revocations, clock }: Pick<RevocationDesk, 'revocations' | 'clock'>): object {
  const now = wholeSeconds(clock.now());
  const { generation, entries } = revocations.current();
  return { generation, entries: entries.filter(({ endsAt }) => now <= endsAt) };
}

/** From what the journal holds to what the client gets. Pure. */
import type { Jitter } from '../../core/time/clock.ts';
import { renewAt } from '../../core/time/renewal.ts';
import type { BundleState, IssuedCertificate } from '../../runtime/grpc/messages.ts';
import { chainOf } from '../issue/record.ts';
import type { IssuanceRecord } from '../journal/record.ts';

/** The answer to `Issue` and `Renew`, with the chain of the authority that signed this very leaf. */
export function deliver(record: IssuanceRecord, bundle: BundleState, jitter: Jitter): IssuedCertificate {
  return {
    chain: chainOf(record),
    bundle,
    spiffeId: record.spiffeId,
    renewAt: renewAt(record.issuedAt, record.notAfter, jitter),
    notAfter: record.notAfter,
    lineageId: Buffer.from(record.lineageId, 'hex'),
    lineageSequence: record.sequence,
  };
}

/** From what the journal holds to what the client gets. Pure. */
import type { Jitter } from '../../core/time/clock.ts';
import { renewAt } from '../../core/time/renewal.ts';
import type { BundleState, IssuedCertificate } from '../../runtime/grpc/messages.ts';
import type { IssuanceRecord } from '../journal/record.ts';

/** The answer to `Issue` and `Renew`. The root signs leaves directly, so the chain is the leaf alone. */
export function deliver(record: IssuanceRecord, bundle: BundleState, jitter: Jitter): IssuedCertificate {
  return {
    chain: [Buffer.from(record.der)],
    bundle,
    spiffeId: record.spiffeId,
    renewAt: renewAt(record.issuedAt, record.notAfter, jitter),
    notAfter: record.notAfter,
    lineageId: Buffer.from(record.lineageId, 'hex'),
    lineageSequence: record.sequence,
  };
}

/**
 * One certificate revocation list of the authority that signs, for parties that are not sidecars: drafted, signed, read
 * back and compared with what was ordered, like a certificate. What did not survive that is not published.
 */
import { createPublicKey, verify } from 'node:crypto';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';
import { encodeCrlTbs, type CrlTemplate } from '../../core/x509/crl-write.ts';
import { parseCrl, type Crl } from '../../core/x509/crl.ts';
import type { RevokedSerial } from '../journal/record.ts';
import type { Authority } from '../signer/authority.ts';

export interface SignedCrl {
  readonly der: Buffer;
  readonly nextUpdate: EpochSeconds;
}

export interface CrlOrder {
  readonly serials: readonly RevokedSerial[];
  /** Greater than that of every list before. */
  readonly number: number;
  readonly now: EpochSeconds;
}

/** A reader asks again within this time; revocations are pushed to everyone else. */
const LIFE_SECONDS = 3600;

/** Refuses: GRANT_ISSUER_EXPIRED | SIGNER_ROOT (it may not sign lists) | ISSUE_LINT | ISSUE_MISMATCH. Throws SIGNER_KEY. */
export function signCrl({ serials, number, now }: CrlOrder, authority: Authority): Outcome<SignedCrl> {
  const { certificate } = authority;
  if (certificate.keyUsage?.bits.has('cRLSign') !== true)
    return refuse('SIGNER_ROOT', 'the issuer lacks keyUsage cRLSign');
  const keyId = certificate.subjectKeyId;
  if (keyId === undefined) return refuse('SIGNER_ROOT', 'the issuer has no subjectKeyIdentifier');
  const nextUpdate = epochSeconds(Math.min(now + LIFE_SECONDS, authority.endsAt));
  if (nextUpdate <= now) return refuse('GRANT_ISSUER_EXPIRED', `the issuer ends at ${authority.endsAt}`);
  const template = { issuer: certificate.subject, keyId, number, thisUpdate: now, nextUpdate, entries: serials };
  const der = authority.sign(encodeCrlTbs(template));
  const read = parseCrl(der);
  if (!read.ok) return read;
  if (!isAsOrdered(read.value, template)) return refuse('ISSUE_MISMATCH', `revocation list ${number} differs`);
  const key = createPublicKey({ key: certificate.spki, format: 'der', type: 'spki' });
  if (!verify('sha256', read.value.tbs, key, read.value.signature))
    return refuse('ISSUE_MISMATCH', `the signature of revocation list ${number} does not verify`);
  return admit({ der, nextUpdate });
}

function isAsOrdered(found: Crl, ordered: CrlTemplate): boolean {
  return (
    found.issuer.equals(ordered.issuer) &&
    found.keyId.equals(ordered.keyId) &&
    found.number === ordered.number &&
    found.thisUpdate === ordered.thisUpdate &&
    found.nextUpdate === ordered.nextUpdate &&
    found.entries.length === ordered.entries.length &&
    found.entries.every((entry, place) => {
      const { serial, revokedAt, reason } = ordered.entries[place] ?? {};
      return entry.serial === serial && entry.revokedAt === revokedAt && entry.reason === reason;
    })
  );
}

/**
 * The to-be-signed bytes with which the root that signed until now certifies the key of its successor. A workload whose
 * join token names the earlier root finds its way to the new one by it. No path is built over it: see
 * sidecar/credentials/vouched-root.ts. It lives as long as such a join token can, and no longer: a root that was taken
 * back because its key is known to others must not stay vouched for. Pure.
 */
import { trustDomainUri } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { RandomBytes } from '../../core/time/clock.ts';
import { epochSeconds, type EpochSeconds } from '../../core/time/units.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import {
  authorityKeyId,
  basicConstraints,
  keyUsage,
  subjectAltName,
  subjectKeyId,
} from '../../core/x509/extensions.ts';
import { encodeTbs } from '../../core/x509/write.ts';
import { JOIN_TOKEN_TTL_MOST } from '../policy/join-token-order.ts';
import { lintedAuthority } from './lint-authority.ts';

export interface VoucherTerms {
  readonly trustDomain: TrustDomain;
  /** The root that vouches. */
  readonly by: Certificate;
  /** The root that is vouched for. */
  readonly next: Certificate;
  readonly now: EpochSeconds;
  readonly random: RandomBytes;
}

/** Seconds: for who is late, and the longest life of a join token with an hour for who is early. */
const BACKDATE = 3600;
const LIFE = JOIN_TOKEN_TTL_MOST / 1000 + 3600;

/** The bytes that the earlier root's key signs, linted. Throws ISSUE_LINT. */
export function draftVoucher({ trustDomain, by, next, now, random }: VoucherTerms): Buffer {
  const tbs = encodeTbs({
    serial: random(16),
    issuer: by.subject,
    subject: next.subject,
    notBefore: epochSeconds(Math.max(next.notBefore, now - BACKDATE)),
    notAfter: epochSeconds(Math.min(by.notAfter, next.notAfter, now + LIFE)),
    spki: next.spki,
    extensions: [
      basicConstraints({ ca: true, pathLength: 0 }),
      keyUsage('keyCertSign', 'cRLSign'),
      subjectAltName({ uri: trustDomainUri(trustDomain) }, false),
      subjectKeyId(next.spki),
      authorityKeyId(by.subjectKeyId ?? Buffer.alloc(0)),
    ],
  });
  return lintedAuthority(tbs, { trustDomain, spki: next.spki, pathLength: 0, by, isVoucher: true });
}

/**
 * The to-be-signed bytes with which the root that signed until now certifies the key of its successor. A workload whose
 * join token names the earlier root finds its way to the new one by it. No path is built over it: see
 * sidecar/credentials/vouched-root.ts. Pure.
 */
import { trustDomainUri } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { RandomBytes } from '../../core/time/clock.ts';
import { epochSeconds } from '../../core/time/units.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import {
  authorityKeyId,
  basicConstraints,
  keyUsage,
  subjectAltName,
  subjectKeyId,
} from '../../core/x509/extensions.ts';
import { encodeTbs } from '../../core/x509/write.ts';
import { lintedAuthority } from './lint-authority.ts';

export interface VoucherTerms {
  readonly trustDomain: TrustDomain;
  /** The root that vouches. */
  readonly by: Certificate;
  /** The root that is vouched for. */
  readonly next: Certificate;
  readonly random: RandomBytes;
}

/** The bytes that the earlier root's key signs, linted. Throws ISSUE_LINT. */
export function draftVoucher({ trustDomain, by, next, random }: VoucherTerms): Buffer {
  const tbs = encodeTbs({
    serial: random(16),
    issuer: by.subject,
    subject: next.subject,
    notBefore: next.notBefore,
    notAfter: epochSeconds(Math.min(by.notAfter, next.notAfter)),
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

/**
 * The to-be-signed bytes of a root, and of an issuer that an offline root signs; both have the trust domain as their URI
 * name (X.509-SVID section 3). Pure. Each root has its own subject and key identifier, so that a chain finds its issuer.
 */
import { trustDomainUri } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import {
  authorityKeyId,
  basicConstraints,
  keyUsage,
  subjectAltName,
  subjectKeyId,
} from '../../core/x509/extensions.ts';
import { encodeName, encodeTbs } from '../../core/x509/write.ts';
import { lintedAuthority } from './lint-authority.ts';

export interface RootTerms {
  readonly trustDomain: TrustDomain;
  /** DER. */
  readonly spki: Buffer;
  /** 16 random bytes. */
  readonly serial: Buffer;
  readonly notBefore: EpochSeconds;
  readonly notAfter: EpochSeconds;
  /** CA certificates between it and a leaf; default 0: it signs leaves itself. */
  readonly pathLength?: number;
}

/** The bytes that the root's own key signs, linted. Throws ISSUE_LINT. */
export function draftRoot({ trustDomain, spki, serial, notBefore, notAfter, pathLength = 0 }: RootTerms): Buffer {
  const name = encodeName(`Cleat root ${serial.subarray(0, 8).toString('hex')}`);
  const tbs = encodeTbs({
    serial,
    issuer: name,
    subject: name,
    notBefore,
    notAfter,
    spki,
    extensions: [
      basicConstraints({ ca: true, pathLength }),
      keyUsage('keyCertSign', 'cRLSign'),
      subjectAltName({ uri: trustDomainUri(trustDomain) }, false),
      subjectKeyId(spki),
    ],
  });
  return lintedAuthority(tbs, { trustDomain, spki, pathLength, by: undefined });
}

/** The bytes that the key of the root `by` signs, linted: an issuer of leaves. Throws ISSUE_LINT. */
export function draftIntermediate(terms: Omit<RootTerms, 'pathLength'> & { readonly by: Certificate }): Buffer {
  const { trustDomain, spki, serial, notBefore, notAfter, by } = terms;
  const tbs = encodeTbs({
    serial,
    issuer: by.subject,
    subject: encodeName(`Cleat issuer ${serial.subarray(0, 8).toString('hex')}`),
    notBefore,
    notAfter,
    spki,
    extensions: [
      basicConstraints({ ca: true, pathLength: 0 }),
      keyUsage('keyCertSign', 'cRLSign'),
      subjectAltName({ uri: trustDomainUri(trustDomain) }, false),
      subjectKeyId(spki),
      authorityKeyId(by.subjectKeyId ?? Buffer.alloc(0)),
    ],
  });
  return lintedAuthority(tbs, { trustDomain, spki, pathLength: 0, by });
}

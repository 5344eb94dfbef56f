/**
 * The to-be-signed bytes of a root that signs leaves directly: self-signed, path length 0, the trust domain as its URI
 * name (X.509-SVID section 3). Pure. Each root has its own subject and key identifier, so that a chain finds its issuer.
 */
import { trustDomainUri } from '../../core/identity/spiffe-id.ts';
import type { TrustDomain } from '../../core/identity/trust-domain.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { basicConstraints, keyUsage, subjectAltName, subjectKeyId } from '../../core/x509/extensions.ts';
import { encodeName, encodeTbs } from '../../core/x509/write.ts';

export interface RootTerms {
  readonly trustDomain: TrustDomain;
  /** DER. */
  readonly spki: Buffer;
  /** 16 random bytes. */
  readonly serial: Buffer;
  readonly notBefore: EpochSeconds;
  readonly notAfter: EpochSeconds;
}

/** The bytes that the root's own key signs. */
export function draftRoot({ trustDomain, spki, serial, notBefore, notAfter }: RootTerms): Buffer {
  const name = encodeName(`Cleat root ${serial.subarray(0, 8).toString('hex')}`);
  return encodeTbs({
    serial,
    issuer: name,
    subject: name,
    notBefore,
    notAfter,
    spki,
    extensions: [
      basicConstraints({ ca: true, pathLength: 0 }),
      keyUsage('keyCertSign', 'cRLSign'),
      subjectAltName({ uri: trustDomainUri(trustDomain) }, false),
      subjectKeyId(spki),
    ],
  });
}

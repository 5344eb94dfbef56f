/**
 * Whether a certificate was signed with the key of another (RFC 5280 section 6.1.3 a 1). An algorithm counts only in the one encoding
 * of its AlgorithmIdentifier that its standard prescribes, and only with a key of its own kind. No MD5, no SHA-1, no DSA.
 */
import { constants, createPublicKey, verify } from 'node:crypto';

import type { Certificate } from './certificate.ts';
import { keyTypeOf, type KeyType } from './public-key.ts';

export interface Scheme {
  /** `null`: the algorithm has its digest inside. */
  readonly digest: 'sha256' | 'sha384' | 'sha512' | null;
  readonly keys: readonly KeyType[];
  readonly pss: boolean;
}

/** Gives how the certificate is signed, undefined for any algorithm or parameters that are not in the table. */
export function schemeOf({ signatureIdentifier }: Certificate): Scheme | undefined {
  return SCHEMES.get(signatureIdentifier.toString('hex'));
}

/** True if the issuer's key made the signature. Never throws: a key that OpenSSL cannot use has signed nothing.
 *  Cost: one signature check. */
export function isSignedBy(certificate: Certificate, issuer: Pick<Certificate, 'spki'>): boolean {
  const scheme = schemeOf(certificate);
  const type = keyTypeOf(issuer.spki, 'PEER_NOT_SVID');
  if (scheme === undefined || !type.ok || !scheme.keys.includes(type.value)) return false;
  try {
    const key = createPublicKey({ key: issuer.spki, format: 'der', type: 'spki' });
    const padding = scheme.pss ? PSS : {};
    return verify(scheme.digest, certificate.tbs, { key, ...padding }, certificate.signature);
  } catch {
    return false;
  }
}

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

const ecdsa = (digest: Scheme['digest']): Scheme => ({ digest, keys: ['p256', 'p384'], pss: false });
const rsa = (digest: Scheme['digest'], pss: boolean): Scheme => ({ digest, keys: ['rsa'], pss });

/** By DER of the AlgorithmIdentifier. ECDSA and Ed25519 have no parameters (RFC 5758 section 3.2, RFC 8410 section 3), PKCS#1 v1.5 has
 *  NULL (RFC 4055 section 5), PSS has the digest, MGF1 with the same digest and a salt as long as it (RFC 4055 section 3.1). */
const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ['300a06082a8648ce3d040302', ecdsa('sha256')],
  ['300a06082a8648ce3d040303', ecdsa('sha384')],
  ['300a06082a8648ce3d040304', ecdsa('sha512')],
  ['300506032b6570', { digest: null, keys: ['ed25519'], pss: false }],
  ['300d06092a864886f70d01010b0500', rsa('sha256', false)],
  ['300d06092a864886f70d01010c0500', rsa('sha384', false)],
  ['300d06092a864886f70d01010d0500', rsa('sha512', false)],
  [pssIdentifier('01', '20'), rsa('sha256', true)],
  [pssIdentifier('02', '30'), rsa('sha384', true)],
  [pssIdentifier('03', '40'), rsa('sha512', true)],
]);

/** `digest` is the last byte of the OID of the SHA-2 digest, `salt` its length. */
function pssIdentifier(digest: string, salt: string): string {
  const hash = `300d06096086480165030402${digest}0500`;
  return `304106092a864886f70d01010a3034a00f${hash}a11c301a06092a864886f70d010108${hash}a2030201${salt}`;
}

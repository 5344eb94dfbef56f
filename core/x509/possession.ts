/**
 * The proof that a workload holds the key of a certificate of another CA, for one certificate request and one trust domain.
 * What is signed names purpose, trust domain, request, time and certificate, so the signature is worth nothing anywhere else
 * and for nobody else's key. Judges neither time nor certificate.
 */
import {
  constants,
  createHash,
  createPublicKey,
  type KeyObject,
  sign,
  type SignKeyObjectInput,
  verify,
  type VerifyKeyObjectInput,
} from 'node:crypto';

import type { TrustDomain } from '../identity/trust-domain.ts';
import type { EpochSeconds } from '../time/units.ts';
import type { KeyType } from './public-key.ts';

/** What one proof is for. */
export interface Possession {
  /** Of the CA that is asked. */
  readonly trustDomain: TrustDomain;
  /** DER of the certificate request. */
  readonly csr: Buffer;
  readonly signedAt: EpochSeconds;
  /** DER of the certificate whose key signs. */
  readonly leaf: Buffer;
}

/** No other protocol signs a text that begins so; in TLS 1.3 it is 64 spaces (RFC 8446 section 4.4.3). */
const LABEL = Buffer.from('cleat.ca.v1 possession of an X.509 key\0', 'latin1');

/** The signature over the possession. ECDSA in DER; RSA is PSS with a salt as long as the digest. */
export function signPossession(possession: Possession, key: KeyObject): Buffer {
  const type = key.asymmetricKeyType === 'ec' ? curveOf(key) : key.asymmetricKeyType;
  const scheme = SCHEMES[type === 'ed25519' || type === 'p384' || type === 'rsa' ? type : 'p256'];
  return sign(scheme.digest, possessionText(possession), { key, ...scheme.input });
}

/** Whether the holder of the certified key signed; false for anything malformed. `spki` is that of the leaf, of this type. */
export function isPossessed(
  possession: Possession,
  signature: Buffer,
  certified: { readonly spki: Buffer; readonly type: KeyType },
): boolean {
  const { digest, input } = SCHEMES[certified.type];
  try {
    const key = createPublicKey({ key: certified.spki, format: 'der', type: 'spki' });
    return verify(digest, possessionText(possession), { key, ...input }, signature);
  } catch {
    return false;
  }
}

/** Each part has a fixed length, or its length in front: no two possessions have one text. */
function possessionText({ trustDomain, csr, signedAt, leaf }: Possession): Buffer {
  const name = Buffer.from(trustDomain, 'latin1');
  const numbers = Buffer.alloc(10);
  numbers.writeUInt16BE(name.length);
  numbers.writeBigInt64BE(BigInt(signedAt), 2);
  return Buffer.concat([LABEL, numbers, name, sha256(csr), sha256(leaf)]);
}

const PSS = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
} as const satisfies Partial<SignKeyObjectInput & VerifyKeyObjectInput>;

/** `digest` null: the scheme has its own. */
const SCHEMES: Readonly<Record<KeyType, { readonly digest: 'sha256' | 'sha384' | null; readonly input: object }>> = {
  p256: { digest: 'sha256', input: {} },
  p384: { digest: 'sha384', input: {} },
  ed25519: { digest: null, input: {} },
  rsa: { digest: 'sha256', input: PSS },
};

const curveOf = (key: KeyObject): KeyType => (key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'p384' : 'p256');

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

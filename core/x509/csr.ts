/**
 * Reads a certificate request (PKCS#10, RFC 2986): it contributes a key and the proof that the requester holds it, and nothing
 * else. Names come from attestation only, so any that is asked for is a refusal, not something to drop in silence.
 * Never copies the requester's ASN.1: `spki` is written anew from the key.
 */
import { verify, type KeyObject } from 'node:crypto';

import { admit, refuse, type Outcome } from '../fault/refusal.ts';
import { octetsOf, oidOf, smallIntegerOf } from './der-value.ts';
import { DerReader, readDer, TAG, type DerElement } from './der.ts';
import { ATTRIBUTE, EXTENSION, SIGNATURE } from './oid.ts';
import { importSpki, keyTypeOf, type KeyType } from './public-key.ts';
import { modulusWeakness, pointWeakness } from './weak-key.ts';

export type { KeyType } from './public-key.ts';

export interface CertificateRequest {
  readonly publicKey: KeyObject;
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Buffer;
  readonly keyType: KeyType;
}

const LIMITS = { code: 'CSR_MALFORMED', most: 8192 } as const;
/** `[0] IMPLICIT SET OF Attribute`. */
const TAG_ATTRIBUTES = 0xa0;
const VERSION_1 = 0;

/** Gives the key. Never throws, whatever the bytes. Order: bounds, grammar, names, key policy, proof of possession.
 *  Refuses: CSR_MALFORMED (over 8 KiB, not strict DER, another version) | CSR_NAME (a subject, a subjectAltName) |
 *  CSR_EXTENSION (any other attribute) | CSR_KEY (not one of `keyTypes`, weak, off its curve) | CSR_SIGNATURE.
 *  Cost: one signature check, at the end. */
export function parseCsr(der: Buffer, keyTypes: readonly KeyType[]): Outcome<CertificateRequest> {
  return readDer(der, LIMITS, (top) => {
    const outer = top.enter(TAG.sequence);
    const signed = outer.next(TAG.sequence);
    const algorithm = outer.next(TAG.sequence);
    const signature = octetsOf(outer.next(TAG.bitString).content);
    outer.end();
    const spki = readInfo(new DerReader(signed.content));
    if (!spki.ok) return spki;
    const request = readKey(spki.value, keyTypes);
    if (!request.ok) return request;
    return isProof(request.value, { signed: signed.der, algorithm, signature })
      ? request
      : refuse('CSR_SIGNATURE', `proof of possession by a ${request.value.keyType} key does not verify`);
  });
}

/** CertificationRequestInfo ::= SEQUENCE { version, subject, subjectPKInfo, [0] attributes } */
function readInfo(reader: DerReader): Outcome<Buffer> {
  const version = smallIntegerOf(reader.next(TAG.integer).content);
  const subject = reader.next(TAG.sequence);
  const spki = reader.next(TAG.sequence).der;
  const attributes = readAttributes(reader.enter(TAG_ATTRIBUTES));
  reader.end();
  if (version !== VERSION_1) return refuse('CSR_MALFORMED', `version ${version}, not 0`);
  if (subject.content.length > 0) return refuse('CSR_NAME', 'the request has a subject');
  if (attributes.some(asksForName)) return refuse('CSR_NAME', 'the request has a subjectAltName');
  const [first] = attributes;
  return first === undefined ? admit(spki) : refuse('CSR_EXTENSION', `the request has the attribute ${first.oid}`);
}

interface Attribute {
  readonly oid: string;
  readonly values: Buffer;
}

/** Attribute ::= SEQUENCE { type OBJECT IDENTIFIER, values SET } */
function readAttributes(list: DerReader): readonly Attribute[] {
  const attributes: Attribute[] = [];
  while (list.hasMore()) {
    const reader = list.enter(TAG.sequence);
    const oid = oidOf(reader.next(TAG.oid).content);
    attributes.push({ oid, values: reader.next(TAG.set).content });
    reader.end();
  }
  return attributes;
}

/** True if an extensionRequest (RFC 2985 section 5.4.2) asks for a subjectAltName. What is malformed inside throws a `DerError`. */
function asksForName({ oid, values }: Attribute): boolean {
  if (oid !== ATTRIBUTE.extensionRequest) return false;
  const extensions = new DerReader(values).enter(TAG.sequence);
  while (extensions.hasMore())
    if (oidOf(extensions.enter(TAG.sequence).next(TAG.oid).content) === EXTENSION.subjectAltName) return true;
  return false;
}

function readKey(spki: Buffer, keyTypes: readonly KeyType[]): Outcome<CertificateRequest> {
  const type = keyTypeOf(spki, 'CSR_KEY');
  if (!type.ok) return type;
  if (!keyTypes.includes(type.value))
    return refuse('CSR_KEY', `key type ${type.value}, allowed: ${keyTypes.join(' ')}`);
  const publicKey = importSpki(spki);
  if (publicKey === undefined) return refuse('CSR_KEY', `not a point or number of a ${type.value} key`);
  const weakness = weaknessOf(publicKey, type.value);
  if (weakness !== undefined) return refuse('CSR_KEY', weakness);
  return admit({ publicKey, spki: canonicalSpki(spki, publicKey), keyType: type.value });
}

/** SubjectPublicKeyInfo of a P-256 key up to the 64 bytes of its point, in the one form that `keyTypeOf` lets through. */
const P256_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');
const P256_BYTES = 91;

/** What OpenSSL would write. Of P-256 that is this very text, once it begins as it must. */
function canonicalSpki(spki: Buffer, key: KeyObject): Buffer {
  if (spki.length === P256_BYTES && spki.subarray(0, P256_PREFIX.length).equals(P256_PREFIX)) return Buffer.from(spki);
  return key.export({ type: 'spki', format: 'der' });
}

/** What the form of the key does not show. */
function weaknessOf(publicKey: KeyObject, type: KeyType): string | undefined {
  if (type !== 'rsa' && type !== 'ed25519') return undefined;
  const { n = '', x = '' } = publicKey.export({ format: 'jwk' });
  if (type === 'ed25519') return pointWeakness(Buffer.from(x, 'base64url'));
  return modulusWeakness(BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`));
}

const ECDSA: ReadonlyMap<string, string> = new Map([
  [SIGNATURE.ecdsaWithSha256, 'sha256'],
  [SIGNATURE.ecdsaWithSha384, 'sha384'],
  [SIGNATURE.ecdsaWithSha512, 'sha512'],
]);
const RSA: ReadonlyMap<string, string> = new Map([
  [SIGNATURE.sha256WithRsa, 'sha256'],
  [SIGNATURE.sha384WithRsa, 'sha384'],
  [SIGNATURE.sha512WithRsa, 'sha512'],
]);
/** Per key type the signature algorithms and their hash; Ed25519 has its own. No SHA-1, no MD5. */
const ALGORITHMS: Readonly<Record<KeyType, ReadonlyMap<string, string | undefined>>> = {
  p256: ECDSA,
  p384: ECDSA,
  rsa: RSA,
  ed25519: new Map([[SIGNATURE.ed25519, undefined]]),
};

interface Proof {
  readonly signed: Buffer;
  readonly algorithm: DerElement;
  readonly signature: Buffer;
}

function isProof({ publicKey, keyType }: CertificateRequest, { signed, algorithm, signature }: Proof): boolean {
  const reader = new DerReader(algorithm.content);
  const oid = oidOf(reader.next(TAG.oid).content);
  // Parameters: NULL for RSA (RFC 4055 section 5), absent for the others (RFC 5758 section 3.2, RFC 8410 section 3).
  if (keyType === 'rsa') reader.next(TAG.null);
  reader.end();
  if (!ALGORITHMS[keyType].has(oid)) return false;
  return verify(ALGORITHMS[keyType].get(oid), signed, publicKey, signature);
}

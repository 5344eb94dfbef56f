/**
 * Whether a compact JWE opens under a key (RFC 7516, RFC 7518 sections 4 and 5). Only to know which cases of the data are
 * sound: the product decrypts nothing.
 */
import {
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type CipherGCMTypes,
  constants,
  diffieHellman,
  privateDecrypt,
  timingSafeEqual,
} from 'node:crypto';

import { decodeBase64url } from '../../core/token/base64url.ts';
import { isJsonObject, type JsonObject, parseStrictJson } from '../../core/token/json.ts';
import { isMembers, type Members, textOf } from './document.ts';

/** True if the tag holds under this key and the `alg` that the key is meant for. */
export function opensJwe(text: string, key: Members): boolean {
  const parts = text.split('.');
  const [head, wrapped, iv, ciphertext, tag] = parts.map(decodeBase64url);
  if (parts.length !== 5 || !head || !wrapped || !iv || !ciphertext || !tag) return false;
  const header = parseStrictJson(head);
  if (!header.ok || !isJsonObject(header.value) || header.value['alg'] !== key['alg']) return false;
  try {
    const content = unwrap(header.value, wrapped, key);
    return decrypts(textOf(header.value, 'enc'), content, { iv, ciphertext, tag, aad: Buffer.from(parts[0] ?? '') });
  } catch {
    return false;
  }
}

const binary = (value: unknown): Buffer => Buffer.from(String(value), 'base64url');

/** The content key. */
function unwrap(header: JsonObject, wrapped: Buffer, key: Members): Buffer {
  const alg = textOf(header, 'alg');
  if (alg.startsWith('RSA')) return unwrapRsa(alg, wrapped, key);
  if (alg.startsWith('ECDH-ES')) return unwrapAgreed(header, wrapped, key);
  if (!alg.endsWith('GCMKW')) return unwrapAes(binary(key['k']), wrapped);
  const iv = binary(header['iv']);
  return openGcm(binary(key['k']), { iv, ciphertext: wrapped, tag: binary(header['tag']), aad: Buffer.alloc(0) });
}

function unwrapAes(key: Buffer, wrapped: Buffer): Buffer {
  const decipher = createDecipheriv(`id-aes${key.length * 8}-wrap`, key, Buffer.alloc(8, 0xa6));
  return Buffer.concat([decipher.update(wrapped), decipher.final()]);
}

function unwrapRsa(alg: string, wrapped: Buffer, key: Members): Buffer {
  const secret = createPrivateKey({ key, format: 'jwk' });
  if (alg === 'RSA1_5') return privateDecrypt({ key: secret, padding: constants.RSA_PKCS1_PADDING }, wrapped);
  const oaepHash = alg === 'RSA-OAEP' ? 'sha1' : `sha${alg.slice('RSA-OAEP-'.length)}`;
  return privateDecrypt({ key: secret, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, wrapped);
}

/** ECDH-ES with the Concat KDF of RFC 7518 section 4.6.2; directly or around a wrapped key. */
function unwrapAgreed(header: JsonObject, wrapped: Buffer, key: Members): Buffer {
  const { alg, epk, apu, apv } = header;
  if (!isMembers(epk)) throw new Error('no epk');
  const agreed = diffieHellman({
    privateKey: createPrivateKey({ key, format: 'jwk' }),
    publicKey: createPublicKey({ key: epk, format: 'jwk' }),
  });
  const isDirect = alg === 'ECDH-ES';
  const id = textOf(header, isDirect ? 'enc' : 'alg');
  const bits = isDirect ? contentBits(id) : Number(/A(\d+)KW$/.exec(id)?.[1]);
  const fields = [id, binary(apu ?? ''), binary(apv ?? '')].map((field) => withLength(Buffer.from(field)));
  const info = Buffer.concat([...fields, uint32(bits)]);
  const rounds = Array.from({ length: Math.ceil(bits / 256) }, (_none, at) =>
    createHash('sha256')
      .update(Buffer.concat([uint32(at + 1), agreed, info]))
      .digest(),
  );
  const derived = Buffer.concat(rounds).subarray(0, bits / 8);
  return isDirect ? derived : unwrapAes(derived, wrapped);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const withLength = (field: Buffer): Buffer => Buffer.concat([uint32(field.length), field]);

/** `A128GCM`, or `A128CBC-HS256`, whose key is the MAC's and the cipher's together. */
const contentBits = (enc: string): number => Number(/HS(\d+)$/.exec(enc)?.[1] ?? /^A(\d+)GCM$/.exec(enc)?.[1]);

interface Sealed {
  readonly iv: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
  readonly aad: Buffer;
}

function decrypts(enc: string, key: Buffer, sealed: Sealed): boolean {
  if (key.length * 8 !== contentBits(enc)) return false;
  return enc.endsWith('GCM') ? openGcm(key, sealed).length >= 0 : opensCbc(enc, key, sealed);
}

function openGcm(key: Buffer, { iv, ciphertext, tag, aad }: Sealed): Buffer {
  if (tag.length !== 16 || iv.length !== 12) throw new Error('tag or iv of another length');
  const decipher = createDecipheriv(`aes-${key.length * 8}-gcm` as CipherGCMTypes, key, iv);
  decipher.setAAD(aad).setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

/** RFC 7518 section 5.2.2.2. */
function opensCbc(enc: string, key: Buffer, { iv, ciphertext, tag, aad }: Sealed): boolean {
  const half = key.length / 2;
  const bits = Buffer.alloc(8);
  bits.writeBigUInt64BE(BigInt(aad.length * 8));
  const mac = createHmac(`sha${enc.slice(-3)}`, key.subarray(0, half))
    .update(Buffer.concat([aad, iv, ciphertext, bits]))
    .digest()
    .subarray(0, half);
  if (tag.length !== half || !timingSafeEqual(mac, tag)) return false;
  const decipher = createDecipheriv(`aes-${half * 8}-cbc`, key.subarray(half), iv);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]).length >= 0;
}

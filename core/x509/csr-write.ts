/** Writes a certificate request (PKCS#10, RFC 2986) that asks for nothing: a key and the proof of possession. */
import { createPublicKey, sign, type KeyObject } from 'node:crypto';

import { constructed, derOf, primitive, raw } from './asn1.ts';
import { TAG } from './der.ts';
import { EMPTY_NAME, encodeSigned } from './write.ts';

const TAG_ATTRIBUTES = 0xa0;
const VERSION_1 = Buffer.from([0]);

/** Gives the DER of a request with an empty subject and no attributes, signed by `key`, a private key on P-256.
 *  Secret: `key` stays inside of `node:crypto`. */
export function writeCsr(key: KeyObject): Buffer {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const version = primitive(TAG.integer, VERSION_1);
  const info = derOf(constructed(TAG.sequence, [version, raw(EMPTY_NAME), raw(spki), constructed(TAG_ATTRIBUTES, [])]));
  return encodeSigned(info, sign('sha256', info, key));
}

/**
 * The signature of one JWS: the key comes from the issuer's set and from nowhere else, the JOSE library verifies, and
 * Node's own crypto must agree. Knows nothing of claims.
 */
import type { KeyObject } from 'node:crypto';

import { compactVerify } from 'jose';

import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { Algorithm } from '../../core/token/algorithm.ts';
import { checkHeader, type JwsHeader } from '../../core/token/header.ts';
import type { CompactJws } from '../../core/token/jws.ts';
import { type KeySet, selectKey } from '../../core/token/key-set.ts';
import { verifySignature } from '../../core/token/signature.ts';

/** A token beside its parts. */
export interface RawToken {
  /** Secret. */
  readonly text: string;
  readonly jws: CompactJws;
}

/** Gives the header if the signature holds. `allowed` is the issuer's list of algorithms.
 *  Refuses: TOKEN_HEADER | TOKEN_ALGORITHM | TOKEN_KEY | TOKEN_SIGNATURE.
 *  Cost: ES256 about 0.5 ms, half of it off this thread. */
export async function verifyJws(
  { text, jws }: RawToken,
  keys: KeySet,
  allowed: readonly Algorithm[],
): Promise<Outcome<JwsHeader>> {
  const header = checkHeader(jws.header, allowed);
  if (!header.ok) return header;
  const selected = selectKey(keys, header.value);
  if (!selected.ok) return selected;
  const { algorithm } = header.value;
  const { key } = selected.value;
  const isSound = await isSignedBy({ text, jws }, key, algorithm);
  // A header may leave the `kid` out; the key has it all the same, and what was revoked is the key.
  const named = { ...header.value, keyId: selected.value.keyId };
  return isSound ? admit(named) : refuse('TOKEN_SIGNATURE', `${algorithm}, kid ${JSON.stringify(header.value.keyId)}`);
}

/** Whether the signature is by this key, which must be of the type of `algorithm`: two libraries have to say so. */
export async function isSignedBy({ text, jws }: RawToken, key: KeyObject, algorithm: Algorithm): Promise<boolean> {
  return (await joseAgrees(text, key, algorithm)) && verifySignature({ key, algorithm }, jws.signed, jws.signature);
}

/** jose keeps what it makes of a key object for as long as that object lives: one import a generation of keys. */
function joseAgrees(text: string, key: KeyObject, algorithm: Algorithm): Promise<boolean> {
  return compactVerify(text, key, { algorithms: [algorithm] }).then(
    () => true,
    () => false,
  );
}

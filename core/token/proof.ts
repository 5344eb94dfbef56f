/**
 * A DPoP proof (RFC 9449 section 4.3) by all that can be judged without its signature and without memory, cheap before
 * dear. What it gives is not proved yet: the shell verifies the signature (`runtime/token/verify-proof.ts`) and consumes
 * the `jti` (`replay.ts`), last of all, so that a request that fails burns nothing.
 */
import { createHash, type KeyObject } from 'node:crypto';

import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import { type EpochSeconds, epochSeconds, type Seconds } from '../time/units.ts';
import type { Algorithm } from './algorithm.ts';
import { checkHeader } from './header.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { type CompactJws, parseCompactJws, parseJsonObject } from './jws.ts';
import { readPublicKey } from './key-set.ts';
import { normaliseTarget } from './target-uri.ts';
import { thumbprintOf } from './thumbprint.ts';

/** What a proof proves: who holds the key of this thumbprint made it, for this one request. */
export interface DpopProof {
  /** RFC 7638 thumbprint of its key. */
  readonly jkt: string;
  readonly jti: string;
  readonly issuedAt: EpochSeconds;
}

export interface ProofTerms {
  /** Of the request; case counts. */
  readonly method: string;
  /** What `htu` may be, from `targetsOf`: one spelling each. Empty: no proof can hold. */
  readonly targets: readonly string[];
  /** The token beside it, whose hash `ath` must be; undefined at the token endpoint. Secret. */
  readonly accessToken: string | undefined;
  /** The `cnf.jkt` of that token, where it is known: a proof by another key is refused before its signature is looked at. */
  readonly jkt?: string | undefined;
  /** Which nonces are good; undefined where none is asked for. */
  readonly nonces: { accepts(nonce: string, now: EpochSeconds): boolean } | undefined;
  /** How far `iat` may lie from now, either way. */
  readonly window: Seconds;
  readonly algorithms: readonly Algorithm[];
  readonly now: EpochSeconds;
}

/** A proof whose signature is still to be verified, by the key that it carries. */
export interface UnsignedProof {
  readonly proof: DpopProof;
  readonly jws: CompactJws;
  readonly key: KeyObject;
  readonly algorithm: Algorithm;
}

/** What proofs may be signed with. No RSA: its keys would have to be tested for weakness at each request. */
export const PROOF_ALGORITHMS: readonly Algorithm[] = Object.freeze(['ES256', 'ES384', 'Ed25519', 'EdDSA']);

/** Gives the proof, its signature unverified.
 *  Refuses: BINDING_PROOF (the detail names the rule) | BINDING_NONCE | BINDING_PROOF_KEY. Cost: one import of a key. */
export function checkProof(text: string, terms: ProofTerms): Outcome<UnsignedProof> {
  if (terms.targets.length === 0)
    return bad('no public origin is configured here, so nothing can say what htu must be');
  const jws = parseCompactJws(text);
  if (!jws.ok) return bad(jws.refusal.detail);
  const header = checkHeader(jws.value.header, terms.algorithms);
  if (!header.ok) return bad(header.refusal.detail);
  if (header.value.type !== 'dpop+jwt') return bad('typ is not dpop+jwt');
  const key = readPublicKey(jws.value.header['jwk'] ?? null);
  if (typeof key === 'string') return bad(`jwk: ${key}`);
  const { algorithm } = header.value;
  if (!key.algorithms.includes(algorithm)) return bad(`alg ${algorithm} does not fit the jwk`);
  const claims = parseJsonObject(jws.value.payload, 'claims');
  if (!claims.ok) return bad(claims.refusal.detail);
  const said = checkClaims(claims.value, terms);
  if (!said.ok) return said;
  const jkt = thumbprintOf(key.key);
  if (terms.jkt !== undefined && terms.jkt !== jkt) return refuse('BINDING_PROOF_KEY', otherKey(terms.jkt, jkt));
  return admit({ proof: Object.freeze({ jkt, ...said.value }), jws: jws.value, key: key.key, algorithm });
}

/** How a refusal names a proof by another key than the token's. */
export const otherKey = (bound: string, shown: string): string => `bound to the key ${bound}, the proof is by ${shown}`;

/** Characters; a random one has 22. */
const JTI_MOST = 256;

function checkClaims(claims: JsonObject, terms: ProofTerms): Outcome<Pick<DpopProof, 'jti' | 'issuedAt'>> {
  const { jti, htm, htu, iat, nonce } = claims;
  if (typeof jti !== 'string' || jti === '' || jti.length > JTI_MOST) {
    return bad(`jti is not a text of 1 to ${JTI_MOST} characters`);
  }
  if (htm !== terms.method) return bad(`htm is not ${terms.method}`);
  const target = typeof htu === 'string' ? normaliseTarget(htu) : undefined;
  if (target === undefined || !terms.targets.includes(target)) return bad(`htu is not ${terms.targets.join(' or ')}`);
  const fresh = checkNonce(nonce, terms);
  if (!fresh.ok) return fresh;
  if (typeof iat !== 'number' || !Number.isSafeInteger(iat)) return bad('iat is not a whole number of seconds');
  // Written so that a moment that is no number is outside.
  if (!(Math.abs(terms.now - iat) <= terms.window))
    return bad(`iat ${iat}, now ${terms.now}, window ${terms.window} s`);
  if (terms.accessToken !== undefined && claims['ath'] !== hashOf(terms.accessToken)) {
    return bad('ath is not the hash of the token');
  }
  return admit({ jti, issuedAt: epochSeconds(iat) });
}

function checkNonce(nonce: JsonValue | undefined, { nonces, now }: ProofTerms): Outcome<void> {
  if (nonces === undefined) return admit(undefined);
  if (typeof nonce !== 'string') return refuse('BINDING_NONCE', 'the proof has no nonce');
  return nonces.accepts(nonce, now) ? admit(undefined) : refuse('BINDING_NONCE', 'the nonce is unknown or too old');
}

const hashOf = (token: string): string => createHash('sha256').update(token, 'latin1').digest('base64url');

const bad = (rule: string): Outcome<never> => refuse('BINDING_PROOF', rule);

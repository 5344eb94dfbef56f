/**
 * Verifies a token in the order of tokens.md section 2: grammar, JSON, issuer, header, key, signature, claims. The issuer is
 * pinned by exact `iss`, and only its own keys are tried. Remembers nothing; binding is decided elsewhere.
 */
import { createHash } from 'node:crypto';

import { type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { checkClaims } from '../../core/token/claims.ts';
import type { JwsHeader } from '../../core/token/header.ts';
import type { IssuerRules } from '../../core/token/issuer.ts';
import { parseCompactJws, parseJsonObject } from '../../core/token/jws.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import type { KeySource } from '../jwks.ts';
import { type RawToken, verifyJws } from './verify-jws.ts';

export interface TrustedIssuer {
  readonly rules: IssuerRules;
  /** Where its keys come from. */
  readonly source: Pick<KeySource, 'keys' | 'seek' | 'subscribe'>;
}

export interface Expected {
  /** The issuer with this `iss`, byte by byte. The claim is not verified yet: it only says whose rules and keys are tried. */
  readonly issuer: (iss: string) => TrustedIssuer | undefined;
  /** What `aud` must name one of. */
  readonly audiences: (issuer: TrustedIssuer) => readonly string[];
  /** Who shows the token, where that is known: unknown keys of one asker delay no other. */
  readonly asker?: string;
  readonly now: EpochSeconds;
}

/** Gives what the token says. Refuses with a `TOKEN_` code, or BINDING_ABSENT where the issuer's tokens must be bound. */
export async function verifyToken(text: string, expected: Expected): Promise<Outcome<VerifiedToken>> {
  const { issuer, audiences, now } = expected;
  const jws = parseCompactJws(text);
  if (!jws.ok) return jws;
  const claims = parseJsonObject(jws.value.payload, 'claims');
  if (!claims.ok) return claims;
  const { iss } = claims.value;
  if (typeof iss !== 'string') return refuse('TOKEN_ISSUER', 'iss is missing or not a string');
  const trusted = issuer(iss);
  if (trusted === undefined) return refuse('TOKEN_ISSUER', `iss ${JSON.stringify(iss.slice(0, 256))}`);
  const header = await verifyWithIssuer({ text, jws: jws.value }, trusted, expected.asker ?? '');
  if (!header.ok) return header;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const signed = { type: header.value.type, keyId: header.value.keyId, claims: claims.value, digest };
  return checkClaims(signed, { rules: trusted.rules, audiences: audiences(trusted), now });
}

/** The header, if the signature holds. An unknown key may be a new one: the set is fetched once more, as often as the source
 *  allows. Refuses as `verifyJws` does, and TOKEN_KEYS_UNAVAILABLE. */
export async function verifyWithIssuer(
  token: RawToken,
  { rules, source }: TrustedIssuer,
  asker: string,
): Promise<Outcome<JwsHeader>> {
  const set = source.keys();
  if (!set.ok) return set;
  const first = await verifyJws(token, set.value, rules.algorithms);
  if (first.ok || first.refusal.code !== 'TOKEN_KEY') return first;
  const next = await source.seek(asker);
  if (!next.ok || next.value === set.value) return first;
  return verifyJws(token, next.value, rules.algorithms);
}

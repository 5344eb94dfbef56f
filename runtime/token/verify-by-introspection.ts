/**
 * Verifies a token that its issuer is asked about: opaque ones, and JWTs of that issuer. The claims of the answer go
 * through the same checks as those of a JWT. Remembers nothing; binding is decided elsewhere.
 */
import { createHash } from 'node:crypto';

import { type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { checkClaims } from '../../core/token/claims.ts';
import { INTROSPECTED } from '../../core/token/introspection.ts';
import type { IssuerRules } from '../../core/token/issuer.ts';
import { parseCompactJws, parseJsonObject, TOKEN_MOST } from '../../core/token/jws.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import type { Introspector } from './introspection.ts';

export interface AskedIssuer {
  /** Their `types` are those of an introspected token: `INTROSPECTED` alone. */
  readonly rules: IssuerRules;
  readonly introspector: Introspector;
}

export interface AskedExpected {
  readonly audiences: readonly string[];
  /** Who shows the token. */
  readonly asker: string;
  readonly now: EpochSeconds;
}

/** Whether this issuer is the one to ask: the token says so, or it is not of the form that says whose it is. What has three
 *  parts is never sent to an issuer that it does not name. */
export function isAsked(text: string, iss: string): boolean {
  if (text.length > TOKEN_MOST || text.split('.', 4).length !== 3) return true;
  const jws = parseCompactJws(text);
  const claims = jws.ok ? parseJsonObject(jws.value.payload, 'claims') : jws;
  return claims.ok && claims.value['iss'] === iss;
}

/** An API key is for the token endpoint of the CA: nobody else may see it. */
const API_KEY = /^clt_/i;

/** Gives what the issuer says of the token. Refuses with a `TOKEN_` code, or BINDING_ABSENT where its tokens must be bound. */
export async function verifyByIntrospection(
  text: string,
  { rules, introspector }: AskedIssuer,
  { audiences, asker, now }: AskedExpected,
): Promise<Outcome<VerifiedToken>> {
  if (text.length > TOKEN_MOST) return refuse('TOKEN_TOO_LONG', `${text.length} bytes, at most ${TOKEN_MOST}`);
  if (API_KEY.test(text)) return refuse('TOKEN_GRAMMAR', 'an API key is exchanged at the CA, never shown here');
  const claims = await introspector.ask(text, asker);
  if (!claims.ok) return claims;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const answered = { type: INTROSPECTED, keyId: undefined, claims: claims.value, digest };
  return checkClaims(answered, { rules, audiences, now });
}

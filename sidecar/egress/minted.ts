/**
 * Looks at a token that the CA minted for us before it is used: bound to our certificate, meant for the audience, not
 * over. Its signature is for who receives it to check; the channel that it came over proves the CA. Pure.
 * Spec: RFC 8705 section 3.1.
 */
import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { isJsonObject, type JsonValue } from '../../core/token/json.ts';
import { parseCompactJws, parseJsonObject } from '../../core/token/jws.ts';
import type { MintedToken } from '../../runtime/grpc/messages.ts';

export interface MintedExpectation {
  readonly audience: string;
  /** `x5t#S256` of the certificate that asked. */
  readonly thumbprintText: string;
  readonly now: EpochSeconds;
}

/** Nothing, if the token is what was asked for. Refuses: TOKEN_TOO_LONG | TOKEN_GRAMMAR | TOKEN_JSON | TOKEN_AUDIENCE |
 *  TOKEN_CLAIMS | TOKEN_EXPIRED | BINDING_ABSENT | BINDING_MISMATCH. */
export function checkMinted(minted: MintedToken, expected: MintedExpectation): Outcome<void> {
  const jws = parseCompactJws(minted.token);
  if (!jws.ok) return jws;
  const claims = parseJsonObject(jws.value.payload, 'claims');
  if (!claims.ok) return claims;
  const { aud, exp, cnf } = claims.value;
  if (aud !== expected.audience) return refuse('TOKEN_AUDIENCE', `aud is not ${expected.audience}`);
  // The cache goes by what the CA says beside the token; who receives it goes by `exp`.
  if (exp !== minted.expiresAt) return refuse('TOKEN_CLAIMS', `exp is not ${minted.expiresAt}`);
  if (expected.now >= minted.expiresAt) return refuse('TOKEN_EXPIRED', `exp ${minted.expiresAt}, now ${expected.now}`);
  return checkBinding(cnf, expected.thumbprintText);
}

function checkBinding(cnf: JsonValue | undefined, thumbprintText: string): Outcome<void> {
  const found = isJsonObject(cnf) ? cnf['x5t#S256'] : undefined;
  if (typeof found !== 'string') return refuse('BINDING_ABSENT', 'the CA minted a token without x5t#S256');
  if (found === thumbprintText) return admit(undefined);
  return refuse('BINDING_MISMATCH', `bound to ${found.slice(0, 64)}, not to our ${thumbprintText}`);
}

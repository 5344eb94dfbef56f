/**
 * Decides who may get a token for which audience and scopes: the first rule that names both caller and audience decides,
 * no later one is tried, and no rule refuses. Pure.
 */
import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import { matchesId, type IdPattern } from '../../core/identity/pattern.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';

export interface TokenRule {
  readonly for: { readonly spiffe: IdPattern };
  readonly audience: string;
  readonly scopes: readonly string[];
}

export interface TokenWish {
  readonly audience: string;
  /** Empty: all that the rule grants. */
  readonly scopes: readonly string[];
}

const AUDIENCE = /^[\x21-\x7e]{1,255}$/;
/** RFC 6749 section 3.3, with a bound on the length. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;
const SCOPES_MOST = 64;

/** Gives the scopes that the token may have, each once.
 *  Refuses: GRANT_TOKEN_REQUEST (malformed) | GRANT_TOKEN_RULE. */
export function decideScopes(
  rules: readonly TokenRule[],
  caller: SpiffeId,
  wish: TokenWish,
): Outcome<readonly string[]> {
  const flaw = flawOf(wish);
  if (flaw !== undefined) return refuse('GRANT_TOKEN_REQUEST', flaw);
  const place = rules.findIndex((rule) => rule.audience === wish.audience && matchesId(rule.for.spiffe, caller));
  const rule = rules[place];
  if (rule === undefined)
    return refuse('GRANT_TOKEN_RULE', `no rule gives ${caller.uri} the audience ${JSON.stringify(wish.audience)}`);
  const beyond = wish.scopes.filter((scope) => !rule.scopes.includes(scope));
  if (beyond.length > 0)
    return refuse(
      'GRANT_TOKEN_RULE',
      `tokens.rules[${place}] does not grant ${JSON.stringify(beyond)} to ${caller.uri}`,
    );
  return admit([...new Set(wish.scopes.length === 0 ? rule.scopes : wish.scopes)]);
}

function flawOf({ audience, scopes }: TokenWish): string | undefined {
  if (!AUDIENCE.test(audience)) return 'audience: 1 to 255 characters of visible ASCII';
  if (scopes.length > SCOPES_MOST) return `scopes: ${scopes.length} of them, at most ${SCOPES_MOST}`;
  if (!scopes.every((scope) => SCOPE.test(scope))) return 'scopes: 1 to 128 characters each (RFC 6749 section 3.3)';
  return undefined;
}

/**
 * Verifies the tokens that one listener takes, in the order of tokens.md section 2: grammar, JSON, issuer, header, key,
 * signature, claims. The issuer is pinned by exact `iss`, and only its own keys are tried. Binding is decided elsewhere.
 */
import { createHash } from 'node:crypto';

import { admit, type Outcome, refuse } from '../../core/fault/refusal.ts';
import type { Peer } from '../../core/identity/peer.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { checkClaims } from '../../core/token/claims.ts';
import type { JwsHeader } from '../../core/token/header.ts';
import type { IssuerRules } from '../../core/token/issuer.ts';
import type { JsonObject } from '../../core/token/json.ts';
import { parseCompactJws, parseJsonObject } from '../../core/token/jws.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import type { KeySource } from '../../runtime/jwks.ts';
import { createMemo } from './memo.ts';
import { type RawToken, verifyJws } from './verify-jws.ts';

export interface TokenVerifier {
  /** A token that was verified before for this peer and is still good; costs no promise. */
  recall(text: string, peer: Peer, now: EpochSeconds): VerifiedToken | undefined;
  /** Verifies and remembers. Refuses with a `TOKEN_` code, or BINDING_ABSENT where the issuer's tokens must be bound. */
  verify(text: string, peer: Peer, now: EpochSeconds): Promise<Outcome<VerifiedToken>>;
  /** Empties the memory: called on a change of keys (by itself), bundle or policy (by the composition root). */
  forget(): void;
}

export interface TrustedIssuer {
  readonly rules: IssuerRules;
  /** Where its keys come from. */
  readonly source: Pick<KeySource, 'keys' | 'seek' | 'subscribe'>;
}

export interface VerifierDeps {
  readonly issuers: readonly TrustedIssuer[];
  /** What `aud` must name: the audiences of this listener. */
  readonly audiences: readonly string[];
  /** Verdicts to remember, default 4096. */
  readonly memory?: number;
}

/** A verifier for one listener. Two issuers with one `iss` are a programmer's mistake (`TypeError`). */
export function createVerifier({ issuers, audiences, memory = 4096 }: VerifierDeps): TokenVerifier {
  const byIss = new Map(issuers.map((issuer) => [issuer.rules.issuer, issuer]));
  if (byIss.size < issuers.length) throw new TypeError('two issuers with one iss');
  const memo = createMemo(memory);
  let generation = 0;

  function forget(): void {
    generation += 1;
    memo.forget();
  }
  for (const { source } of issuers) source.subscribe(forget);

  return {
    recall: (text, peer, now) => memo.recall(text, peer, now),
    async verify(text, peer, now) {
      const begun = generation;
      const token = await verifyToken(text, { byIss, audiences, now });
      // What was judged by keys that have changed meanwhile is answered, but not remembered.
      if (token.ok && begun === generation) memo.remember(text, peer, token.value);
      return token;
    },
    forget,
  };
}

interface Expected {
  readonly byIss: ReadonlyMap<string, TrustedIssuer>;
  readonly audiences: readonly string[];
  readonly now: EpochSeconds;
}

async function verifyToken(text: string, { byIss, audiences, now }: Expected): Promise<Outcome<VerifiedToken>> {
  const jws = parseCompactJws(text);
  if (!jws.ok) return jws;
  const claims = parseJsonObject(jws.value.payload, 'claims');
  if (!claims.ok) return claims;
  const issuer = issuerOf(claims.value, byIss);
  if (!issuer.ok) return issuer;
  const header = await verifyWithIssuer({ text, jws: jws.value }, issuer.value);
  if (!header.ok) return header;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const signed = { type: header.value.type, claims: claims.value, digest };
  return checkClaims(signed, { rules: issuer.value.rules, audiences, now });
}

/** Not verified yet: it only says whose rules and keys are to be tried. */
function issuerOf({ iss }: JsonObject, byIss: ReadonlyMap<string, TrustedIssuer>): Outcome<TrustedIssuer> {
  if (typeof iss !== 'string') return refuse('TOKEN_ISSUER', 'iss is missing or not a string');
  const found = byIss.get(iss);
  return found === undefined ? refuse('TOKEN_ISSUER', `iss ${JSON.stringify(iss.slice(0, 256))}`) : admit(found);
}

/** An unknown key may be a new one: the set is fetched once more, as often as the source allows. */
async function verifyWithIssuer(token: RawToken, { rules, source }: TrustedIssuer): Promise<Outcome<JwsHeader>> {
  const set = source.keys();
  if (!set.ok) return set;
  const first = await verifyJws(token, set.value, rules.algorithms);
  if (first.ok || first.refusal.code !== 'TOKEN_KEY') return first;
  const next = await source.seek();
  if (!next.ok || next.value === set.value) return first;
  return verifyJws(token, next.value, rules.algorithms);
}

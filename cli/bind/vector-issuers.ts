/** The issuers of a case with their keys, and the verifier of their tokens. */
import { demand } from '../../core/fault/fault.ts';
import { parseTrustDomain } from '../../core/identity/trust-domain.ts';
import { type Outcome, refuse } from '../../core/fault/refusal.ts';
import { milliseconds } from '../../core/time/units.ts';
import { type Algorithm, algorithmOf } from '../../core/token/algorithm.ts';
import { INTROSPECTED, readIntrospection } from '../../core/token/introspection.ts';
import { issuerRules } from '../../core/token/issuer.ts';
import type { JsonObject } from '../../core/token/json.ts';
import { isAsked, verifyByIntrospection } from '../../runtime/token/verify-by-introspection.ts';
import { type TrustedIssuer, verifyToken } from '../../runtime/token/verify-token.ts';
import type { TokenChecks } from '../../sidecar/token/verifier.ts';
import { fixedKeys } from './fixed-keys.ts';
import type { VectorIssuer, VectorSettings, VectorTest } from './vector-format.ts';

/** A case asks for what the product cannot be told to do: it is named, and neither passes nor fails. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

/** The issuers of some settings, by `iss`. */
export type KnownIssuers = ReadonlyMap<string, { readonly entry: VectorIssuer; readonly trusted: TrustedIssuer }>;

/** Gives the issuers with their keys. Throws `Unsupported`. */
export function issuersOf({ issuers, skew }: VectorSettings): KnownIssuers {
  return new Map(issuers.map((entry) => [entry.issuer, { entry, trusted: trustedIssuer(entry, skew) }]));
}

/** Gives the verifier. It has no memory: each case is one request. Each issuer has its own audiences. */
export function verifierOf({ state }: VectorTest, known: KnownIssuers): TokenChecks {
  const asked = [...known.values()].find(({ entry }) => entry.introspection);
  return {
    recall: () => undefined,
    verify(text, peer, now) {
      if (asked !== undefined && isAsked(text, asked.entry.issuer)) {
        const { audiences, issuer } = asked.entry;
        const ask = (token: string) => Promise.resolve(answerTo(token, issuer, state));
        const issuerAsked = { rules: asked.trusted.rules, introspector: { ask } };
        return verifyByIntrospection(text, issuerAsked, { audiences, asker: peer.id.uri, now });
      }
      return verifyToken(text, {
        issuer: (iss) => known.get(iss)?.trusted,
        audiences: ({ rules }) => known.get(rules.issuer)?.entry.audiences ?? [],
        asker: peer.id.uri,
        now,
      });
    },
  };
}

/** What the endpoint says, read as an answer is. It knows no token but those of the case. */
function answerTo(token: string, iss: string, { introspection }: VectorTest['state']): Outcome<JsonObject> {
  const found = introspection.find((one) => one.token === token);
  if (found === undefined) return readIntrospection(Buffer.from('{"active":false}'), iss);
  if (found.answer === null) return refuse('TOKEN_INTROSPECTION_UNAVAILABLE', 'out of reach');
  const { answer } = found;
  return readIntrospection(Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer)), iss);
}

const SKEW_MOST = 60;

function trustedIssuer(entry: VectorIssuer, skew: number): TrustedIssuer {
  if (skew > SKEW_MOST) throw new Unsupported(`skew of ${skew} s, at most ${SKEW_MOST} s`);
  const { trustDomain, maxLifetime, scopes, clientsWithoutAudience, claims, ...terms } = entry;
  const rules = issuerRules({
    ...terms,
    name: entry.issuer,
    types: entry.introspection ? [INTROSPECTED] : entry.types,
    algorithms: entry.algorithms.map(algorithmNamed),
    audiences: (clientsWithoutAudience ?? []).map((client) => ({
      claim: 'client_id',
      accept: client,
      for: entry.audiences[0] ?? '',
    })),
    skew: milliseconds(skew * 1000),
    ...(typeof trustDomain === 'string' ? { trustDomain: demand(parseTrustDomain(trustDomain)) } : {}),
    ...(typeof maxLifetime === 'number' ? { maxLifetime: milliseconds(maxLifetime * 1000) } : {}),
    ...(scopes ? { scopes } : {}),
    ...(claims ? { claims } : {}),
  });
  return { rules, source: fixedKeys(Buffer.from(JSON.stringify(entry.jwks ?? { keys: [] }))) };
}

function algorithmNamed(name: string): Algorithm {
  const algorithm = algorithmOf(name);
  if (algorithm === undefined) throw new Unsupported(`algorithm ${name}`);
  return algorithm;
}

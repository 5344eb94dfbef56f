/**
 * The claims of an access token (RFC 7519, RFC 9068, RFC 8693), after its signature was verified. Types and ranges
 * first: `exp` of `1e400` or `"9"` is no time. Nothing is defaulted that would widen what the token allows.
 */
import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import { type EpochSeconds, epochSeconds } from '../time/units.ts';
import { claimAt } from './claim-path.ts';
import type { IssuerRules } from './issuer.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { readOrigins } from './origins.ts';
import { readActors, readPeople } from './people.ts';
import { readScopes } from './scopes.ts';
import { readText } from './text.ts';
import type { VerifiedToken } from './verified-token.ts';

/** A token whose signature holds. */
export interface SignedToken {
  /** `typ` of the header, as `checkHeader` gives it. */
  readonly type: string | undefined;
  /** `kid` of the key that verified it. */
  readonly keyId: string | undefined;
  readonly claims: JsonObject;
  /** The first 12 hex digits of the token's SHA-256: its name where it has no `jti`. */
  readonly digest: string;
}

export interface ClaimRules {
  readonly rules: IssuerRules;
  /** The audiences of the listener; `aud` must name one of them. */
  readonly audiences: readonly string[];
  readonly now: EpochSeconds;
}

/** Gives the verified token.
 *  Refuses: TOKEN_TYPE | TOKEN_ISSUER | TOKEN_CLAIMS | TOKEN_AUDIENCE | TOKEN_EXPIRED | TOKEN_EARLY | TOKEN_LIFETIME |
 *  BINDING_ABSENT (an issuer whose tokens must be bound). */
export function checkClaims(token: SignedToken, expected: ClaimRules): Outcome<VerifiedToken> {
  const { claims } = token;
  const { rules } = expected;
  if (claims['iss'] !== rules.issuer) return refuse('TOKEN_ISSUER', `iss is not that of issuer ${rules.name}`);
  const kind = checkKind(token.type, claims, rules);
  if (!kind.ok) return kind;
  const demanded = checkDemands(claims, rules);
  if (!demanded.ok) return demanded;
  const audience = checkAudience(claims, expected);
  if (!audience.ok) return audience;
  const times = checkTimes(claims, expected);
  if (!times.ok) return times;
  const people = readPeople(claims);
  if (!people.ok) return people;
  const actors = readActors(claims['act']);
  if (!actors.ok) return actors;
  const jti = readText(claims, 'jti');
  if (!jti.ok) return jti;
  const scopes = readScopes(claims, rules.scopes);
  if (!scopes.ok) return scopes;
  const confirmation = confirmationOf(claims['cnf'], rules);
  if (confirmation === undefined && rules.mustBind) {
    return refuse('BINDING_ABSENT', `token of issuer ${rules.name}, whose tokens must be bound`);
  }
  const { authorizedParty, ...names } = people.value;
  return admit(
    Object.freeze({
      issuer: rules.name,
      rules,
      keyId: token.keyId,
      iss: rules.issuer,
      ...names,
      actor: actors.value[0] ?? names.clientId ?? authorizedParty ?? names.subject,
      actors: actors.value,
      audience: audience.value,
      jti: jti.value,
      label: jti.value ?? token.digest,
      scopes: scopes.value,
      origins: readOrigins(claims),
      ...times.value,
      confirmation,
      claims,
    }),
  );
}

/** Members that mark an ID token, a logout token or a security event, and those that mark no ID token: kinds are mutually exclusive (RFC 8725 section 3.12). */
const FOREIGN_MARKS = { access: ['nonce', 'at_hash', 'c_hash', 'events'], id: ['events', 'scope', 'scp'] } as const;
/** RFC 9068 section 2.2; `iss`, `exp` and `aud` are demanded of every token. */
const ACCESS_TOKEN_CLAIMS = ['sub', 'client_id', 'jti', 'iat'];

function checkKind(type: string | undefined, claims: JsonObject, rules: IssuerRules): Outcome<void> {
  const kind = type ?? 'jwt';
  if (!rules.types.includes(kind)) {
    const found = type === undefined ? 'absent' : JSON.stringify(type.slice(0, 64));
    return refuse('TOKEN_TYPE', `typ ${found}, accepted from ${rules.name}: ${rules.types.join(' ')}`);
  }
  if (kind === 'at+jwt') {
    const missing = ACCESS_TOKEN_CLAIMS.find((name) => claims[name] === undefined);
    return missing === undefined ? admit(undefined) : refuse('TOKEN_CLAIMS', `${missing} is missing`);
  }
  const mark = FOREIGN_MARKS[rules.tokens].find((name) => name in claims);
  return mark === undefined ? admit(undefined) : refuse('TOKEN_TYPE', `claim ${mark} marks another kind of token`);
}

/** `aud` is a string or an array of strings; one of them is an audience of ours byte by byte, or another name of it. Only
 *  where there is none, a `client_id` may be that name: of an issuer that never writes one. */
function checkAudience(claims: JsonObject, { audiences: ours, rules }: ClaimRules): Outcome<string> {
  const { aud, client_id: client } = claims;
  const others = rules.audiences.filter((name) => ours.includes(name.for));
  const byClient = others.filter(({ claim }) => claim === 'client_id');
  if (aud === undefined && byClient.length > 0) {
    const found = byClient.find(({ accept }) => accept === client);
    return found === undefined
      ? refuse('TOKEN_AUDIENCE', 'no aud, and no client_id that stands for it')
      : admit(found.for);
  }
  const named: readonly JsonValue[] = Array.isArray(aud) ? aud : [aud ?? null];
  if (named.length === 0 || !named.every((one) => typeof one === 'string')) {
    return refuse('TOKEN_CLAIMS', 'aud is not a string or an array of strings');
  }
  const found =
    ours.find((audience) => named.includes(audience)) ??
    others.find(({ claim, accept }) => claim === 'aud' && named.includes(accept))?.for;
  return found === undefined ? refuse('TOKEN_AUDIENCE', `aud does not name ${ours.join(' or ')}`) : admit(found);
}

/** What the operator says marks an access token of this issuer. */
function checkDemands(claims: JsonObject, { claims: demands, name }: IssuerRules): Outcome<void> {
  const unmet = demands.find(({ claim, oneOf }) => {
    const found = claimAt(claims, claim);
    return typeof found !== 'string' || !oneOf.includes(found);
  });
  if (unmet === undefined) return admit(undefined);
  return refuse('TOKEN_CLAIMS', `${unmet.claim.join('.')} is not what is demanded of tokens of ${name}`);
}

type Times = Pick<VerifiedToken, 'issuedAt' | 'expiresAt'>;

function checkTimes(claims: JsonObject, { rules, now }: ClaimRules): Outcome<Times> {
  const { exp, iat, nbf } = claims;
  const { skew, maxLifetime } = rules;
  if (!isTime(exp)) return refuse('TOKEN_CLAIMS', 'exp is missing or not a whole number of seconds');
  if (iat !== undefined && !isTime(iat)) return refuse('TOKEN_CLAIMS', 'iat is not a whole number of seconds');
  if (nbf !== undefined && !isTime(nbf)) return refuse('TOKEN_CLAIMS', 'nbf is not a whole number of seconds');
  if (now >= exp + skew) return refuse('TOKEN_EXPIRED', `exp ${exp}, now ${now}, skew ${skew} s`);
  if (nbf !== undefined && nbf > now + skew) return refuse('TOKEN_EARLY', `nbf ${nbf}, now ${now}, skew ${skew} s`);
  if (iat !== undefined && iat > now + skew) return refuse('TOKEN_EARLY', `iat ${iat}, now ${now}, skew ${skew} s`);
  if (maxLifetime !== undefined) {
    if (iat === undefined) return refuse('TOKEN_CLAIMS', 'iat is missing, and the lifetime is limited');
    if (exp - iat > maxLifetime) return refuse('TOKEN_LIFETIME', `${exp - iat} s, at most ${maxLifetime} s`);
  }
  return admit({ issuedAt: iat === undefined ? undefined : epochSeconds(iat), expiresAt: epochSeconds(exp) });
}

/** The end of the year 9999. */
const LAST_SECOND = 253_402_300_799;

function isTime(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= LAST_SECOND;
}

/** `cnf` without the members that say nothing. What is no object stays as it is: the binding refuses it. */
function confirmationOf(cnf: JsonValue | undefined, { ignoreCnf }: IssuerRules): JsonValue | undefined {
  if (!isJsonObject(cnf) || !ignoreCnf.some((member) => member in cnf)) return cnf;
  return Object.fromEntries(Object.entries(cnf).filter(([member]) => !ignoreCnf.includes(member)));
}

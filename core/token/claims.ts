/**
 * The claims of an access token (RFC 7519, RFC 9068, RFC 8693), after the signature. Types and ranges first: `exp` of
 * `1e400` or `"9"` is no time. Nothing is defaulted that widens what the token allows.
 */
import { admit, type Outcome, refuse } from '../fault/refusal.ts';
import { epochSeconds, type EpochSeconds, type Seconds } from '../time/units.ts';
import type { JwsHeader } from './header.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import type { VerifiedToken } from './verified-token.ts';

/** What one issuer's tokens must be like. */
export interface ClaimRules {
  /** Our name for the issuer. */
  readonly name: string;
  readonly issuer: string;
  /** Accepted `typ` values, lower case. */
  readonly types: readonly string[];
  /** What `aud` must name. */
  readonly audience: string;
  readonly skew: Seconds;
  readonly maxLifetime: Seconds;
}

const MOST_SCOPES = 64;
const DEEPEST_ACT = 4;
/** Marks of an ID token, a logout token or a security event: another kind under the same `typ` (RFC 8725 section 3.12). */
const FOREIGN_MARKS = ['nonce', 'at_hash', 'c_hash', 'events'];

/** Gives the token, named `label` where it has no `jti`.
 *  Refuses: TOKEN_TYPE | TOKEN_ISSUER | TOKEN_CLAIMS | TOKEN_AUDIENCE | TOKEN_EXPIRED | TOKEN_EARLY | TOKEN_LIFETIME. */
export function checkClaims(
  { header, claims, label }: { readonly header: JwsHeader; readonly claims: JsonObject; readonly label: string },
  rules: ClaimRules,
  now: EpochSeconds,
): Outcome<VerifiedToken> {
  const kind = checkKind(header.type, claims, rules);
  if (!kind.ok) return kind;
  if (claims['iss'] !== rules.issuer) return refuse('TOKEN_ISSUER', `not ${rules.issuer}`);
  if (!names(claims['aud'], rules.audience)) return refuse('TOKEN_AUDIENCE', `aud does not name ${rules.audience}`);
  const times = checkTimes(claims, rules, now);
  if (!times.ok) return times;
  const people = readPeople(claims);
  if (!people.ok) return people;
  const scopes = readScopes(claims['scope']);
  if (scopes === undefined)
    return refuse('TOKEN_CLAIMS', `scope: a string of at most ${MOST_SCOPES} names, single spaces`);
  const jti = textOf(claims['jti']);
  return admit({
    issuer: rules.name,
    iss: rules.issuer,
    ...people.value,
    audience: rules.audience,
    jti,
    label: jti ?? label,
    scopes,
    ...times.value,
    confirmation: claims['cnf'],
    claims,
  });
}

function checkKind(type: string | undefined, claims: JsonObject, { types }: ClaimRules): Outcome<void> {
  const kind = type ?? 'jwt';
  if (!types.includes(kind))
    return refuse('TOKEN_TYPE', `typ is ${JSON.stringify(type ?? 'absent')}, accepted: ${types.join(' ')}`);
  if (kind !== 'at+jwt') {
    const mark = FOREIGN_MARKS.find((member) => Object.hasOwn(claims, member));
    return mark === undefined ? admit(undefined) : refuse('TOKEN_TYPE', `${mark} marks another kind of token`);
  }
  // RFC 9068 section 2.2.
  const missing = ['sub', 'client_id', 'jti'].find((member) => textOf(claims[member]) === undefined);
  return missing === undefined ? admit(undefined) : refuse('TOKEN_CLAIMS', `${missing} is missing`);
}

/** `aud` is a string or an array of strings; one of them is ours, byte for byte. */
function names(audience: JsonValue | undefined, ours: string): boolean {
  if (typeof audience === 'string') return audience === ours;
  return Array.isArray(audience) && audience.every((one) => typeof one === 'string') && audience.includes(ours);
}

type Times = Pick<VerifiedToken, 'issuedAt' | 'expiresAt'>;

function checkTimes(claims: JsonObject, { skew, maxLifetime }: ClaimRules, now: EpochSeconds): Outcome<Times> {
  const bad = ['exp', 'iat', 'nbf'].find((name) => claims[name] !== undefined && !isTime(claims[name]));
  if (bad !== undefined) return refuse('TOKEN_CLAIMS', `${bad}: whole seconds since 1970`);
  const { exp, iat, nbf } = claims;
  if (!isTime(exp)) return refuse('TOKEN_CLAIMS', 'exp is missing');
  if (!isTime(iat)) return refuse('TOKEN_CLAIMS', 'iat is missing');
  if (now >= exp + skew) return refuse('TOKEN_EXPIRED', `exp ${exp}, now ${now}, skew ${skew} s`);
  if (iat > now + skew) return refuse('TOKEN_EARLY', `iat ${iat}, now ${now}, skew ${skew} s`);
  if (isTime(nbf) && nbf > now + skew) return refuse('TOKEN_EARLY', `nbf ${nbf}, now ${now}, skew ${skew} s`);
  if (exp - iat > maxLifetime) return refuse('TOKEN_LIFETIME', `${exp - iat} s, at most ${maxLifetime} s`);
  return admit({ issuedAt: epochSeconds(iat), expiresAt: epochSeconds(exp) });
}

const isTime = (value: JsonValue | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const textOf = (value: JsonValue | undefined): string | undefined =>
  typeof value === 'string' && value.length > 0 ? value : undefined;

function readScopes(scope: JsonValue | undefined): readonly string[] | undefined {
  if (scope === undefined || scope === '') return [];
  if (typeof scope !== 'string') return undefined;
  const scopes = scope.split(' ');
  return scopes.length <= MOST_SCOPES && scopes.every((one) => one !== '') ? scopes : undefined;
}

type People = Pick<VerifiedToken, 'subject' | 'clientId' | 'actor' | 'actors'>;

function readPeople(claims: JsonObject): Outcome<People> {
  const bad = ['sub', 'client_id', 'azp', 'jti'].find(
    (name) => claims[name] !== undefined && typeof claims[name] !== 'string',
  );
  if (bad !== undefined) return refuse('TOKEN_CLAIMS', `${bad}: a string`);
  const actors: string[] = [];
  for (let act = claims['act']; act !== undefined; act = isJsonObject(act) ? act['act'] : undefined) {
    const subject = isJsonObject(act) ? textOf(act['sub']) : undefined;
    if (subject === undefined) return refuse('TOKEN_CLAIMS', 'act: an object with a sub');
    if (actors.push(subject) > DEEPEST_ACT) return refuse('TOKEN_CLAIMS', `act is nested deeper than ${DEEPEST_ACT}`);
  }
  const subject = textOf(claims['sub']);
  const clientId = textOf(claims['client_id']);
  return admit({ subject, clientId, actor: actors[0] ?? clientId ?? textOf(claims['azp']) ?? subject, actors });
}

/**
 * Verifies a subject token by the rules of whoever issued it: this CA, an OpenID provider, a cluster, or another trust domain
 * (JWT-SVID). An issuer is pinned by its exact `iss`, a trust domain by the `sub`; only its own keys are tried.
 * Spec: reference/tokens.md sections 3 and 11; JWT-SVID sections 2 to 4.
 */
import { createHash } from 'node:crypto';

import { admit, refuse, type Outcome, type Refusal } from '../../core/fault/refusal.ts';
import { parseSpiffeId } from '../../core/identity/spiffe-id.ts';
import type { EpochSeconds } from '../../core/time/units.ts';
import { checkClaims } from '../../core/token/claims.ts';
import type { IssuerRules } from '../../core/token/issuer.ts';
import { isJsonObject, type JsonObject } from '../../core/token/json.ts';
import { type CompactJws, parseCompactJws, parseJsonObject } from '../../core/token/jws.ts';
import type { VerifiedToken } from '../../core/token/verified-token.ts';
import { type TrustedIssuer, verifyToken, verifyWithIssuer } from '../../runtime/token/verify-token.ts';
import type { ClaimRow } from './claim-map.ts';

export interface SubjectIssuer extends TrustedIssuer {
  readonly kind: 'own' | 'oidc' | 'kubernetes' | 'jwtSvid';
  /** What `aud` must name; undefined: anything, since it is ours. */
  readonly audience: string | undefined;
  /** Whether its `act` is believed. */
  readonly actors: boolean;
  readonly map: readonly ClaimRow[];
  /** How its ID tokens are read; undefined: none is taken. */
  readonly idToken: { readonly rules: IssuerRules; readonly audience: string } | undefined;
}

/** By `iss`; a trust domain as `spiffe://NAME`. */
export type SubjectIssuers = ReadonlyMap<string, SubjectIssuer>;

export interface VerifiedSubject {
  readonly token: VerifiedToken;
  readonly issuer: SubjectIssuer;
}

/** What a token is said to be (RFC 8693 section 3), without the part that all types share. */
export type SubjectType = 'access_token' | 'jwt' | 'id_token';

export interface SubjectTerms {
  readonly issuers: SubjectIssuers;
  readonly type: SubjectType;
  /** Who shows it: unknown keys of one asker delay no other. */
  readonly asker: string;
  readonly now: EpochSeconds;
}

/** Refuses: GRANT_SUBJECT | TOKEN_KEYS_UNAVAILABLE. */
export async function verifySubject(text: string, terms: SubjectTerms): Promise<Outcome<VerifiedSubject>> {
  const jws = parseCompactJws(text);
  if (!jws.ok) return unsound(jws.refusal);
  const claims = parseJsonObject(jws.value.payload, 'claims');
  if (!claims.ok) return unsound(claims.refusal);
  const found = issuerOf(claims.value, terms.issuers);
  if (found === undefined)
    return refuse('GRANT_SUBJECT', 'TOKEN_ISSUER, neither iss nor sub is of a configured issuer');
  const typed = asType(found, terms.type);
  if (!typed.ok) return typed;
  const issuer = typed.value;
  const told: Told = { text, jws: jws.value, claims: claims.value };
  const token = await (issuer.kind === 'jwtSvid' ? verifySvid : verifyJwt)(told, issuer, terms);
  if (!token.ok) return unsound(token.refusal);
  const pod = issuer.kind === 'kubernetes' ? checkPod(token.value) : admit(undefined);
  return pod.ok ? admit({ token: token.value, issuer }) : pod;
}

interface Told {
  /** Secret. */
  readonly text: string;
  readonly jws: CompactJws;
  readonly claims: JsonObject;
}

/** A JWT-SVID is found by the trust domain of its `sub`, never by an `iss`. Neither claim is verified yet. */
function issuerOf({ iss, sub }: JsonObject, issuers: SubjectIssuers): SubjectIssuer | undefined {
  if (typeof iss === 'string') {
    const named = issuers.get(iss);
    if (named !== undefined && named.kind !== 'jwtSvid') return named;
  }
  const id = typeof sub === 'string' ? parseSpiffeId(sub) : undefined;
  return id?.ok === true ? issuers.get(`spiffe://${id.value.trustDomain}`) : undefined;
}

/** tokens.md section 9: what has no type of its own is a `jwt`; an ID token is read as one only where it is said to be one. */
function asType(issuer: SubjectIssuer, type: SubjectType): Outcome<SubjectIssuer> {
  const { name } = issuer.rules;
  if (type === 'id_token')
    return issuer.idToken === undefined
      ? refuse('GRANT_SUBJECT', `ID tokens of ${name} are not taken`)
      : admit({ ...issuer, ...issuer.idToken });
  if (type === 'access_token' && (issuer.kind === 'kubernetes' || issuer.kind === 'jwtSvid'))
    return refuse('GRANT_SUBJECT', `tokens of ${name} are of the type jwt`);
  return admit(issuer);
}

type Asking = Pick<SubjectTerms, 'asker' | 'now'>;

async function verifyJwt(
  { text, claims }: Told,
  issuer: SubjectIssuer,
  { asker, now }: Asking,
): Promise<Outcome<VerifiedToken>> {
  const { aud } = claims;
  const own = typeof aud === 'string' ? [aud] : [];
  const audiences = (): readonly string[] => (issuer.audience === undefined ? own : [issuer.audience]);
  const verified = await verifyToken(text, { issuer: () => issuer, audiences, asker, now });
  return verified.ok && issuer.rules.tokens === 'id' ? checkIdToken(verified.value) : verified;
}

/** OpenID Connect Core section 3.1.3.7: for one client, and asked for by no other. */
function checkIdToken(token: VerifiedToken): Outcome<VerifiedToken> {
  const { aud, azp } = token.claims;
  if (Array.isArray(aud) && aud.length > 1) return refuse('TOKEN_AUDIENCE', 'an ID token for several clients');
  return azp === undefined || azp === token.audience
    ? admit(token)
    : refuse('TOKEN_AUDIENCE', 'an ID token that another client asked for (azp)');
}

const SVID_HEADER = ['alg', 'kid', 'typ'];

/** JWT-SVID section 2: no other member in the header, and here a `kid`, as SPIRE and go-spiffe demand one. */
async function verifySvid(
  { text, jws, claims }: Told,
  issuer: SubjectIssuer,
  { asker, now }: Asking,
): Promise<Outcome<VerifiedToken>> {
  const other = Object.keys(jws.header).find((name) => !SVID_HEADER.includes(name));
  if (other !== undefined)
    return refuse('TOKEN_HEADER', `${JSON.stringify(other.slice(0, 32))} in the header of a JWT-SVID`);
  if (jws.header['kid'] === undefined) return refuse('TOKEN_HEADER', 'a JWT-SVID without kid');
  const header = await verifyWithIssuer({ text, jws }, issuer, asker);
  if (!header.ok) return header;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  // It has no iss: its issuer is the trust domain, which the keys have just proved.
  const read = {
    type: header.value.type,
    keyId: header.value.keyId,
    claims: { ...claims, iss: issuer.rules.issuer },
    digest,
  };
  // `iat` may be missing (section 3); then its life is what is left of it.
  const { maxLifetime } = issuer.rules;
  const rules = { ...issuer.rules, maxLifetime: claims['iat'] === undefined ? undefined : maxLifetime };
  const checked = checkClaims(read, { rules, audiences: [issuer.audience ?? ''], now });
  if (checked.ok && maxLifetime !== undefined && checked.value.expiresAt - now > maxLifetime + rules.skew)
    return refuse('TOKEN_LIFETIME', `ends in ${checked.value.expiresAt - now} s, at most ${maxLifetime}`);
  return checked;
}

/** A token that no pod holds (from a Secret, or unbound) proves nobody in particular and lives for ever. */
function checkPod({ claims, subject }: VerifiedToken): Outcome<void> {
  const cluster = claims['kubernetes.io'];
  const pod = isJsonObject(cluster) ? cluster['pod'] : undefined;
  const isBound = isJsonObject(pod) && typeof pod['name'] === 'string' && typeof pod['uid'] === 'string';
  if (!isBound) return refuse('GRANT_SUBJECT', 'a service-account token that is bound to no pod');
  return subject?.startsWith('system:serviceaccount:') === true
    ? admit(undefined)
    : refuse('GRANT_SUBJECT', 'sub is no service account');
}

/** RFC 8693 section 2.2.2 has one error for all that is wrong with it. That keys are out of reach is our trouble. */
function unsound({ code, detail }: Refusal): Outcome<never> {
  return code === 'TOKEN_KEYS_UNAVAILABLE' ? refuse(code, detail) : refuse('GRANT_SUBJECT', `${code}, ${detail}`);
}

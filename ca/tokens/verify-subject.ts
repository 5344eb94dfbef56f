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
}

/** By `iss`; a trust domain as `spiffe://NAME`. */
export type SubjectIssuers = ReadonlyMap<string, SubjectIssuer>;

export interface VerifiedSubject {
  readonly token: VerifiedToken;
  readonly issuer: SubjectIssuer;
}

/** Refuses: GRANT_SUBJECT | TOKEN_KEYS_UNAVAILABLE. */
export async function verifySubject(
  text: string,
  issuers: SubjectIssuers,
  now: EpochSeconds,
): Promise<Outcome<VerifiedSubject>> {
  const jws = parseCompactJws(text);
  if (!jws.ok) return unsound(jws.refusal);
  const claims = parseJsonObject(jws.value.payload, 'claims');
  if (!claims.ok) return unsound(claims.refusal);
  const issuer = issuerOf(claims.value, issuers);
  if (issuer === undefined)
    return refuse('GRANT_SUBJECT', 'TOKEN_ISSUER, neither iss nor sub is of a configured issuer');
  const told: Told = { text, jws: jws.value, claims: claims.value };
  const token = issuer.kind === 'jwtSvid' ? await verifySvid(told, issuer, now) : await verifyJwt(told, issuer, now);
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

function verifyJwt({ text, claims }: Told, issuer: SubjectIssuer, now: EpochSeconds): Promise<Outcome<VerifiedToken>> {
  const { aud } = claims;
  const own = typeof aud === 'string' ? [aud] : [];
  const audiences = (): readonly string[] => (issuer.audience === undefined ? own : [issuer.audience]);
  return verifyToken(text, { issuer: () => issuer, audiences, now });
}

const SVID_HEADER = ['alg', 'kid', 'typ'];

/** JWT-SVID section 2: no other member in the header, and here a `kid`, as SPIRE and go-spiffe demand one. */
async function verifySvid(
  { text, jws, claims }: Told,
  issuer: SubjectIssuer,
  now: EpochSeconds,
): Promise<Outcome<VerifiedToken>> {
  const other = Object.keys(jws.header).find((name) => !SVID_HEADER.includes(name));
  if (other !== undefined)
    return refuse('TOKEN_HEADER', `${JSON.stringify(other.slice(0, 32))} in the header of a JWT-SVID`);
  if (jws.header['kid'] === undefined) return refuse('TOKEN_HEADER', 'a JWT-SVID without kid');
  const header = await verifyWithIssuer({ text, jws }, issuer, '');
  if (!header.ok) return header;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  // It has no iss: its issuer is the trust domain, which the keys have just proved.
  const read = {
    type: header.value.type,
    keyId: header.value.keyId,
    claims: { ...claims, iss: issuer.rules.issuer },
    digest,
  };
  return checkClaims(read, { rules: issuer.rules, audiences: [issuer.audience ?? ''], now });
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

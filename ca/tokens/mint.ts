/**
 * Makes a token that is bound to whoever asked for it: to the certificate of this connection (RFC 8705 section 3.1), to the key
 * of a DPoP proof (RFC 9449 section 6.1), or to both. There is no token without a binding. What may be in it is decided before.
 * Pure but for the signature. Secret: what it gives is a credential, though a useless one without the key that it is bound to.
 */
import { sign } from 'node:crypto';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { RandomBytes } from '../../core/time/clock.ts';
import { epochSeconds, type EpochSeconds, type Seconds } from '../../core/time/units.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/token/json.ts';
import type { MintedToken } from '../../runtime/grpc/messages.ts';
import type { TokenKey } from './keys.ts';
import type { TokenRequester } from './requester.ts';
import type { Granted } from './rules.ts';

/** On whose behalf: what of a subject token goes into the result of an exchange. */
export interface MintSubject {
  readonly subject: string;
  /** Its `act`, to be kept below the new one; undefined: nobody acted for it before. */
  readonly actors: JsonObject | undefined;
  readonly origins: readonly string[];
  /** The result never outlives it. */
  readonly expiresAt: EpochSeconds;
  /** Claims that are carried on, none of them a claim that this CA writes itself. */
  readonly claims: JsonObject;
}

export interface MintOrder {
  readonly requester: TokenRequester;
  readonly audience: string;
  readonly granted: Granted;
  /** Undefined: the longest. */
  readonly ttl: Seconds | undefined;
  readonly subject: MintSubject | undefined;
}

export interface MintDeps {
  /** The `iss`, byte for byte as sidecars are told. */
  readonly issuer: string;
  /** The longest life, and the one of a token for which no other was asked. */
  readonly ttl: Seconds;
  readonly key: TokenKey;
  readonly random: RandomBytes;
}

/** A token, and how logs name it. */
export interface MadeToken extends MintedToken {
  readonly jti: string;
  readonly subject: string;
  /** Who acts, and for whom: the current actor first. */
  readonly actors: readonly string[];
  readonly origins: readonly string[];
}

/** `jti`: 128 random bits. */
const TOKEN_ID_BYTES = 16;
/** As sidecars take them, with room for the signature. */
const TOKEN_MOST = 8192;
const ORIGINS_MOST = 8;

/** The token; its `exp` is never past the certificate's notAfter, the subject token's `exp`, or the end of the API key or
 *  the mandate.
 *  Refuses: GRANT_TOKEN_LIFETIME | GRANT_TOKEN_REQUEST (it would be longer than a sidecar takes). */
export function mintToken(order: MintOrder, deps: MintDeps, now: EpochSeconds): Outcome<MadeToken> {
  const { requester, audience, granted, subject } = order;
  const expiresAt = endOf(order, deps.ttl, now);
  if (!expiresAt.ok) return expiresAt;
  const jti = deps.random(TOKEN_ID_BYTES).toString('base64url');
  const origins = originsOf(order);
  if (origins.length > ORIGINS_MOST) return refuse('GRANT_TOKEN_REQUEST', `more than ${ORIGINS_MOST} origins`);
  const names = namesOf(requester, subject);
  const claims = {
    ...subject?.claims,
    iss: deps.issuer,
    ...names,
    aud: audience,
    exp: expiresAt.value,
    iat: now,
    jti,
    // RFC 6749 section 3.3: a scope value is never empty, so no scope means no claim.
    ...(granted.scopes.length === 0 ? {} : { scope: granted.scopes.join(' ') }),
    ...(origins.length === 0 ? {} : { origin: origins.length === 1 ? origins[0] : origins }),
    cnf: confirmationOf(requester),
  };
  const token = signCompact(claims, deps.key);
  if (token.length > TOKEN_MOST) return refuse('GRANT_TOKEN_REQUEST', `a token of ${token.length} bytes, at most 8192`);
  const { sub, act } = names;
  const actors = namesIn(act);
  return admit({ token, expiresAt: expiresAt.value, scopes: granted.scopes, jti, subject: sub, actors, origins });
}

function endOf(order: MintOrder, longest: Seconds, now: EpochSeconds): Outcome<EpochSeconds> {
  const { requester, granted, subject } = order;
  const ttl = order.ttl ?? longest;
  if (!Number.isSafeInteger(ttl) || ttl < 1 || ttl > longest)
    return refuse('GRANT_TOKEN_LIFETIME', `asked for ${ttl} s, allowed are 1 to ${longest}`);
  const { workload, apiKey } = requester;
  const ends = [workload?.leaf.notAfter, apiKey?.expiresAt, subject?.expiresAt, granted.mandate?.endsAt];
  const end = epochSeconds(Math.min(now + ttl, ...ends.filter((one) => one !== undefined)));
  if (end <= now)
    return refuse('GRANT_TOKEN_LIFETIME', 'the certificate, the API key, the subject token or the mandate ends now');
  return admit(end);
}

/** What the token came from: revoking one of them ends it. */
function originsOf({ requester: { client, apiKey }, granted: { mandate }, subject }: MintOrder): readonly string[] {
  return [
    ...new Set([
      ...(subject?.origins ?? []),
      ...(client === undefined ? [] : [`client:${client.id}`]),
      ...(apiKey === undefined ? [] : [`key:${apiKey.id}`]),
      ...(mandate === undefined ? [] : [`mandate:${mandate.id}`]),
    ]),
  ];
}

/** Who the token is about, and who acts: where that is another one, the workload of the certificate if there is one. So the
 *  current actor is always who shows the certificate. */
function namesOf({ workload, client }: TokenRequester, subject: MintSubject | undefined) {
  const asker = client?.id ?? workload?.id.uri ?? '';
  const actor = currentActor({ workload, client });
  const sub = subject?.subject ?? asker;
  const act = sub === actor && subject?.actors === undefined ? undefined : actorOf(actor, subject?.actors);
  return { sub, client_id: asker, ...(act === undefined ? {} : { act }) };
}

/** Who acts: whoever shows the certificate, else the client. */
export const currentActor = ({ workload, client }: Pick<TokenRequester, 'workload' | 'client'>): string =>
  workload?.id.uri ?? client?.id ?? '';

/** Who acted last and exchanges again is no new link of the chain. */
function actorOf(sub: string, before: JsonObject | undefined): JsonObject {
  if (before === undefined) return { sub };
  return before['sub'] === sub ? before : { sub, act: before };
}

function namesIn(act: JsonValue | undefined): readonly string[] {
  if (!isJsonObject(act) || typeof act['sub'] !== 'string') return [];
  return [act['sub'], ...namesIn(act['act'])];
}

function confirmationOf({ workload, jkt }: TokenRequester): JsonObject {
  const confirmation = {
    ...(workload === undefined ? {} : { 'x5t#S256': workload.leaf.thumbprint.toString('base64url') }),
    ...(jkt === undefined ? {} : { jkt }),
  };
  if (Object.keys(confirmation).length === 0) throw new TypeError('a token without a binding');
  return confirmation;
}

/** JWS compact serialisation (RFC 7515 section 7.1), ES256 (RFC 7518 section 3.4). */
function signCompact(claims: object, { privateKey, id }: TokenKey): string {
  const header = { alg: 'ES256', typ: 'at+jwt', kid: id };
  const signed = `${encode(header)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

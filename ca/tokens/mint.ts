/**
 * Makes a token that is bound to the certificate of whoever asked for it (RFC 8705 section 3.1, RFC 9068).
 * Pure but for the signature. Secret: what it gives is a credential, though a useless one without the certificate's key.
 */
import { sign } from 'node:crypto';

import { admit, refuse, type Outcome } from '../../core/fault/refusal.ts';
import type { SpiffeId } from '../../core/identity/spiffe-id.ts';
import type { RandomBytes } from '../../core/time/clock.ts';
import { epochSeconds, type EpochSeconds, type Seconds } from '../../core/time/units.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import type { MintedToken, MintRequest } from '../../runtime/grpc/messages.ts';
import type { TokenKey } from './keys.ts';
import { decideScopes, type TokenRule } from './rules.ts';

export interface TokenPolicy {
  /** The `iss`, byte for byte as sidecars are told. */
  readonly issuer: string;
  /** The longest life, and the one of a token for which no other was asked. */
  readonly ttl: Seconds;
  readonly rules: readonly TokenRule[];
}

export interface TokenCaller {
  readonly id: SpiffeId;
  readonly leaf: Certificate;
}

export interface MintDeps {
  readonly policy: TokenPolicy;
  readonly key: TokenKey;
  readonly random: RandomBytes;
}

/** `jti`: 128 random bits. */
const TOKEN_ID_BYTES = 16;

/** A token for one audience; its `exp` is never past the caller's notAfter.
 *  Refuses: GRANT_TOKEN_REQUEST | GRANT_TOKEN_RULE | GRANT_TOKEN_LIFETIME. */
export function mintToken(
  caller: TokenCaller,
  request: MintRequest,
  deps: MintDeps,
  now: EpochSeconds,
): Outcome<MintedToken> {
  const { policy, key, random } = deps;
  const scopes = decideScopes(policy.rules, caller.id, request);
  if (!scopes.ok) return scopes;
  const ttl = request.ttl ?? policy.ttl;
  if (!Number.isSafeInteger(ttl) || ttl < 1 || ttl > policy.ttl)
    return refuse('GRANT_TOKEN_LIFETIME', `asked for ${ttl} s, allowed are 1 to ${policy.ttl}`);
  const expiresAt = epochSeconds(Math.min(now + ttl, caller.leaf.notAfter));
  if (expiresAt <= now) return refuse('GRANT_TOKEN_LIFETIME', 'the certificate ends now');
  const claims = {
    iss: policy.issuer,
    sub: caller.id.uri,
    client_id: caller.id.uri,
    aud: request.audience,
    exp: expiresAt,
    iat: now,
    jti: random(TOKEN_ID_BYTES).toString('base64url'),
    // RFC 6749 section 3.3: a scope value is never empty, so no scope means no claim.
    ...(scopes.value.length === 0 ? {} : { scope: scopes.value.join(' ') }),
    cnf: { 'x5t#S256': caller.leaf.thumbprint.toString('base64url') },
  };
  return admit({ token: signCompact(claims, key), expiresAt, scopes: scopes.value });
}

/** JWS compact serialisation (RFC 7515 section 7.1), ES256 (RFC 7518 section 3.4). */
function signCompact(claims: object, { privateKey, id }: TokenKey): string {
  const header = { alg: 'ES256', typ: 'at+jwt', kid: id };
  const signed = `${encode(header)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

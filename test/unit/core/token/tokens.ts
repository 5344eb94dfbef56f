/** Tokens, keys and peers as tests need them: good ones, each to be spoilt by one change. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

import { demand } from '../../../../core/fault/fault.ts';
import type { Peer } from '../../../../core/identity/peer.ts';
import { parseSpiffeId } from '../../../../core/identity/spiffe-id.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { type IssuerOptions, type IssuerRules, issuerRules } from '../../../../core/token/issuer.ts';

export const NOW = epochSeconds(1_780_000_000);
export const ISS = 'https://ca.mesh.test';
export const AGENT = 'spiffe://mesh.test/ns/shop/sa/agent';

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** Public JWK with `kid`, `alg` and `use`. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

export function ecKey(kid: string, namedCurve = 'prime256v1', alg = 'ES256'): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } };
}

export function peerOf(changes: Partial<Peer> = {}): Peer {
  const thumbprint = changes.thumbprint ?? Buffer.alloc(32, 7);
  return {
    id: demand(parseSpiffeId(AGENT)),
    thumbprint,
    thumbprintText: thumbprint.toString('base64url'),
    serial: '0a1b',
    keyThumbprint: () => undefined,
    notBefore: epochSeconds(NOW - 60),
    notAfter: epochSeconds(NOW + 3600),
    lineage: undefined,
    isLineageMalformed: false,
    der: Buffer.from('a leaf'),
    ...changes,
  };
}

export const rulesOf = (changes: Partial<IssuerOptions> = {}): IssuerRules =>
  issuerRules({ name: 'cleat', issuer: ISS, algorithms: ['ES256'], ...changes });

/** Good claims of RFC 9068, bound to `peerOf()`; a member set to undefined is left out. */
export function claimsOf(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    iss: ISS,
    sub: AGENT,
    client_id: AGENT,
    aud: 'payments',
    exp: NOW + 300,
    iat: NOW,
    jti: 'jti-1',
    scope: 'payments.read payments.write',
    cnf: { 'x5t#S256': peerOf().thumbprintText },
    ...changes,
  };
}

export const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A compact JWS over any header and payload, ECDSA by SHA-256. Text goes in as it is. */
export function signToken(key: SigningKey, claims: unknown = claimsOf(), header: unknown = headerOf(key)): string {
  const signed = `${part(header)}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

export const headerOf = ({ jwk }: SigningKey, changes: Readonly<Record<string, unknown>> = {}): object => ({
  alg: jwk['alg'],
  typ: 'at+jwt',
  kid: jwk['kid'],
  ...changes,
});

export const keySetOf = (...keys: readonly unknown[]): Buffer =>
  Buffer.from(JSON.stringify({ keys: keys.map((key) => (isSigningKey(key) ? key.jwk : key)) }));

const isSigningKey = (key: unknown): key is SigningKey => typeof key === 'object' && key !== null && 'jwk' in key;

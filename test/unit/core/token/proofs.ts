/** DPoP proofs as clients make them: good ones, each to be spoilt by one change. */
import { createHash } from 'node:crypto';

import { NOW, type SigningKey, signToken } from './tokens.ts';

export const TARGET = 'https://pay.example.org/v1/x';
export const TOKEN = 'aaa.bbb.ccc';

export const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

type Changes = Readonly<Record<string, unknown>>;

/** Good claims for GET of `TARGET` beside `TOKEN`; a member set to undefined is left out. */
export const proofClaims = (changes: Changes = {}): object => ({
  jti: 'proof-1',
  htm: 'GET',
  htu: TARGET,
  iat: NOW,
  ath: hashOf(TOKEN),
  ...changes,
});

/** The public members alone, as a client sends them. */
export const publicJwk = ({ jwk: { kty, crv, x, y } }: SigningKey): object => ({ kty, crv, x, y });

export const proofHeader = (key: SigningKey, changes: Changes = {}): object => ({
  typ: 'dpop+jwt',
  alg: 'ES256',
  jwk: publicJwk(key),
  ...changes,
});

/** A proof signed by ES256. Claims that are a text go in as they are. */
export function proofOf(key: SigningKey, claims: Changes | string = {}, header: Changes = {}): string {
  const payload = typeof claims === 'string' ? claims : proofClaims(claims);
  return signToken(key, payload, proofHeader(key, header));
}

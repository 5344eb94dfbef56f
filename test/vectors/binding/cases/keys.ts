/** The keys of an issuer: which of a set may verify, and which set is none. */
import { generateKeyPairSync } from 'node:crypto';

import { bad, type Definition, good, type Reason, TOLD, type Topic } from '../definition.ts';
import { createSigningKey, type Members, publicJwk, type SigningKey } from '../token.ts';
import type { World } from '../world.ts';

/** No set was ever good: the issuer has no keys, which is nothing that the client could mend. */
const noSet: Reason = { flag: 'KeySet', clause: 'RFC 7517 5', code: 'TOKEN_KEYS_UNAVAILABLE', told: TOLD.unavailable };
const noKey: Reason = { flag: 'Key', clause: 'RFC 7517 4', code: 'TOKEN_KEY' };

interface Keyed {
  readonly name: string;
  readonly jwks: readonly Members[];
  readonly algorithms?: readonly string[];
  readonly make: (settings: { readonly settings: string }) => Definition;
}

export function keysTopic(world: World): Topic {
  const all = [...uses(world), ...sets(world), ...types(world)];
  const settings = all.map(
    ({ name, jwks, algorithms = ['ES256'] }) => [name, world.settings({ jwks: { keys: jwks }, algorithms })] as const,
  );
  return {
    topic: 'keys',
    settings: Object.fromEntries(settings),
    cases: all.map(({ name, make }) => make({ settings: name })),
  };
}

/** A spare key keeps a set good from which the key of the token is left out. */
function uses(world: World): readonly Keyed[] {
  const { jwk } = world.issuerKey;
  const spare = createSigningKey('spare', 'ES384');
  const token = world.token();
  const kept = (name: string, comment: string, changes: Members): Keyed => ({
    name,
    jwks: [{ ...jwk, ...changes }],
    make: (where) => good(comment, 'RFC 7517 4', 'x5t#S256', { ...where, token }),
  });
  const left = (name: string, comment: string, changes: Members): Keyed => ({
    name,
    jwks: [{ ...jwk, ...changes }, spare.jwk],
    algorithms: ['ES256', 'ES384'],
    make: (where) => bad({ ...noKey, flag: 'KeyUse' }, comment, { ...where, token }),
  });
  const other = createSigningKey('x').jwk;
  return [
    kept('plain', 'a key with use, alg and kid', {}),
    kept('no-use', 'a key without use', { use: undefined }),
    kept('no-alg', 'a key without alg (Entra writes none)', { alg: undefined }),
    kept('key-ops', 'a key that may verify', { key_ops: ['verify'] }),
    kept('unknown', 'a key with members that nobody knows', { x5t: 'abc', 'urn:example': 1 }),
    left('enc', 'the key is for encryption', { use: 'enc' }),
    left('sign-only', 'the key may sign only', { key_ops: ['sign'] }),
    left('other-alg', 'the JWK names another alg', { alg: 'ES384' }),
    left('off-curve', 'the point is not on the curve', { y: other['x'] }),
    left('short', 'a coordinate without its first byte', {
      x: Buffer.from(String(jwk['x']), 'base64url').subarray(1).toString('base64url'),
    }),
    left('padded', 'a coordinate with padding', { x: `${String(jwk['x'])}=` }),
    left('kty', 'kty in another case', { kty: 'ec' }),
    left('secret', 'a symmetric key in the set', { kty: 'oct', k: 'c2VjcmV0', x: undefined, y: undefined }),
    left('private', 'the private member was published', { d: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }),
  ];
}

function sets(world: World): readonly Keyed[] {
  const { jwk } = world.issuerKey;
  const fill = Array.from({ length: 64 }, (_one, at) => ({
    kty: 'EC',
    crv: 'P-256',
    kid: `fill-${at}`,
    x: jwk['x'],
    y: jwk['y'],
  }));
  const second = createSigningKey('k2');
  const token = world.token();
  const withoutKid = world.token({ header: { kid: undefined } });
  const refused = (name: string, comment: string, jwks: readonly Members[]): Keyed => ({
    name,
    jwks,
    make: (where) => bad(noSet, comment, { ...where, token }),
  });
  return [
    refused('empty', 'a set without keys', []),
    refused('twice', 'two keys under one kid', [jwk, { ...second.jwk, kid: 'k1' }]),
    refused('many', '65 keys', [jwk, ...fill]),
    {
      name: 'two',
      jwks: [jwk, second.jwk],
      make: (where) => bad({ ...noKey, flag: 'Kid' }, 'no kid, and two keys fit', { ...where, token: withoutKid }),
    },
    {
      name: 'one-fits',
      jwks: [jwk, createSigningKey('r1', 'RS256').jwk],
      algorithms: ['ES256', 'RS256'],
      make: (where) =>
        good('no kid, and one key fits the algorithm', 'RFC 7515 4.1.4', 'x5t#S256', { ...where, token: withoutKid }),
    },
  ];
}

function types(world: World): readonly Keyed[] {
  const accepted = (alg: string): Keyed => {
    const key = createSigningKey('k1', alg);
    return {
      name: `of-${alg}`,
      jwks: [key.jwk],
      algorithms: [alg],
      make: (where) =>
        good(`${alg} where the issuer has it`, 'RFC 7518 3.1', 'x5t#S256', { ...where, token: world.token({ key }) }),
    };
  };
  const weak = (name: string, comment: string, key: SigningKey): Keyed => ({
    name,
    jwks: [key.jwk],
    algorithms: ['RS256'],
    make: (where) =>
      bad({ ...noSet, flag: 'WeakKey', clause: 'RFC 7518 3.3' }, comment, { ...where, token: world.token({ key }) }),
  });
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const ofOne = createSigningKey('k1', 'RS256');
  return [
    ...['ES384', 'ES512', 'PS256', 'RS256', 'RS512', 'Ed25519'].map(accepted),
    weak('rsa-1024', 'RSA of 1024 bits', {
      key: small,
      alg: 'RS256',
      jwk: { ...publicJwk(small), kid: 'k1', alg: 'RS256', use: 'sig' },
    }),
    weak('rsa-e1', 'RSA with exponent 1', { ...ofOne, jwk: { ...ofOne.jwk, e: 'AQ' } }),
    weak('rsa-even', 'RSA with an even exponent', { ...ofOne, jwk: { ...ofOne.jwk, e: 'AQAA' } }),
  ];
}

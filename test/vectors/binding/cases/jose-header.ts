/** The header of a token: algorithm, type, key and what must not be there. */
import { createHmac } from 'node:crypto';

import { bad, type Definition, good, type Reason, type Topic } from '../definition.ts';
import { createSigningKey, part, signJws, signatureOf } from '../token.ts';
import { issuerOf, type World } from '../world.ts';

const algorithm: Reason = { flag: 'Algorithm', clause: 'RFC 8725 3.1', code: 'TOKEN_ALGORITHM' };
const header: Reason = { flag: 'Header', clause: 'RFC 7515 4.1', code: 'TOKEN_HEADER' };
const critical: Reason = { flag: 'Crit', clause: 'RFC 7515 4.1.11', code: 'TOKEN_HEADER' };
const type: Reason = { flag: 'Typ', clause: 'RFC 9068 4', code: 'TOKEN_TYPE' };
const key: Reason = { flag: 'Kid', clause: 'RFC 7515 4.1.4', code: 'TOKEN_KEY' };
const forged: Reason = { flag: 'KeyInHeader', clause: 'RFC 8725 3.5', code: 'TOKEN_SIGNATURE' };

export function joseHeaderTopic(world: World): Topic {
  const rsa = createSigningKey('r1', 'RS256');
  const many = {
    issuers: [
      issuerOf(world.issuerKey, {
        jwks: { keys: [world.issuerKey.jwk, rsa.jwk] },
        algorithms: ['ES256', 'RS256', 'PS256', 'ES384'],
      }),
    ],
  };
  const spare = { jwks: { keys: [world.issuerKey.jwk, { ...rsa.jwk, alg: undefined }] } };
  return {
    topic: 'jose-header',
    settings: { strict: world.settings(), many: world.settings({}, many), spare: world.settings(spare) },
    cases: [
      ...algorithms(world),
      bad(algorithm, 'PS256 in the header, the key is for RS256', {
        settings: 'many',
        token: world.token({ key: rsa, header: { alg: 'PS256' } }),
      }),
      good('RS256 where the issuer has it', 'RFC 7518 3.3', 'x5t#S256', {
        settings: 'many',
        token: world.token({ key: rsa }),
      }),
      bad(algorithm, 'ES384 in the header, the key is on P-256', {
        settings: 'many',
        token: world.token({ header: { alg: 'ES384' } }),
      }),
      ...types(world),
      ...extensions(world),
      ...keys(world),
      bad(algorithm, 'RS256, well signed by a key of the set, where the issuer is configured for ES256 alone', {
        settings: 'spare',
        token: world.token({ key: rsa }),
      }),
    ],
  };
}

function algorithms(world: World): readonly Definition[] {
  const unsigned = (alg: unknown): string => {
    const [, , signature = ''] = world.token().split('.');
    return `${part({ alg, typ: 'at+jwt', kid: 'k1' })}.${part(world.claims())}.${signature}`;
  };
  const hmac = (secret: string | Buffer): string => {
    const signed = `${part({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })}.${part(world.claims())}`;
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  };
  const { jwk } = world.issuerKey;
  const point = Buffer.concat([Buffer.from(String(jwk['x']), 'base64url'), Buffer.from(String(jwk['y']), 'base64url')]);
  const confused: Reason = { ...algorithm, flag: 'AlgorithmConfusion' };
  return [
    good('a good token', 'RFC 9068 2.1', 'x5t#S256', { token: world.token() }),
    ...['none', 'None', 'NONE', 'nOnE'].map((alg) =>
      bad({ ...algorithm, flag: 'AlgNone' }, `alg ${alg}`, { token: unsigned(alg) }),
    ),
    bad({ ...header, flag: 'Algorithm' }, 'alg absent', { token: unsigned(undefined) }),
    bad({ ...header, flag: 'Algorithm' }, 'alg is a number', { token: unsigned(256) }),
    bad({ ...header, flag: 'Algorithm' }, 'alg is an array', { token: unsigned(['ES256']) }),
    bad({ ...header, flag: 'Algorithm' }, 'alg is null', { token: unsigned(null) }),
    bad(algorithm, 'alg in lower case', { token: world.token({ header: { alg: 'es256' } }) }),
    bad(algorithm, 'alg that nobody registered', { token: world.token({ header: { alg: 'ES256X' } }) }),
    bad(algorithm, 'RS256, which the issuer does not use', { token: world.token({ header: { alg: 'RS256' } }) }),
    bad(confused, 'HS256 with the public JWK as secret', { token: hmac(JSON.stringify(jwk)) }),
    bad(confused, 'HS256 with the public point as secret', { token: hmac(point) }),
    bad(confused, 'HS256 with an empty secret', { token: hmac('') }),
  ];
}

function types(world: World): readonly Definition[] {
  const of = (typ: unknown) => ({ token: world.token({ header: { typ } }) });
  return [
    good('typ with application/', 'RFC 7515 4.1.9', 'x5t#S256', of('application/at+jwt')),
    good('typ in upper case', 'RFC 7515 4.1.9', 'x5t#S256', of('AT+JWT')),
    bad(type, 'typ absent', of(undefined)),
    bad(type, 'typ JWT', of('JWT')),
    bad(type, 'typ of a DPoP proof', of('dpop+jwt')),
    bad(type, 'typ of a workload identity token', of('wit+jwt')),
    bad(type, 'typ of a transaction token', of('txntoken+jwt')),
    bad(type, 'typ of a client assertion', of('client-authentication+jwt')),
    bad(type, 'typ of another top-level type', of('text/at+jwt')),
    bad(type, 'a space behind typ', of('at+jwt ')),
    bad({ ...header, flag: 'Typ' }, 'typ is a number', of(1)),
    bad({ ...header, flag: 'Typ' }, 'typ is an array', of(['at+jwt'])),
  ];
}

function extensions(world: World): readonly Definition[] {
  const of = (members: Readonly<Record<string, unknown>>) => ({ token: world.token({ header: members }) });
  const plain = part({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', b64: false, crit: ['b64'] });
  const unencoded = (): string => {
    const signature = signatureOf(world.issuerKey, `${plain}.${JSON.stringify(world.claims())}`);
    return `${plain}.${part(world.claims())}.${signature.toString('base64url')}`;
  };
  return [
    bad(critical, 'crit names what nobody knows', of({ crit: ['urn:example:x'], 'urn:example:x': true })),
    bad(critical, 'crit is empty', of({ crit: [] })),
    bad(critical, 'crit is no array', of({ crit: 'exp' })),
    bad(critical, 'crit names a registered member', of({ crit: ['alg'] })),
    bad(critical, 'crit names a member that is not there', of({ crit: ['exp'] })),
    bad({ ...header, flag: 'B64', clause: 'RFC 7797 6' }, 'b64 false without crit', of({ b64: false })),
    bad({ ...header, flag: 'B64', clause: 'RFC 7797 7' }, 'b64 false with crit, payload signed unencoded', {
      token: unencoded(),
    }),
    bad({ ...header, flag: 'Zip', clause: 'RFC 8725 3.6' }, 'zip', of({ zip: 'DEF' })),
  ];
}

function keys(world: World): readonly Definition[] {
  const stranger = createSigningKey('k1');
  const of = (members: Readonly<Record<string, unknown>>) => ({ token: world.token({ header: members }) });
  const byStranger = (members: Readonly<Record<string, unknown>>) => ({
    token: world.token({ key: stranger, header: members }),
  });
  const certificate = world.agent.der.toString('base64');
  return [
    bad(forged, 'signed by the key in jwk', byStranger({ jwk: stranger.jwk })),
    bad(forged, 'signed by a key behind jku', byStranger({ jku: 'https://attacker.example/jwks' })),
    bad(forged, 'signed by the key of x5c', {
      token: signJws(
        { ...stranger, key: world.agent.key },
        { alg: 'ES256', typ: 'at+jwt', kid: 'k1', x5c: [certificate] },
        world.claims(),
      ),
    }),
    bad(forged, 'signed by a key behind x5u', byStranger({ x5u: 'https://attacker.example/leaf' })),
    good('a jwk in the header is not looked at', 'RFC 8725 3.5', 'x5t#S256', of({ jwk: stranger.jwk })),
    good(
      'a jku in the header is not fetched',
      'RFC 8725 3.10',
      'x5t#S256',
      of({ jku: 'https://attacker.example/jwks' }),
    ),
    bad(key, 'unknown kid', of({ kid: 'k2' })),
    bad(key, 'kid in another case', of({ kid: 'K1' })),
    bad(key, 'kid with a path', of({ kid: '../../k1' })),
    bad(key, 'kid with SQL', of({ kid: "k1' OR '1'='1" })),
    bad({ ...header, flag: 'Kid' }, 'kid of 5,000 bytes', of({ kid: 'k'.repeat(5000) })),
    bad({ ...header, flag: 'Kid' }, 'kid is an array', of({ kid: ['k1'] })),
    bad({ ...header, flag: 'Kid' }, 'kid is empty', of({ kid: '' })),
    bad({ ...header, flag: 'Kid' }, 'kid is null', of({ kid: null })),
    good('no kid, and one key fits', 'RFC 7515 4.1.4', 'x5t#S256', of({ kid: undefined })),
    bad(key, 'a good kid of another issuer', of({ kid: 'other' })),
  ];
}

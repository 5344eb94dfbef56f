import { generateKeyPairSync } from 'node:crypto';

import { expect } from 'chai';

import { ALGORITHMS, algorithmOf } from '../../../../core/token/algorithm.ts';
import { parseKeySet, selectKey } from '../../../../core/token/key-set.ts';
import { weaknessOf } from '../../../../core/token/rsa-key.ts';
import { ecKey, keySetOf } from './tokens.ts';

const good = ecKey('good');
const jwk = (changes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  ...good.jwk,
  kid: 'other',
  ...changes,
});
const rsaJwk = (modulusLength: number, publicExponent = 65_537): Readonly<Record<string, unknown>> => ({
  ...generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' }),
  kid: 'other',
});

/** How many keys of the set are usable beside the good one; the reason for the last that is not. */
function read(key: unknown): string {
  const set = parseKeySet(keySetOf(good, key));
  if (!set.ok) return set.refusal.code;
  return set.value.keys.length === 2 ? 'usable' : (set.value.skipped.at(-1) ?? '');
}

describe('parseKeySet()', () => {
  it('A-428 leaves out keys that are for something else, and keeps the others', () => {
    expect(read(jwk({ use: 'enc' }))).to.equal('key 1: use is not sig');
    expect(read(jwk({ use: ['sig'] }))).to.match(/use/);
    for (const operations of [['sign'], [], 'verify', ['Verify'], null])
      expect(read(jwk({ key_ops: operations })), JSON.stringify(operations)).to.match(/key_ops/);
    expect(read(jwk({ key_ops: ['sign', 'verify'] }))).to.equal('usable');
    expect(read(jwk({ use: undefined }))).to.equal('usable');
  });

  it('A-428 leaves out a key with a private member, whichever it is', () => {
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])
      for (const value of ['AA', null, '', []]) expect(read(jwk({ [member]: value })), member).to.match(/not public/);
  });

  it('A-402 leaves out secrets and unknown types', () => {
    expect(read({ kty: 'oct', k: 'AAAA', kid: 'other', alg: 'HS256' })).to.match(/not public/);
    for (const kty of ['oct', 'ec', 'AKP', undefined, null, 5])
      expect(read(jwk({ kty })), String(kty)).to.match(/kty or crv/);
    for (const crv of ['P-224', 'secp256k1', 'Ed25519', 'p-256', undefined, 5])
      expect(read(jwk({ crv })), String(crv)).to.match(/kty or crv|alg/);
    expect(read('a key')).to.match(/not an object/);
  });

  it('A-403 leaves out a key whose alg is unknown or of another type', () => {
    for (const alg of ['ES521', 'ES384', 'RS256', 'HS256', 'none', '', 5, null, ['ES256']])
      expect(read(jwk({ alg })), JSON.stringify(alg)).to.match(/alg is unknown/);
  });

  it('A-404 leaves out points that are malformed or not on the curve', () => {
    const { x } = good.jwk;
    const other = ecKey('other').jwk['y'];
    for (const y of [other, '', 'AA', `${String(other)}=`, undefined, 5, Buffer.alloc(33, 1).toString('base64url')])
      expect(read(jwk({ y })), String(y)).to.match(/malformed|not a valid public key/);
    expect(
      read(jwk({ x: Buffer.concat([Buffer.alloc(1), Buffer.from(String(x), 'base64url')]).toString('base64url') })),
    ).to.match(/malformed/);
    expect(read({ ...ecKey('other', 'secp384r1', 'ES384').jwk, crv: 'P-256', alg: 'ES256' })).to.match(/malformed/);
    expect(read({ kty: 'OKP', crv: 'Ed25519', x: 'AAAA', kid: 'other' })).to.match(/malformed/);
  });

  it('A-430 leaves out RSA keys that are short, long, even, or of a bad exponent', () => {
    expect(read(rsaJwk(1024))).to.match(/RSA of 1024 bits/);
    const { n, e } = rsaJwk(2048);
    expect(weaknessOf(n, e)).to.equal(undefined);
    for (const exponent of [
      'AQ',
      'AA',
      'Ag',
      'AQAA',
      'AAEAAQ',
      '',
      undefined,
      3,
      Buffer.alloc(5, 1).toString('base64url'),
    ])
      expect(weaknessOf(n, exponent), String(exponent)).to.be.a('string');
    const number = (bytes: Buffer): string => bytes.toString('base64url');
    expect(weaknessOf(number(Buffer.alloc(256, 0xfe)), e)).to.match(/even/);
    expect(weaknessOf(number(Buffer.alloc(1025, 0xff)), e)).to.match(/8192/);
    expect(weaknessOf(number(Buffer.alloc(4096, 0xff)), e)).to.match(/Base64urlUInt/);
    expect(weaknessOf(number(Buffer.concat([Buffer.alloc(1), Buffer.from(String(n), 'base64url')])), e)).to.match(
      /Base64urlUInt/,
    );
    expect(read(rsaJwk(2048, 3))).to.equal('usable');
  });

  it('A-430 leaves out a key of the ROCA kind', () => {
    // k * M + (65537^a mod M), with M the product of the primes: what the broken library made, and nothing else does.
    const primes = [
      2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
    ];
    const more = [109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167];
    const product = [...primes, ...more].reduce((all, prime) => all * BigInt(prime), 1n);
    let residue = 1n;
    for (let power = 0; power < 1234; power += 1) residue = (residue * 65_537n) % product;
    const modulus = ((1n << 2047n) / product + 1n) * product + residue;
    const text = Buffer.from(modulus.toString(16), 'hex').toString('base64url');
    expect(weaknessOf(text, 'AQAB')).to.match(/ROCA/);
  });

  it('A-406 refuses a set with two keys under one kid, usable or not: TOKEN_KEY', () => {
    expect(read(jwk({ kid: 'good' }))).to.equal('TOKEN_KEY');
    expect(read(jwk({ kid: 'good', use: 'enc' }))).to.equal('TOKEN_KEY');
    for (const kid of ['', 5, null, [], 'a'.repeat(257)]) expect(read(jwk({ kid })), String(kid)).to.match(/kid/);
  });

  it('A-428 refuses a set that is empty, too long, too large, or no set', () => {
    const code = (bytes: Buffer): unknown => {
      const set = parseKeySet(bytes);
      return set.ok ? set.value.keys.length : set.refusal.code;
    };
    const many = (count: number): Buffer =>
      keySetOf(...Array.from({ length: count }, (_none, at) => jwk({ kid: `k${at}` })));
    expect(code(many(64))).to.equal(64);
    expect(code(many(65))).to.equal('TOKEN_KEY');
    expect(code(many(1000))).to.equal('TOKEN_KEY');
    expect(code(keySetOf())).to.equal('TOKEN_KEY');
    expect(code(keySetOf(jwk({ use: 'enc' })))).to.equal('TOKEN_KEY');
    expect(code(Buffer.alloc(256 * 1024 + 1, 0x20))).to.equal('TOKEN_KEY');
    expect(code(Buffer.from('{}'))).to.equal('TOKEN_KEY');
    expect(code(Buffer.from('{"keys":{}}'))).to.equal('TOKEN_KEY');
    for (const text of ['', '[]', 'null', '<html>', '{"keys":[],"keys":[]}'])
      expect(code(Buffer.from(text)), text).to.equal('TOKEN_JSON');
  });

  it('reads keys of each type, frozen', () => {
    const ed25519 = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), kid: 'ed' };
    const p521 = ecKey('p521', 'secp521r1', 'ES512').jwk;
    const set = parseKeySet(keySetOf(good, ed25519, rsaJwk(2048), p521, ecKey('p384', 'secp384r1', 'ES384')));
    expect(set.ok && set.value.keys.map(({ algorithms }) => algorithms)).to.deep.equal([
      ['ES256'],
      ['Ed25519', 'EdDSA'],
      ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
      ['ES512'],
      ['ES384'],
    ]);
    expect(set.ok && Object.isFrozen(set.value) && Object.isFrozen(set.value.keys)).to.equal(true);
  });
});

describe('selectKey()', () => {
  const set = (...keys: readonly unknown[]) => {
    const found = parseKeySet(keySetOf(...keys));
    if (!found.ok) throw new Error(found.refusal.detail);
    return found.value;
  };
  const select = (keys: ReturnType<typeof set>, keyId: string | undefined, alg = 'ES256'): unknown => {
    const algorithm = algorithmOf(alg);
    if (algorithm === undefined) throw new Error(alg);
    const selected = selectKey(keys, { algorithm, keyId, type: undefined });
    return selected.ok ? selected.value.keyId : selected.refusal.code;
  };

  it('A-406 takes a kid as an opaque name: TOKEN_KEY where it is unknown', () => {
    for (const kid of ['GOOD', 'good ', '../good', '__proto__', 'toString', 'length', '0'])
      expect(select(set(good), kid), kid).to.equal('TOKEN_KEY');
    expect(select(set({ ...good.jwk, kid: undefined }), 'good')).to.equal('TOKEN_KEY');
  });

  it('A-403 refuses every algorithm but that of the key: TOKEN_ALGORITHM', () => {
    for (const alg of Object.keys(ALGORITHMS).filter((name) => name !== 'ES256'))
      expect(select(set(good), 'good', alg), alg).to.equal('TOKEN_ALGORITHM');
    const rsa = set(jwk({ ...rsaJwk(2048), crv: undefined, x: undefined, y: undefined, alg: 'RS256', kid: 'rsa' }));
    for (const alg of ['PS256', 'RS384', 'ES256']) expect(select(rsa, 'rsa', alg), alg).to.equal('TOKEN_ALGORITHM');
    expect(select(rsa, 'rsa', 'RS256')).to.equal('rsa');
  });

  it('refuses a token without kid unless exactly one key fits', () => {
    expect(select(set(good, ecKey('two')), undefined)).to.equal('TOKEN_KEY');
    expect(select(set(good, ecKey('two')), undefined, 'RS256')).to.equal('TOKEN_KEY');
    expect(select(set(good, ecKey('p384', 'secp384r1', 'ES384')), undefined)).to.equal('good');
  });

  it('finds a key by its kid', () => {
    expect(select(set(good, ecKey('two')), 'two')).to.equal('two');
  });
});

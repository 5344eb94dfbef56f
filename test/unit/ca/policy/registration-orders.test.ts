import { generateKeyPairSync } from 'node:crypto';

import { expect } from 'chai';

import { checkApiKeyOrder } from '../../../../ca/policy/api-key-order.ts';
import { checkClientOrder } from '../../../../ca/policy/client-order.ts';
import { checkMandateOrder } from '../../../../ca/policy/mandate-order.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { codeOf } from '../small-ca.ts';
import { clientRecord, NOW } from '../tokens/registered.ts';

const jwk = (type: 'public' | 'private'): object => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return (type === 'public' ? pair.publicKey : pair.privateKey).export({ format: 'jwk' });
};
const jwks = (...keys: readonly object[]): string => JSON.stringify({ keys });
const title = (body: unknown): string => JSON.stringify(body).slice(0, 100);

describe('checkClientOrder()', () => {
  const order = { id: 'billing', methods: ['secret'], spiffe: [{ exact: '/ns/a' }], audiences: ['payments'] };
  const withKeys = { ...order, methods: ['private_key_jwt'] };
  const WRONG: readonly unknown[] = [
    undefined,
    [],
    { ...order, id: 'any' },
    { ...order, id: 'a' },
    { ...order, id: 'Billing' },
    { ...order, id: '-billing' },
    { ...order, id: 'spiffe://mesh.example/ns/a' },
    { ...order, id: 'a'.repeat(64) },
    { ...order, id: 'billing\n' },
    { ...order, methods: [] },
    { ...order, methods: 'secret' },
    { ...order, methods: ['none'] },
    { ...order, methods: ['client_secret_jwt'] },
    { ...order, audiences: [] },
    { ...order, audiences: ['a b'] },
    { ...order, audiences: ['a', 7] },
    { ...order, audiences: Array.from({ length: 65 }, (_, at) => `a${at}`) },
    { ...order, scopes: ['a"b'] },
    { ...order, spiffe: [] },
    { ...order, spiffe: undefined },
    { ...order, spiffe: ['/ns/a'] },
    { ...order, spiffe: [{ exact: '/ns/a', under: '/ns/b' }] },
    { ...order, spiffe: [{ exact: '/ns/a/' }] },
    { ...order, spiffe: [{ exact: '/cleat/admin/operator' }] },
    { ...order, spiffe: [{ under: '/cleat' }] },
    { ...order, spiffe: [], methods: ['tls'], dpopBound: true },
    { ...order, dpopBound: 'yes' },
    { ...order, jwks: jwks(jwk('public')) },
    { ...order, secret: 'of my own choice' },
    { ...withKeys },
    { ...withKeys, jwks: { keys: [jwk('public')] } },
    { ...withKeys, jwks: '' },
    { ...withKeys, jwks: '{"keys":[],"keys":[]}' },
    { ...withKeys, jwks: jwks() },
    { ...withKeys, jwks: jwks(jwk('private')) },
    { ...withKeys, jwks: jwks({ kty: 'oct', k: 'c2VjcmV0' }) },
    { ...withKeys, jwks: jwks(jwk('public'), { kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA' }) },
    { ...withKeys, jwks: jwks({ ...jwk('public'), kid: 'a' }, { ...jwk('public'), kid: 'a' }) },
    { ...withKeys, jwks: jwks({ ...jwk('public'), pad: 'x'.repeat(33_000) }) },
  ];
  for (const body of WRONG)
    it(`refuses ${body === undefined ? 'nothing' : title(body)}: CONFIG_INVALID`, () => {
      expect(codeOf(checkClientOrder(body, NOW))).to.equal('CONFIG_INVALID');
    });

  it('gives a record without a secret, in the order of the methods, each thing once', () => {
    const twice = {
      ...order,
      methods: ['api_key', 'secret', 'secret'],
      scopes: ['r', 'r'],
      audiences: ['payments', 'payments'],
    };
    expect(demand(checkClientOrder(twice, NOW))).to.deep.equal({
      id: 'billing',
      methods: ['secret', 'api_key'],
      spiffe: [{ exact: '/ns/a' }],
      audiences: ['payments'],
      scopes: ['r'],
      dpopBound: false,
      jwks: undefined,
      secrets: undefined,
      createdAt: NOW,
      disabledAt: undefined,
    });
  });

  it('takes every workload only where it is said, and none only with DPoP', () => {
    expect(codeOf(checkClientOrder({ ...order, spiffe: [{ any: true }] }, NOW))).to.equal('ok');
    expect(codeOf(checkClientOrder({ ...order, spiffe: [], dpopBound: true }, NOW))).to.equal('ok');
  });

  it('says of a private key that it is known to others now', () => {
    for (const keys of [jwks(jwk('private')), jwks({ kty: 'oct', k: 'c2VjcmV0' })])
      expect(checkClientOrder({ ...withKeys, jwks: keys }, NOW))
        .to.have.nested.property('refusal.detail')
        .that.includes('known to others');
  });

  it('keeps public keys as they came', () => {
    const keys = { keys: [jwk('public')] };
    expect(demand(checkClientOrder({ ...withKeys, jwks: JSON.stringify(keys) }, NOW)).jwks).to.deep.equal(keys);
  });
});

describe('checkApiKeyOrder()', () => {
  const client = clientRecord();

  it('gives all that the client has, for 30 days, 60 a minute and 10000 a day, where nothing else is asked', () => {
    expect(demand(checkApiKeyOrder({ owner: 'team' }, client, NOW))).to.deep.equal({
      client: 'billing',
      owner: 'team',
      audiences: client.audiences,
      scopes: client.scopes,
      spiffe: [],
      networks: [],
      perMinute: 60,
      perDay: 10_000,
      createdAt: NOW,
      expiresAt: NOW + 30 * 86_400,
      revokedAt: undefined,
    });
  });

  for (const raw of [
    {},
    { owner: 7 },
    { owner: 'a\u0000b' },
    { owner: 'a\u202eb' },
    { owner: 'x'.repeat(257) },
    { owner: 'team', ttl: 'for ever' },
    { owner: 'team', ttl: 0 },
    { owner: 'team', ttl: '2161h' },
    { owner: 'team', networks: [7] },
    { owner: 'team', networks: 'any' },
    { owner: 'team', perMinute: '60' },
    { owner: 'team', perMinute: 60_001 },
    { owner: 'team', perDay: 100_000_001 },
    { owner: 'team', audiences: ['payments.example'] },
    { owner: 'team', scopes: ['payments.read', 'payments'] },
  ])
    it(`refuses ${title(raw)}: CONFIG_INVALID`, () => {
      expect(codeOf(checkApiKeyOrder(raw, client, NOW))).to.equal('CONFIG_INVALID');
    });
});

describe('checkMandateOrder()', () => {
  const order = { client: 'billing', audience: 'payments', for: '30m', purpose: 'ticket 4711' };
  for (const body of [
    null,
    { ...order, client: undefined },
    { ...order, spiffe: { exact: '/ns/a' } },
    { ...order, client: 'any' },
    { ...order, client: undefined, spiffe: { any: true } },
    { ...order, client: undefined, spiffe: '/ns/a' },
    { ...order, client: undefined, spiffe: { exact: '/cleat/ca' } },
    { ...order, audience: '' },
    { ...order, audience: ['payments'] },
    { ...order, for: undefined },
    { ...order, for: '9s' },
    { ...order, for: '1441m' },
    { ...order, purpose: '' },
    { ...order, scopes: [''] },
    { ...order, endsAt: 1 },
  ])
    it(`refuses ${title(body)}: CONFIG_INVALID`, () => {
      expect(codeOf(checkMandateOrder(body, NOW))).to.equal('CONFIG_INVALID');
    });

  it('ends when it was said to', () => {
    expect(demand(checkMandateOrder({ ...order, scopes: ['refund'] }, NOW))).to.deep.equal({
      for: { client: 'billing' },
      audience: 'payments',
      scopes: ['refund'],
      purpose: 'ticket 4711',
      createdAt: NOW,
      endsAt: NOW + 1800,
    });
  });
});

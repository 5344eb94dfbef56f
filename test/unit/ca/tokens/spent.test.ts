import { expect } from 'chai';

import type { ClientRecord } from '../../../../ca/journal/record.ts';
import { createAssertionDesk } from '../../../../ca/tokens/assertion.ts';
import { createProofDesk } from '../../../../ca/tokens/dpop.ts';
import { createSpent, firstSecondAfter, type SpentTerms } from '../../../../ca/tokens/spent.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { epochMilliseconds, epochSeconds, seconds } from '../../../../core/time/units.ts';
import type { JsonObject } from '../../../../core/token/json.ts';
import { proofOf } from '../../core/token/proofs.ts';
import { ecKey, signToken } from '../../core/token/tokens.ts';
import { codeOf } from '../small-ca.ts';
import { clientRecord, NOW } from './registered.ts';

const at = (offset: number) => epochSeconds(NOW + offset);
const TERMS = { share: 1000, most: 100_000 };

describe('createSpent()', () => {
  const use = (client: string, id: string, until = 60) => ({ client, parts: [id], until: at(until) });

  it('A-450 refuses the second time, to the last second, also to another client: BINDING_REPLAY', () => {
    const spent = createSpent(TERMS);
    demand(spent.take(use('a', '1'), NOW));
    expect(codeOf(spent.take(use('a', '1'), at(60)))).to.equal('BINDING_REPLAY');
    expect(codeOf(spent.take(use('b', '1'), NOW))).to.equal('BINDING_REPLAY');
    expect(codeOf(spent.take(use('a', '1', 200), at(61)))).to.equal('ok');
    expect(spent.size()).to.equal(1);
  });

  it('keeps parts apart that are one text together', () => {
    const spent = createSpent(TERMS);
    for (const parts of [['ab', 'c'], ['a', 'bc'], ['abc'], ['a', 'b', 'c'], ['3 abc']])
      expect(codeOf(spent.take({ client: 'a', parts, until: at(60) }, NOW)), parts.join()).to.equal('ok');
  });

  it('refuses a client beyond its share, and nobody else: LIMIT_REPLAY; what is over makes room', () => {
    const spent = createSpent({ share: 2, most: 10 });
    demand(spent.take(use('a', '1', 30), NOW));
    demand(spent.take(use('a', '2'), NOW));
    expect(codeOf(spent.take(use('a', '3'), NOW))).to.equal('LIMIT_REPLAY');
    expect(codeOf(spent.take(use('a', '1'), NOW)), 'still known').to.equal('BINDING_REPLAY');
    expect(codeOf(spent.take(use('b', '3'), NOW))).to.equal('ok');
    expect(codeOf(spent.take(use('a', '4', 90), at(31)))).to.equal('ok');
    expect(codeOf(spent.take(use('a', '5', 90), at(31)))).to.equal('LIMIT_REPLAY');
    expect(spent.size()).to.equal(3);
  });

  it('refuses everybody beyond the bound of all: LIMIT_REPLAY', () => {
    const spent = createSpent({ share: 2, most: 3 });
    for (const [client, id] of [
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ] as const)
      demand(spent.take(use(client, id), NOW));
    expect(codeOf(spent.take(use('d', '4'), NOW))).to.equal('LIMIT_REPLAY');
    expect(codeOf(spent.take(use('d', '4', 100), at(61)))).to.equal('ok');
    expect(spent.size()).to.equal(1);
  });
});

describe('firstSecondAfter()', () => {
  it('is a whole second in which nothing was issued before', () => {
    expect(firstSecondAfter(epochMilliseconds(5000))).to.equal(5);
    expect(firstSecondAfter(epochMilliseconds(5001))).to.equal(6);
  });
});

describe('an assertion of a client', () => {
  const ISSUER = 'https://ca.mesh.example';
  const key = ecKey('a-1');
  const registered: ClientRecord = clientRecord({
    methods: ['private_key_jwt'],
    jwks: { keys: [key.jwk] } as unknown as JsonObject,
  });
  const registry = { findClient: (id: string) => (id === registered.id ? registered : undefined) };
  const claims = { iss: 'billing', sub: 'billing', aud: ISSUER, jti: 'j-1', iat: NOW, exp: NOW + 60 };
  const sign = (changes: object = {}) => signToken(key, { ...claims, ...changes }, { alg: 'ES256', kid: 'a-1' });

  function deskOf(terms: SpentTerms = TERMS, startedAt = NOW) {
    const desk = createAssertionDesk({ registry, issuer: ISSUER, spent: createSpent(terms), startedAt });
    return async (assertion: string, now = NOW): Promise<string> => {
      const found = await desk.verify(assertion, now);
      return found.ok ? codeOf(found.value.spend()) : `${found.refusal.code} ${found.refusal.detail}`;
    };
  }

  it('is refused without iat, and from before this process: what was used then is not known', async () => {
    const show = deskOf(TERMS, at(10));
    expect(await show(sign({ iat: undefined }), at(10)))
      .to.include('GRANT_CLIENT')
      .and.to.include('iat is missing');
    expect(await show(sign({ iat: NOW + 9 }), at(10)))
      .to.include('GRANT_CLIENT')
      .and.to.include('before this CA started');
    expect(await show(sign({ iat: NOW + 10 }), at(10))).to.equal('ok');
  });

  it('is good once until it ends, and a client that used too many is refused: LIMIT_REPLAY', async () => {
    const show = deskOf({ share: 2, most: 10 });
    expect(await show(sign())).to.equal('ok');
    expect(await show(sign(), at(89))).to.equal('GRANT_CLIENT');
    expect(await show(sign({ jti: 'j-2', exp: NOW + 300 }))).to.equal('ok');
    expect(await show(sign({ jti: 'j-3' }))).to.equal('LIMIT_REPLAY');
    expect(await show(sign({ jti: 'j-3', iat: NOW + 91, exp: NOW + 120 }), at(91))).to.equal('ok');
  });
});

describe('a DPoP proof at the token endpoint', () => {
  const URL = 'https://ca.mesh.example/token';
  const proof = (iat: number, jti = 'p-1') => proofOf(ecKey('p'), { htm: 'POST', htu: URL, ath: undefined, iat, jti });

  it('is refused from before this process: what was used then is not known', async () => {
    const spent = createSpent({ share: 1, most: 10 });
    const desk = createProofDesk({ url: URL, window: seconds(60), nonces: undefined, spent, startedAt: NOW });
    expect(codeOf(await desk.prove([proof(NOW - 1)], NOW))).to.equal('BINDING_PROOF');
    const good = demand(await desk.prove([proof(NOW)], NOW));
    if (good === undefined) throw new Error('no proof');
    expect(codeOf(desk.spend({ proof: good, client: 'a' }, NOW))).to.equal('ok');
    expect(codeOf(desk.spend({ proof: good, client: 'b' }, at(60)))).to.equal('BINDING_REPLAY');
    const more = demand(await desk.prove([proof(NOW, 'p-2')], NOW));
    if (more === undefined) throw new Error('no proof');
    expect(codeOf(desk.spend({ proof: more, client: 'a' }, NOW))).to.equal('LIMIT_REPLAY');
    expect(codeOf(desk.spend({ proof: more, client: 'b' }, NOW))).to.equal('ok');
  });
});

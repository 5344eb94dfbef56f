import { generateKeyPairSync } from 'node:crypto';

import { expect } from 'chai';

import { admit } from '../../../../core/fault/refusal.ts';
import { epochSeconds, seconds } from '../../../../core/time/units.ts';
import { checkProof, PROOF_ALGORITHMS, type ProofTerms } from '../../../../core/token/proof.ts';
import { hashOf, proofOf, publicJwk, TARGET, TOKEN } from './proofs.ts';
import { ecKey, NOW } from './tokens.ts';

const key = ecKey('none');
const terms = (changes: Partial<ProofTerms> = {}): ProofTerms => ({
  method: 'GET',
  targets: [TARGET],
  accessToken: TOKEN,
  nonces: undefined,
  window: seconds(60),
  algorithms: PROOF_ALGORITHMS,
  now: NOW,
  ...changes,
});

function result(text: string, changes: Partial<ProofTerms> = {}): string {
  const checked = checkProof(text, terms(changes));
  return checked.ok ? checked.value.proof.jti : `${checked.refusal.code} ${checked.refusal.detail}`;
}

/** The example of RFC 9449 section 7.1. */
const RFC = {
  proof:
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQy' +
    'VVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOi' +
    'JlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIs' +
    'ImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L' +
    '-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
  token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
};

describe('checkProof()', () => {
  it('A-449 refuses what is no compact JWS in strict JSON', () => {
    const good = proofOf(key);
    const wrong = ['', 'x', `${good}.x`, `${good}=`, good.split('.').slice(0, 2).join('.'), 'x'.repeat(9000)];
    for (const text of wrong) expect(result(text), text.slice(0, 20)).to.match(/^BINDING_PROOF /);
    for (const claims of ['[]', '{"jti":"a","jti":"b"}', '{', 'null', '{"__proto__":1}'])
      expect(result(proofOf(key, claims)), claims).to.match(/^BINDING_PROOF claims/);
  });

  it('A-449 refuses every other typ', () => {
    for (const typ of [undefined, 'JWT', 'at+jwt', 'dpop', 'dpop+jwt2', 'text/dpop+jwt', '', 5])
      expect(result(proofOf(key, {}, { typ })), String(typ)).to.match(/^BINDING_PROOF /);
    for (const typ of ['DPoP+JWT', 'application/dpop+jwt'])
      expect(result(proofOf(key, {}, { typ }))).to.equal('proof-1');
  });

  it('A-449 refuses each alg that is not asymmetric and on the list, and one that does not fit the key', () => {
    for (const alg of [
      'none',
      'NONE',
      'HS256',
      'RS256',
      'PS256',
      'es256',
      'ES512',
      'ES384',
      'Ed25519',
      '',
      undefined,
      5,
      ['ES256'],
    ])
      expect(result(proofOf(key, {}, { alg })), String(alg)).to.match(/^BINDING_PROOF /);
  });

  it('A-408 A-409 refuses crit, b64 and zip', () => {
    for (const header of [{ crit: ['b64'] }, { b64: false }, { zip: 'DEF' }])
      expect(result(proofOf(key, {}, header))).to.match(/^BINDING_PROOF /);
  });

  it('A-449 refuses a jwk that is private, symmetric, weak, off its curve or none', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const good = publicKey.export({ format: 'jwk' });
    const wrong = [
      undefined,
      null,
      'jwk',
      [good],
      {},
      privateKey.export({ format: 'jwk' }),
      { ...good, d: '' },
      { kty: 'oct', k: 'AAAA' },
      { ...good, y: good.x },
      { ...good, x: `${good.x}A` },
      { ...good, crv: 'secp256k1' },
      { ...good, alg: 'ES384' },
      { ...good, use: 'enc' },
      { ...good, key_ops: ['sign'] },
      { kty: 'RSA', n: 'AQAB', e: 'AQAB' },
    ];
    for (const jwk of wrong)
      expect(result(proofOf(key, {}, { jwk })), JSON.stringify(jwk)).to.match(/^BINDING_PROOF jwk/);
  });

  it('A-407 never looks at a key that stands elsewhere', () => {
    const other = publicJwk(ecKey('other'));
    const checked = checkProof(proofOf(key, {}, { jku: 'https://evil.test', x5c: ['AA'], kid: 'x', other }), terms());
    expect(checked.ok && checked.value.key.export({ format: 'jwk' })).to.deep.equal(publicJwk(key));
  });

  it('A-449 refuses another method: case counts', () => {
    for (const htm of ['POST', 'get', 'Get', '', undefined, 5, ['GET']])
      expect(result(proofOf(key, { htm })), String(htm)).to.equal('BINDING_PROOF htm is not GET');
  });

  it('A-449 refuses another target', () => {
    const wrong = [
      'https://evil.test/v1/x',
      'http://pay.example.org/v1/x',
      'https://pay.example.org:8443/v1/x',
      'https://pay.example.org/v1/X',
      'https://pay.example.org/v1',
      'https://pay.example.org/v1/x/',
      'https://pay.example.org@evil.test/v1/x',
      '/v1/x',
      '',
      undefined,
      5,
      [TARGET],
    ];
    for (const htu of wrong) expect(result(proofOf(key, { htu })), String(htu)).to.match(/^BINDING_PROOF htu is not/);
  });

  it('A-449 refuses every proof where no public origin is configured', () => {
    expect(result(proofOf(key), { targets: [] })).to.match(/^BINDING_PROOF no public origin/);
  });

  it('takes the target in any spelling of RFC 3986 section 6.2, with query and fragment', () => {
    const same = [
      'HTTPS://PAY.example.org:443/v1/./x',
      `${TARGET}?a=b`,
      `${TARGET}#c`,
      'https://pay.example.org/%761/x',
    ];
    for (const htu of same) expect(result(proofOf(key, { htu })), htu).to.equal('proof-1');
    expect(result(proofOf(key), { targets: ['https://other.test/v1/x', TARGET] })).to.equal('proof-1');
  });

  it('A-449 refuses an iat outside of the window on either side, to the second', () => {
    for (const iat of [NOW - 61, NOW + 61, 0, -1]) expect(result(proofOf(key, { iat }))).to.match(/^BINDING_PROOF iat/);
    for (const iat of [NOW - 60, NOW, NOW + 60]) expect(result(proofOf(key, { iat }))).to.equal('proof-1');
    for (const iat of [undefined, null, `${NOW}`, NOW + 0.5, [NOW], true])
      expect(result(proofOf(key, { iat })), String(iat)).to.match(/^BINDING_PROOF iat is not/);
    expect(result(proofOf(key, '{"jti":"a","htm":"GET","htu":"https://pay.example.org/v1/x","iat":1e400}'))).to.match(
      /^BINDING_PROOF claims/,
    );
    expect(result(proofOf(key), { now: epochSeconds(Number.NaN) })).to.match(/^BINDING_PROOF iat/);
  });

  it('A-449 refuses a hash that is not that of the token', () => {
    const wrong = [
      undefined,
      null,
      '',
      5,
      hashOf('another'),
      `${hashOf(TOKEN)}=`,
      Buffer.from(hashOf(TOKEN), 'base64url').toString('hex'),
    ];
    for (const ath of wrong) expect(result(proofOf(key, { ath })), String(ath)).to.match(/^BINDING_PROOF ath/);
    expect(result(proofOf(key, { ath: undefined }), { accessToken: undefined }), 'at the token endpoint').to.equal(
      'proof-1',
    );
  });

  it('A-449 refuses a jti that is no short text', () => {
    for (const jti of [undefined, null, '', 5, ['a'], 'x'.repeat(257)])
      expect(result(proofOf(key, { jti }))).to.match(/^BINDING_PROOF jti/);
    expect(result(proofOf(key, { jti: 'x'.repeat(256) }))).to.have.length(256);
  });

  it('asks for a nonce where one is wanted: BINDING_NONCE', () => {
    const nonces = { accepts: (nonce: string) => nonce === 'good' };
    for (const nonce of [undefined, null, '', 'old', 5, ['good']])
      expect(result(proofOf(key, { nonce }), { nonces }), String(nonce)).to.match(/^BINDING_NONCE/);
    expect(result(proofOf(key, { nonce: 'good' }), { nonces })).to.equal('proof-1');
    expect(result(proofOf(key, { nonce: 'whatever' })), 'where none is wanted').to.equal('proof-1');
  });

  it('A-448 refuses a proof by another key than the token names, before its signature is looked at: BINDING_PROOF_KEY', () => {
    const other = 'A'.repeat(43);
    expect(result(proofOf(key), { jkt: other })).to.match(new RegExp(`^BINDING_PROOF_KEY bound to the key ${other}`));
  });

  it('gives key, algorithm and facts of a good one, and those of the example of RFC 9449', () => {
    const found = checkProof(
      RFC.proof,
      terms({
        targets: ['https://resource.example.org/protectedresource'],
        accessToken: RFC.token,
        now: epochSeconds(1_562_262_618),
        jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
      }),
    );
    expect(found).to.have.nested.property('value.algorithm', 'ES256');
    expect(found.ok && admit(found.value.proof)).to.deep.equal(
      admit({
        jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
        jti: 'e1j3V_bKic8-LAEB',
        issuedAt: epochSeconds(1_562_262_618),
      }),
    );
    expect(hashOf(RFC.token)).to.equal('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo');
  });
});

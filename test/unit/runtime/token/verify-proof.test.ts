import { expect } from 'chai';
import * as DPoP from 'dpop';

import { epochSeconds, seconds } from '../../../../core/time/units.ts';
import { PROOF_ALGORITHMS, type ProofTerms } from '../../../../core/token/proof.ts';
import { verifyProof } from '../../../../runtime/token/verify-proof.ts';
import { proofOf, TARGET, TOKEN } from '../../core/token/proofs.ts';
import { ecKey, NOW } from '../../core/token/tokens.ts';

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
const codeOf = async (text: string, changes: Partial<ProofTerms> = {}): Promise<string> => {
  const verified = await verifyProof(text, terms(changes));
  return verified.ok ? 'verified' : verified.refusal.code;
};

describe('verifyProof()', () => {
  const key = ecKey('none');

  it('A-449 refuses a signature by another key, a spoilt one and none: BINDING_PROOF', async () => {
    const [header = '', payload = '', signature = ''] = proofOf(key).split('.');
    const [, , foreign = ''] = proofOf(ecKey('other'), {}, { jwk: { ...key.jwk, kid: undefined } }).split('.');
    const flipped = Buffer.from(signature, 'base64url');
    flipped.writeUInt8(flipped.readUInt8(5) ^ 1, 5);
    const zero = Buffer.alloc(64).toString('base64url');
    const short = Buffer.from(signature, 'base64url').subarray(1).toString('base64url');
    for (const wrong of [foreign, flipped.toString('base64url'), zero, short, '', `${signature}AA`])
      expect(await codeOf(`${header}.${payload}.${wrong}`), wrong).to.equal('BINDING_PROOF');
    const other = Buffer.from(JSON.stringify({ jti: 'other' })).toString('base64url');
    expect(await codeOf(`${header}.${other}.${signature}`)).to.equal('BINDING_PROOF');
    expect(await codeOf(`${header}.${payload}.${signature}`)).to.equal('verified');
  });

  it('passes on what is refused without a look at the signature', async () => {
    const nonces = { accepts: () => false };
    expect(await codeOf(proofOf(key, { nonce: 'x' }), { nonces })).to.equal('BINDING_NONCE');
    expect(await codeOf(proofOf(key), { jkt: 'A'.repeat(43) })).to.equal('BINDING_PROOF_KEY');
    expect(await codeOf('x')).to.equal('BINDING_PROOF');
  });

  for (const alg of ['ES256', 'Ed25519'] as const)
    it(`takes what the npm package dpop makes with ${alg}`, async () => {
      const pair = await DPoP.generateKeyPair(alg);
      const proof = await DPoP.generateProof(pair, `${TARGET}?a=b`, 'GET', 'n-1', TOKEN);
      const now = epochSeconds(Date.now() / 1000);
      const verified = await verifyProof(proof, terms({ now, nonces: { accepts: (nonce) => nonce === 'n-1' } }));
      expect(verified.ok && verified.value.jkt).to.equal(await DPoP.calculateThumbprint(pair.publicKey));
    });
});

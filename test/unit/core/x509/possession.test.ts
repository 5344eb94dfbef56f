import { generateKeyPairSync, sign } from 'node:crypto';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { isPossessed, type Possession, signPossession } from '../../../../core/x509/possession.ts';
import { keyTypeOf } from '../../../../core/x509/public-key.ts';
import { spkiOf, testKey } from '../../../kit/x509.ts';

const POSSESSION: Possession = {
  trustDomain: demand(parseTrustDomain('mesh.example')),
  csr: Buffer.from('a request'),
  signedAt: epochSeconds(1_800_000_000),
  leaf: Buffer.from('a certificate'),
};

const KEYS = {
  p256: testKey(),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  ed25519: generateKeyPairSync('ed25519').privateKey,
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
};
const certified = (key = KEYS.p256) => {
  const spki = spkiOf(key);
  return { spki, type: demand(keyTypeOf(spki, 'PEER_NOT_SVID')) };
};

describe('isPossessed()', () => {
  it('A-116 refuses a proof that was made for another request, CA, moment or certificate', () => {
    const signature = signPossession(POSSESSION, KEYS.p256);
    const others: Partial<Possession>[] = [
      { csr: Buffer.from('another request') },
      { trustDomain: demand(parseTrustDomain('mash.example')) },
      { signedAt: epochSeconds(1_800_000_001) },
      { leaf: Buffer.from('another certificate') },
    ];
    for (const other of others)
      expect(isPossessed({ ...POSSESSION, ...other }, signature, certified()), Object.keys(other)[0]).to.equal(false);
  });

  it('A-116 refuses a signature by another key, over the bare request, or malformed', () => {
    for (const signature of [
      signPossession(POSSESSION, testKey()),
      sign('sha256', POSSESSION.csr, KEYS.p256),
      Buffer.alloc(0),
      Buffer.alloc(64),
      signPossession(POSSESSION, KEYS.p256).subarray(1),
    ])
      expect(isPossessed(POSSESSION, signature, certified())).to.equal(false);
    expect(
      isPossessed(POSSESSION, signPossession(POSSESSION, KEYS.p256), { spki: Buffer.from('x'), type: 'p256' }),
    ).to.equal(false);
  });

  it('refuses an RSA signature of PKCS#1 v1.5: one key, one scheme', () => {
    const pkcs1 = sign('sha256', POSSESSION.csr, KEYS.rsa);
    expect(isPossessed(POSSESSION, pkcs1, certified(KEYS.rsa))).to.equal(false);
  });

  it('accepts the proof of each key type', () => {
    for (const [type, key] of Object.entries(KEYS))
      expect(isPossessed(POSSESSION, signPossession(POSSESSION, key), certified(key)), type).to.equal(true);
  });
});

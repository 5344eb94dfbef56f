import { createHash, generateKeyPairSync, sign } from 'node:crypto';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { parseCompactJws } from '../../../../core/token/jws.ts';
import { parseKeySet } from '../../../../core/token/key-set.ts';
import { verifyJws } from '../../../../runtime/token/verify-jws.ts';
import { claimsOf, keySetOf, part } from '../../core/token/tokens.ts';

describe('verifyJws() of issuers in the wild', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = publicKey.export({ format: 'jwk' });
  const encryption = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });

  /** A token as RS256, sent with another header than the one that was signed where the issuer does so. */
  function token(header: object, sent = header): string {
    const claims = part(claimsOf());
    const signature = sign('sha256', Buffer.from(`${part(header)}.${claims}`), privateKey).toString('base64url');
    return `${part(sent)}.${claims}.${signature}`;
  }

  async function verify(text: string, ...keys: readonly object[]): Promise<string> {
    const raw = { text, jws: demand(parseCompactJws(text)) };
    const header = await verifyJws(raw, demand(parseKeySet(keySetOf(...keys))), ['RS256']);
    return header.ok ? `key ${header.value.keyId}` : header.refusal.code;
  }

  const header = { alg: 'RS256', typ: 'JWT', kid: 'k1' };
  const entra = { ...jwk, kid: 'k1', use: 'sig', x5t: 'k1' };

  it('refuses a token for Microsoft Graph: what it signed is not what it sent', async () => {
    const nonce = 'AQABAAAAAAB';
    const signed = { ...header, nonce: createHash('sha256').update(nonce).digest('base64url') };
    expect(await verify(token(signed, { ...header, nonce }), entra)).to.equal('TOKEN_SIGNATURE');
  });

  it('A-402 refuses an API of Auth0 that signs by HS256', async () => {
    expect(await verify(token({ ...header, alg: 'HS256' }), entra)).to.equal('TOKEN_ALGORITHM');
  });

  it('A-428 never verifies with the key that Keycloak publishes for encryption', async () => {
    const other = { ...jwk, kid: 'k1', use: 'enc', alg: 'RSA-OAEP' };
    expect(await verify(token(header), other, { ...encryption, kid: 'k2', use: 'sig', alg: 'RS256' })).to.equal(
      'TOKEN_KEY',
    );
  });

  it('takes the signing key beside it, also without kid', async () => {
    const keys = [
      { ...jwk, kid: 'k1', use: 'sig', alg: 'RS256' },
      { ...encryption, kid: 'k2', use: 'enc', alg: 'RSA-OAEP' },
    ];
    expect(await verify(token(header), ...keys)).to.equal('key k1');
    expect(await verify(token({ alg: 'RS256' }), ...keys)).to.equal('key k1');
  });

  it('takes a key of Entra without alg for what its type and the list of the issuer allow', async () => {
    expect(await verify(token(header), entra)).to.equal('key k1');
    expect(await verify(token({ ...header, alg: 'PS256' }), entra)).to.equal('TOKEN_ALGORITHM');
  });
});

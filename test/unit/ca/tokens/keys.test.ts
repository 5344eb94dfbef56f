import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, statSync, writeFileSync } from 'node:fs';

import { expect } from 'chai';
import { calculateJwkThumbprint } from 'jose';

import { makeKey } from '../../../../ca/signer/key-file.ts';
import { loadTokenKey, toKeySet, toPublicJwk, toTokenKey } from '../../../../ca/tokens/keys.ts';
import { createTokenKeyService } from '../../../../ca/tokens/service.ts';
import { tempFolder, thrownBy } from '../small-ca.ts';

describe('token keys', () => {
  it('refuses a key file that is wider than 0600 or damaged with SIGNER_KEY', async () => {
    using folder = tempFolder();
    loadTokenKey(folder.path);
    chmodSync(`${folder.path}/tokens/signing.key`, 0o640);
    expect(await thrownBy(() => loadTokenKey(folder.path))).to.equal('SIGNER_KEY');
    chmodSync(`${folder.path}/tokens/signing.key`, 0o600);
    writeFileSync(`${folder.path}/tokens/signing.key`, 'x');
    expect(await thrownBy(() => loadTokenKey(folder.path))).to.equal('SIGNER_KEY');
  });

  it('has no JWK for other keys', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    expect(() => toPublicJwk(publicKey)).to.throw(TypeError);
  });

  it('makes the key once', () => {
    using folder = tempFolder();
    const first = loadTokenKey(folder.path);
    expect(loadTokenKey(folder.path).id).to.equal(first.id);
    expect(statSync(`${folder.path}/tokens/signing.key`).mode & 0o777).to.equal(0o600);
  });

  it('is named by its RFC 7638 thumbprint, as jose computes it', async () => {
    const key = toTokenKey(makeKey());
    expect(key.id).to.equal(await calculateJwkThumbprint({ ...key.publicJwk }, 'sha256'));
  });

  it('publishes nothing private', () => {
    const key = toTokenKey(makeKey());
    const { x, y } = createPublicKey(key.privateKey).export({ format: 'jwk' });
    expect(toKeySet([key])).to.deep.equal({
      keys: [{ kty: 'EC', crv: 'P-256', x, y, use: 'sig', alg: 'ES256', kid: key.id }],
    });
  });

  it('is not to be had before the service has started', async () => {
    using folder = tempFolder();
    const service = createTokenKeyService(folder.path);
    expect(await thrownBy(() => service.current())).to.equal('BUG_UNEXPECTED');
    await service.start(new AbortController().signal);
    expect(service.current().id).to.have.length(43);
  });
});

import { createHash, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';

import { expect } from 'chai';
import { calculateJwkThumbprint } from 'jose';

import { readDigest, thumbprintOf, thumbprintOfSpki } from '../../../../core/token/thumbprint.ts';

/** RFC 8705 appendix A. */
const CERTIFICATE =
  'MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAxODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRs' +
  'czBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0t' +
  'H6IxLm8wCgYIKoZIzj0EAwIDSQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOVbUlJSGQgjwD5vaUaKlLR50Q2DmFf' +
  'Qj1L+SY=';

const KNOWN: readonly (readonly [string, Record<string, string>, string])[] = [
  [
    'RFC 7638 section 3.1',
    {
      kty: 'RSA',
      n:
        '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhM' +
        'stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5' +
        'hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
      e: 'AQAB',
    },
    'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  ],
  [
    'RFC 8037 appendix A.3',
    { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
    'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  ],
  [
    'RFC 9449',
    {
      kty: 'EC',
      x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
      y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
      crv: 'P-256',
    },
    '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  ],
];

describe('thumbprintOf()', () => {
  for (const [where, jwk, thumbprint] of KNOWN)
    it(`gives the answer of ${where}`, () => {
      expect(thumbprintOf(createPublicKey({ key: jwk, format: 'jwk' }))).to.equal(thumbprint);
    });

  it('gives the answers of RFC 8705 appendix A for a certificate and its key', () => {
    // Of version 1, so that no peer could show it.
    const { raw, publicKey } = new X509Certificate(Buffer.from(CERTIFICATE, 'base64'));
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    expect(createHash('sha256').update(raw).digest('base64url')).to.equal(
      'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0',
    );
    expect(thumbprintOfSpki(spki)).to.equal('Fvi_j8Immo6AlgIwpZKqaXnNP_9b09pLKkQHObRebQY');
  });

  it('agrees with jose on each type of key', async () => {
    const keys = [
      generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
      generateKeyPairSync('ec', { namedCurve: 'secp384r1' }),
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ];
    for (const { publicKey } of keys) {
      const theirs = await calculateJwkThumbprint({ ...publicKey.export({ format: 'jwk' }), kid: 'not part of it' });
      expect(thumbprintOf(publicKey)).to.equal(theirs);
      expect(thumbprintOfSpki(publicKey.export({ format: 'der', type: 'spki' }))).to.equal(theirs);
    }
  });

  it('gives undefined for what is no key', () => {
    expect(thumbprintOfSpki(Buffer.from('no key'))).to.equal(undefined);
  });
});

describe('readDigest()', () => {
  it('A-422 takes 43 characters of canonical base64url, and nothing else', () => {
    const bytes = Buffer.alloc(32, 0xfb);
    const text = bytes.toString('base64url');
    expect(readDigest(text)).to.deep.equal(bytes);
    const wrong = [
      `${text}=`,
      bytes.toString('base64'),
      bytes.toString('hex'),
      text.slice(1),
      `${text}A`,
      '',
      null,
      5,
      [text],
    ];
    for (const value of wrong) expect(readDigest(value), String(value)).to.equal(undefined);
    const lastBits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      .split('')
      .filter((last) => readDigest(text.slice(0, 42) + last) !== undefined);
    expect(lastBits, 'the last character holds four bits').to.have.length(16);
  });
});

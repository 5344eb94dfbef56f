import { constants, generateKeyPairSync, type KeyObject } from 'node:crypto';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { bitString, constructed, derOf, oid, unsigned, type Asn1 } from '../../../../core/x509/asn1.ts';
import { parseCertificate, type Certificate } from '../../../../core/x509/certificate.ts';
import * as make from '../../../../core/x509/extensions.ts';
import { verifyPath } from '../../../../core/x509/path.ts';
import { isSignedBy, schemeOf } from '../../../../core/x509/signature.ts';
import { encodeName, type CertificateTemplate } from '../../../../core/x509/write.ts';
import { NULL, sequence, signTestAs, type TestScheme } from '../../../kit/asn1-parts.ts';
import { verdict } from '../../../kit/verdict.ts';
import { createTestAuthority, leafTemplate, spkiOf, testKey } from '../../../kit/x509.ts';

const now = epochSeconds(Date.now() / 1000);
const donor = createTestAuthority();
const rsa = (bits: number): KeyObject => generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
const ec = (namedCurve: string, paramEncoding: 'named' | 'explicit' = 'named'): KeyObject =>
  generateKeyPairSync('ec', { namedCurve, paramEncoding }).privateKey;
const keys = { rsa: rsa(2048), p256: testKey(), p384: ec('P-384'), ed25519: generateKeyPairSync('ed25519').privateKey };

const HASHES = { sha256: '2.16.840.1.101.3.4.2.1', sha384: '2.16.840.1.101.3.4.2.2', sha512: '2.16.840.1.101.3.4.2.3' };
const explicit = (tag: number, child: Asn1): Asn1 => constructed(tag, [child]);
const identifier = (name: string): Asn1 => sequence(oid(name), NULL);

function pss(digest: keyof typeof HASHES, saltLength: number, mgf: keyof typeof HASHES = digest): TestScheme {
  const parameters = sequence(
    explicit(0xa0, identifier(HASHES[digest])),
    explicit(0xa1, sequence(oid('1.2.840.113549.1.1.8'), identifier(HASHES[mgf]))),
    explicit(0xa2, unsigned(Buffer.from([saltLength]))),
  );
  const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
  return { algorithm: sequence(oid('1.2.840.113549.1.1.10'), parameters), digest, options };
}

const ECDSA = { algorithm: sequence(oid('1.2.840.10045.4.3.2')), digest: 'sha256' };
const RSA = { algorithm: identifier('1.2.840.113549.1.1.11'), digest: 'sha256' };
const ED25519 = { algorithm: sequence(oid('1.3.101.112')), digest: null };

/** A certificate that this key signed in this scheme. */
function signed(key: KeyObject, scheme: TestScheme): Certificate {
  return demand(parseCertificate(signTestAs(leafTemplate(donor, { now }, spkiOf(testKey())), key, scheme)));
}

describe('isSignedBy()', () => {
  const good: Readonly<Record<string, readonly [key: KeyObject, scheme: TestScheme]>> = {
    'ECDSA P-256 with SHA-256': [keys.p256, ECDSA],
    'ECDSA P-384 with SHA-384': [keys.p384, { algorithm: sequence(oid('1.2.840.10045.4.3.3')), digest: 'sha384' }],
    'ECDSA P-384 with SHA-512': [keys.p384, { algorithm: sequence(oid('1.2.840.10045.4.3.4')), digest: 'sha512' }],
    Ed25519: [keys.ed25519, ED25519],
    'RSA with SHA-256': [keys.rsa, RSA],
    'RSA with SHA-384': [keys.rsa, { algorithm: identifier('1.2.840.113549.1.1.12'), digest: 'sha384' }],
    'RSA with SHA-512': [keys.rsa, { algorithm: identifier('1.2.840.113549.1.1.13'), digest: 'sha512' }],
    'RSA-PSS with SHA-256': [keys.rsa, pss('sha256', 32)],
    'RSA-PSS with SHA-384': [keys.rsa, pss('sha384', 48)],
    'RSA-PSS with SHA-512': [keys.rsa, pss('sha512', 64)],
  };
  const bad: Readonly<Record<string, readonly [key: KeyObject, scheme: TestScheme]>> = {
    'A-051 RSA with MD5': [keys.rsa, { algorithm: identifier('1.2.840.113549.1.1.4'), digest: 'md5' }],
    'A-051 RSA with SHA-1': [keys.rsa, { algorithm: identifier('1.2.840.113549.1.1.5'), digest: 'sha1' }],
    'A-051 ECDSA with SHA-1': [keys.p256, { algorithm: sequence(oid('1.2.840.10045.4.1')), digest: 'sha1' }],
    'RSA without the NULL': [keys.rsa, { ...RSA, algorithm: sequence(oid('1.2.840.113549.1.1.11')) }],
    'ECDSA with a NULL': [keys.p256, { ...ECDSA, algorithm: identifier('1.2.840.10045.4.3.2') }],
    'Ed25519 with a NULL': [keys.ed25519, { ...ED25519, algorithm: identifier('1.3.101.112') }],
    'RSA-PSS with another digest in MGF1': [keys.rsa, pss('sha256', 32, 'sha384')],
    'RSA-PSS with a short salt': [keys.rsa, pss('sha256', 20)],
    'RSA-PSS without parameters': [keys.rsa, { ...RSA, algorithm: sequence(oid('1.2.840.113549.1.1.10')) }],
    'an algorithm that names another kind of key': [keys.p256, { ...RSA, digest: 'sha256' }],
    'a digest other than the one it names': [keys.p256, { ...ECDSA, digest: 'sha384' }],
  };

  for (const [title, [key, scheme]] of Object.entries(bad))
    it(`refuses ${title}`, () => {
      expect(isSignedBy(signed(key, scheme), { spki: spkiOf(key) })).to.equal(false);
    });

  it('refuses every key but the one that signed, and a key that is none', () => {
    for (const [key, scheme] of Object.values(good)) {
      const certificate = signed(key, scheme);
      for (const other of [rsa(2048), testKey(), ec('P-384'), generateKeyPairSync('ed25519').privateKey])
        expect(isSignedBy(certificate, { spki: spkiOf(other) })).to.equal(false);
      expect(isSignedBy(certificate, { spki: Buffer.from('3000', 'hex') })).to.equal(false);
    }
  });

  it('A-108 refuses a key that is no point of its curve', () => {
    const spki = Buffer.from(spkiOf(keys.p256));
    spki.writeUInt8(spki.readUInt8(spki.length - 1) ^ 1, spki.length - 1);
    expect(isSignedBy(signed(keys.p256, ECDSA), { spki })).to.equal(false);
  });

  for (const [title, [key, scheme]] of Object.entries(good))
    it(`accepts ${title}`, () => {
      expect(schemeOf(signed(key, scheme))).to.not.equal(undefined);
      expect(isSignedBy(signed(key, scheme), { spki: spkiOf(key) })).to.equal(true);
    });
});

describe('A-050 A-051 weak keys and signatures anywhere in a chain', () => {
  interface Link {
    readonly key: KeyObject;
    readonly scheme: TestScheme;
  }
  const sound: Link = { key: keys.rsa, scheme: RSA };
  const weak: Readonly<Record<string, Link>> = {
    'RSA-1024': { key: rsa(1024), scheme: RSA },
    'P-192': { key: ec('prime192v1'), scheme: ECDSA },
    'explicit curve parameters': { key: ec('P-256', 'explicit'), scheme: ECDSA },
    DSA: {
      key: generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey,
      scheme: { algorithm: sequence(oid('2.16.840.1.101.3.4.3.2')), digest: 'sha256' },
    },
    secp256k1: { key: ec('secp256k1'), scheme: ECDSA },
    'MD5 signature': { key: keys.rsa, scheme: { algorithm: identifier('1.2.840.113549.1.1.4'), digest: 'md5' } },
    'SHA-1 signature': { key: keys.rsa, scheme: { algorithm: identifier('1.2.840.113549.1.1.5'), digest: 'sha1' } },
  };
  const places = ['leaf', 'intermediate', 'root'] as const;

  /** Root, intermediate and leaf; the one in `place` has the weak key and is signed in its scheme. */
  function chainWith(place: (typeof places)[number], link: Link): string {
    const isSignature = link.key === keys.rsa;
    const keyOf = (name: string): KeyObject => (name === place && !isSignature ? link.key : sound.key);
    const schemeFor = (name: string, issuer: string): TestScheme =>
      isSignature ? (name === place ? link.scheme : RSA) : issuer === place ? link.scheme : RSA;
    const build = (name: string, issuer: string): Certificate => {
      const spki = spkiOf(keyOf(name));
      const plain = leafTemplate(donor, { now }, spki);
      const ca = [
        make.basicConstraints({ ca: true }),
        make.keyUsage('keyCertSign'),
        make.authorityKeyId(Buffer.from(issuer)),
        { ...make.subjectKeyId(spki), value: Buffer.concat([Buffer.from([4, name.length]), Buffer.from(name)]) },
      ];
      const template: CertificateTemplate = {
        ...plain,
        issuer: encodeName(issuer),
        subject: encodeName(name),
        extensions: name === 'leaf' ? [...plain.extensions.slice(0, 5), make.authorityKeyId(Buffer.from(issuer))] : ca,
      };
      return demand(parseCertificate(signTestAs(template, keyOf(issuer), schemeFor(name, issuer))));
    };
    const [leaf, middle, root] = [build('leaf', 'intermediate'), build('intermediate', 'root'), build('root', 'root')];
    return verdict(verifyPath({ leaf, intermediates: [middle], roots: [root], now, purpose: 'svid' }));
  }

  for (const place of places)
    for (const [title, link] of Object.entries(weak))
      it(`A-051 refuses ${title} in the ${place}`, () => {
        // An intermediate with a key of DSA shows in the leaf, which is signed in its scheme.
        const code = place === 'leaf' ? 'PEER_NOT_SVID' : 'PEER_(?:UNTRUSTED|NOT_SVID)';
        expect(chainWith(place, link)).to.match(new RegExp(`^${code}: .*(?:bad key|algorithm)`));
      });

  it('takes the same chain with sound keys and signatures', () => {
    for (const place of places) expect(chainWith(place, sound)).to.equal('ok');
    expect(chainWith('intermediate', { key: keys.ed25519, scheme: ED25519 })).to.equal('ok');
  });

  it('A-050 refuses an RSA key of 16,384 bits by its size alone', () => {
    const key = sequence(unsigned(Buffer.alloc(2048, 0xff)), unsigned(Buffer.from([1, 0, 1])));
    const spki = sequence(identifier('1.2.840.113549.1.1.1'), bitString(derOf(key)));
    const template = leafTemplate(donor, { now }, derOf(spki));
    const leaf = demand(parseCertificate(signTestAs(template, donor.key, ECDSA)));
    const answer = verdict(verifyPath({ leaf, intermediates: [], roots: [donor.certificate], now }));
    expect(answer).to.equal('PEER_NOT_SVID: leaf has a bad key: RSA key of 16384 bits, 2048 to 8192 allowed');
  });
});

import { generateKeyPairSync, type KeyObject } from 'node:crypto';

import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import type { Outcome } from '../../../../core/fault/refusal.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import * as make from '../../../../core/x509/extensions.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import { encodeName } from '../../../../core/x509/write.ts';
import { adoptMaterial, parseMaterial } from '../../../../sidecar/credentials/file-material.ts';
import type { Snapshot } from '../../../../sidecar/credentials/snapshot.ts';
import { type Contents, issueContents } from '../../../kit/volume.ts';
import {
  createTestAuthority,
  FLAW_NAMES,
  issueTestLeaf,
  leafTemplate,
  signTest,
  spkiOf,
  type TestAuthority,
  testKey,
  withExtension,
} from '../../../kit/x509.ts';

/** Ahead of the clock, inside of what the kit issues by default: this file may be loaded long before its tests run. */
const noon = epochSeconds(Date.now() / 1000 + 1800);
const authority = createTestAuthority();
const trustDomain = demand(parseTrustDomain(authority.trustDomain));
const pem = (der: Buffer): string => encodePem('CERTIFICATE', der);

/** What comes of these files, adopted after `previous`. */
function adopt(contents: Contents, previous?: Snapshot, now = noon): Outcome<Snapshot> {
  const of = (name: string): Buffer => Buffer.from(contents[name] ?? '');
  const material = parseMaterial({ key: of('tls.key'), certificate: of('tls.crt'), bundle: of('ca.crt') });
  return material.ok ? adoptMaterial(material.value, { trustDomain, previous, now }) : material;
}

/** Why not. */
function reason(outcome: Outcome<Snapshot>): string {
  if (outcome.ok) return 'adopted';
  expect(outcome.refusal.code).to.equal('RENEW_FILES');
  return outcome.refusal.detail;
}

/** An intermediate under the authority, as issuer of leaves. */
function intermediate(): TestAuthority {
  const key = testKey();
  const spki = spkiOf(key);
  const sound = leafTemplate(authority, {}, spki);
  const der = signTest(
    [make.basicConstraints({ ca: true, pathLength: 0 }), make.keyUsage('keyCertSign', 'cRLSign')].reduce(
      withExtension,
      {
        ...sound,
        subject: encodeName('Intermediate'),
        extensions: [make.subjectAltName({ uri: `spiffe://${authority.trustDomain}` }, false), make.subjectKeyId(spki)],
      },
    ),
    authority.key,
  );
  return { key, der, certificate: demand(parseCertificate(der)), trustDomain: authority.trustDomain };
}

describe('parseMaterial() and adoptMaterial()', () => {
  const good = issueContents({}, authority);

  it('A-526 refuses a key beside the certificate of another one, either way round', () => {
    const next = issueContents({}, authority);
    for (const torn of [
      { ...good, 'tls.key': next['tls.key'] ?? '' },
      { ...good, 'tls.crt': next['tls.crt'] ?? '' },
    ])
      expect(reason(adopt(torn))).to.include('is for the key in the key file');
  });

  it('A-525 refuses what is half written, in each file and at each cut', () => {
    for (const name of Object.keys(good)) {
      const whole = good[name] ?? '';
      for (const cut of [0, 1, whole.length / 2, whole.length - 30, whole.length - 5])
        expect(reason(adopt({ ...good, [name]: whole.slice(0, cut) })), `${name} ${cut}`).to.include('the ');
    }
  });

  it('A-132 refuses an empty bundle, a foreign one, one of another trust domain, and one without our root any more', () => {
    const foreign = createTestAuthority();
    const other = createTestAuthority('other.example');
    const previous = demand(adopt(good));
    expect(reason(adopt({ ...good, 'ca.crt': '' }, previous))).to.include('no PEM block');
    expect(reason(adopt({ ...good, 'ca.crt': pem(foreign.der) }, previous))).to.include('none of the roots');
    expect(reason(adopt({ ...good, 'ca.crt': pem(authority.der) + pem(other.der) }, previous))).to.include(
      'other.example',
    );
    const two = demand(adopt({ ...good, 'ca.crt': pem(authority.der) + pem(foreign.der) }, previous));
    expect(reason(adopt({ ...good, 'ca.crt': pem(foreign.der) }, two)), 'shrunken').to.include('none of the roots');
    expect(reason(adopt({ ...good, 'ca.crt': good['tls.crt'] ?? '' }, previous)), 'a leaf').to.not.equal('adopted');
  });

  it('A-507 refuses another identity than the one before, and another trust domain', () => {
    const previous = demand(adopt(good));
    expect(reason(adopt(issueContents({ path: '/ns/shop/sa/other' }, authority), previous))).to.include(
      'we are spiffe://',
    );
    expect(reason(adopt(issueContents({ trustDomain: 'other.example' }, authority)))).to.include('other.example');
  });

  it('A-508 refuses what has ended or has not begun', () => {
    expect(reason(adopt(good, undefined, epochSeconds(noon + 3601)))).to.include('not valid after');
    expect(reason(adopt(good, undefined, epochSeconds(noon - 1900)))).to.include('not valid before');
  });

  for (const flaw of FLAW_NAMES) {
    it(`refuses a leaf with the flaw ${flaw}, as our peers would`, () => {
      expect(reason(adopt(issueContents({ flaw }, authority)))).to.not.equal('adopted');
    });
  }

  it('refuses a key that is encrypted, doubled, or no key', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const encrypted = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
    const key = good['tls.key'] ?? '';
    for (const text of [
      String(encrypted),
      key + key,
      good['tls.crt'] ?? '',
      encodePem('PRIVATE KEY', Buffer.from('x')),
    ]) {
      const why = reason(adopt({ ...good, 'tls.key': text }));
      expect(why).to.match(/^the key file: /);
      expect(why).to.not.include(text.slice(40, 60));
    }
  });

  it('refuses a key among the certificates, two certificates for the key, and too many', () => {
    const leaf = good['tls.crt'] ?? '';
    expect(reason(adopt({ ...good, 'tls.crt': leaf + (good['tls.key'] ?? '') }))).to.include(
      'block 1 is no certificate',
    );
    expect(reason(adopt({ ...good, 'tls.crt': leaf + leaf }))).to.include('two certificates');
    expect(reason(adopt({ ...good, 'tls.crt': leaf.repeat(9) }))).to.include('more than 8');
    expect(reason(adopt({ ...good, 'ca.crt': (good['ca.crt'] ?? '').repeat(17) }))).to.include('more than 16');
  });

  it('A-141 finds the leaf by its key: CA first, root among them, several blocks, CRLF, trailing newlines', () => {
    const middle = intermediate();
    const leaf = issueTestLeaf(middle);
    const key = leaf.key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const bundle = pem(authority.der);
    const parts = [pem(leaf.der), pem(middle.der), bundle];
    for (const order of [
      [0, 1],
      [1, 0],
      [2, 1, 0],
      [1, 2, 0],
      [0, 2, 1],
    ]) {
      const certificate = order.map((place) => parts[place] ?? '').join('');
      for (const text of [certificate, certificate.replaceAll('\n', '\r\n'), `\n${certificate}\n\n`]) {
        const { leaf: found, chain } = demand(adopt({ 'tls.key': key, 'tls.crt': text, 'ca.crt': bundle }));
        expect(found.der, String(order)).to.deep.equal(leaf.der);
        expect(chain.map((der) => der.toString('hex'))).to.deep.equal(
          [leaf.der, middle.der].map((der) => der.toString('hex')),
        );
      }
    }
  });

  it('A-141 takes the same certificates in other text for no change', () => {
    const previous = demand(adopt(good));
    const crlf = Object.fromEntries(
      Object.entries(good).map(([name, text]) => [name, `${text.replaceAll('\n', '\r\n')}\r\n`]),
    );
    expect(demand(adopt(crlf, previous))).to.equal(previous);
  });

  it('takes keys in PKCS#8, SEC1 (also after EC PARAMETERS) and PKCS#1', () => {
    const ec = testKey();
    const sec1 = String(ec.export({ type: 'sec1', format: 'pem' }));
    const parameters = encodePem('EC PARAMETERS', Buffer.from('06082a8648ce3d030107', 'hex'));
    const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const cases: readonly (readonly [KeyObject, string])[] = [
      [ec, sec1],
      [ec, parameters + sec1],
      [rsa, String(rsa.export({ type: 'pkcs1', format: 'pem' }))],
    ];
    for (const [key, text] of cases) {
      const contents = { ...issueContents({ key }, authority), 'tls.key': text };
      expect(adopt(contents), text.slice(0, 30)).to.have.property('ok', true);
    }
  });

  it('gives generations that grow with the certificate, and a bundle generation that grows with the bundle', () => {
    const first = demand(adopt(good));
    expect(first).to.include({ generation: 1, bundleGeneration: 1, renewAt: first.leaf.notAfter });
    expect(first).to.satisfy(Object.isFrozen);
    expect(demand(adopt(good, first))).to.equal(first);
    const second = demand(adopt(issueContents({}, authority), first));
    expect(second).to.include({ generation: 2, bundleGeneration: 1 });
    const certificates = { 'ca.crt': (good['ca.crt'] ?? '') + pem(createTestAuthority().der) };
    expect(demand(adopt({ ...good, ...certificates }, first))).to.include({ generation: 2, bundleGeneration: 2 });
  });
});

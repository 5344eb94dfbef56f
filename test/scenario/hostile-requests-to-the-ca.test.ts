/**
 * What nobody should send to a CA, sent to a running one: the answer is a status with a code and a public text, the audit
 * has a line, nothing is issued, and the process lives.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { rowOf, type Code } from '../../core/fault/catalog.ts';
import { demand } from '../../core/fault/fault.ts';
import { formatJoinToken } from '../../core/identity/join-token.ts';
import { epochSeconds, seconds, type Seconds } from '../../core/time/units.ts';
import { oid, primitive, raw } from '../../core/x509/asn1.ts';
import { parseCertificate } from '../../core/x509/certificate.ts';
import { writeCsr } from '../../core/x509/csr-write.ts';
import { TAG } from '../../core/x509/der.ts';
import * as make from '../../core/x509/extensions.ts';
import { decodePem } from '../../core/x509/pem.ts';
import { encodeName, type Extension } from '../../core/x509/write.ts';
import { callControl } from '../../runtime/control-call.ts';
import type { IssuedCertificate, ShownEvidence } from '../../runtime/grpc/messages.ts';
import { attribute, NULL, requestOf, sequence } from '../kit/asn1-parts.ts';
import { generalNames, spkiOf, testKey } from '../kit/x509.ts';
import { codeOf } from '../unit/ca/small-ca.ts';
import { AGENT, makePlace, serialOf, startCa, type CaPlace, type RunningCa } from './journal-ca.ts';

const key = testKey();
const asks = (...extensions: readonly Extension[]) => ({
  attributes: [
    attribute(
      '1.2.840.113549.1.9.14',
      sequence(...extensions.map(({ oid: name, value }) => sequence(raw(name), primitive(TAG.octetString, value)))),
    ),
  ],
});
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const sound = (): Buffer => writeCsr(testKey());
const off = (der: Buffer): Buffer => {
  const changed = Buffer.from(der);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  return changed;
};
const deep = (): Buffer => {
  let der = Buffer.from('0500', 'hex');
  for (let depth = 0; depth < 2000; depth += 1)
    der = Buffer.concat([Buffer.from([0x30, 0x82, der.length >> 8, der.length & 0xff]), der]);
  return der;
};

const HOSTILE: readonly (readonly [name: string, code: Code, csr: () => Buffer])[] = [
  ['A-101 another name as subject', 'CSR_NAME', () => requestOf(key, { subject: encodeName(AGENT) })],
  [
    'A-101 the SPIFFE ID of somebody else',
    'CSR_NAME',
    () => requestOf(key, asks(generalNames([0x86, 'spiffe://mesh.example/ns/shop/sa/admin']))),
  ],
  [
    'A-102 DNS, IP and e-mail names',
    'CSR_NAME',
    () => requestOf(key, asks(generalNames([0x82, '*'], [0x87, Buffer.alloc(4)], [0x81, 'a@b']))),
  ],
  ['A-103 the CA bit', 'CSR_EXTENSION', () => requestOf(key, asks(make.basicConstraints({ ca: true })))],
  ['A-103 keyCertSign', 'CSR_EXTENSION', () => requestOf(key, asks(make.keyUsage('keyCertSign')))],
  ['A-103 another purpose', 'CSR_EXTENSION', () => requestOf(key, asks(make.extendedKeyUsage('1.3.6.1.5.5.7.3.3')))],
  ['A-104 a proof by another key', 'CSR_SIGNATURE', () => requestOf(key, { signer: testKey() })],
  [
    'A-104 a proof with one bit changed',
    'CSR_SIGNATURE',
    () => requestOf(key, { signature: (info) => off(sign('sha256', info, key)) }),
  ],
  [
    'A-105 a challengePassword',
    'CSR_EXTENSION',
    () => requestOf(key, { attributes: [attribute('1.2.840.113549.1.9.7', primitive(TAG.utf8String, 'x'))] }),
  ],
  ['A-106 a byte more', 'CSR_MALFORMED', () => Buffer.concat([sound(), Buffer.alloc(1)])],
  ['A-106 a byte less', 'CSR_MALFORMED', () => sound().subarray(0, -1)],
  [
    'A-106 an indefinite length',
    'CSR_MALFORMED',
    () => Buffer.concat([Buffer.from('3080', 'hex'), sound(), Buffer.alloc(2)]),
  ],
  [
    'A-106 an overlong length',
    'CSR_MALFORMED',
    () => {
      const der = sound();
      return Buffer.concat([Buffer.from([0x30, 0x83, 0x00, ...der.subarray(2, 4)]), der.subarray(4)]);
    },
  ],
  ['A-106 no request at all', 'CSR_MALFORMED', () => randomBytes(300)],
  [
    'A-107 RSA of 1024 bits',
    'CSR_KEY',
    () => requestOf(rsa, { spki: spkiOf(rsa), algorithm: [oid('1.2.840.113549.1.1.11'), NULL] }),
  ],
  [
    'A-108 P-384 where P-256 is allowed',
    'CSR_KEY',
    () => {
      const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
      return requestOf(other, { hash: 'sha384', algorithm: [oid('1.2.840.10045.4.3.3')] });
    },
  ],
  ['A-108 a point off its curve', 'CSR_KEY', () => requestOf(key, { spki: off(spkiOf(key)) })],
  ['A-120 8 KiB and more', 'CSR_MALFORMED', () => Buffer.alloc(8193, 0x30)],
  ['A-120 2,000 sequences in each other', 'CSR_MALFORMED', deep],
  ['A-120 nothing', 'CSR_MALFORMED', () => Buffer.alloc(0)],
];

describe('hostile requests to a CA', function () {
  this.timeout(60_000);
  let place: CaPlace;
  let ca: RunningCa;

  before(async () => {
    place = makePlace();
    ca = await startCa(place, 'hostile-requests-to-the-ca');
  });
  after(async () => {
    await ca[Symbol.asyncDispose]();
    place[Symbol.dispose]();
  });

  const serials = async (): Promise<readonly string[]> => {
    const page = demand(await callControl({ path: place.control, verb: 'certificates', body: {} }));
    return (
      page as { readonly certificates: readonly { readonly serial: string; readonly attestor: string }[] }
    ).certificates
      .filter(({ attestor }) => attestor !== 'self')
      .map(({ serial }) => serial);
  };
  const issue = (csr: Buffer, evidence: ShownEvidence, ttl?: Seconds) => ca.bootstrap.issue({ csr, evidence, ttl });
  const audit = (): string => readFileSync(join(place.dataDir, 'audit.jsonl'), 'utf8');
  const rootDigest = (): Buffer => {
    const [block] = demand(decodePem(readFileSync(join(place.dataDir, 'authority', 'root.pem'), 'utf8')));
    return createHash('sha256')
      .update(block?.der ?? Buffer.alloc(0))
      .digest();
  };

  for (const [name, code, csr] of HOSTILE)
    it(`${name}: ${code}, the public text and no more, and the evidence is not spent`, async () => {
      const before = await serials();
      const evidence = await ca.evidence();
      const refused = await issue(csr(), evidence);
      expect(codeOf(refused)).to.equal(code);
      expect(refused)
        .to.have.nested.property('refusal.detail')
        .that.matches(new RegExp(`: ${rowOf(code).text}$`));
      expect(await serials()).to.deep.equal(before);
      expect(codeOf(await issue(sound(), evidence))).to.equal('ok');
    });

  it('A-116 A-139 evidence that is absent, guessed, for another root or spent: one public text for all', async () => {
    const before = await serials();
    const spent = await ca.evidence();
    const first = sound();
    demand(await issue(first, spent));
    const guess = {
      kind: 'join-token',
      text: formatJoinToken({ rootDigest: rootDigest(), secret: randomBytes(32) }),
    } as const;
    const foreign = {
      kind: 'join-token',
      text: formatJoinToken({ rootDigest: randomBytes(32), secret: randomBytes(32) }),
    } as const;
    const shapeless = { kind: 'join-token', text: 'x'.repeat(400) } as const;
    const oidc = { kind: 'oidc', token: 'e30.e30.e30' } as const;
    const x509 = {
      kind: 'x509',
      chain: [randomBytes(64)],
      signedAt: epochSeconds(Math.floor(Date.now() / 1000)),
      signature: randomBytes(64),
    } as const;
    const texts = new Set<string>();
    for (const evidence of [spent, guess, foreign, shapeless, oidc, x509]) {
      const refused = await issue(sound(), evidence);
      expect(codeOf(refused)).to.match(/^ATTEST_/);
      texts.add(refused.ok ? 'ok' : refused.refusal.detail);
    }
    expect([...texts]).to.have.length(1);
    expect(await serials()).to.have.length(before.length + 1);
    expect(codeOf(await issue(first, spent)), 'the same key again is the same certificate').to.equal('ok');
    expect(await serials()).to.have.length(before.length + 1);
  });

  it('A-115 absurd lifetimes are clamped to what the CA grants', async () => {
    for (const [asked, granted] of [
      [1, 60],
      [4_294_967_295, 86_400],
    ] as const) {
      const issued = demand(await issue(sound(), await ca.evidence(), seconds(asked)));
      const leaf = demand(parseCertificate(issued.chain[0] ?? Buffer.alloc(0)));
      expect(leaf.notAfter - leaf.notBefore, String(asked)).to.equal(granted + 60);
    }
  });

  it('A-138 A-109 two renewals of one leaf freeze its lineage; a key of somebody else is refused', async () => {
    const { key: own, outcome } = await ca.issue();
    const issued = demand(outcome);
    const renew = async (by: IssuedCertificate, ownKey: KeyObject, csr: Buffer): Promise<string> =>
      codeOf(await ca.openMesh(by, ownKey).renew({ csr, ttl: undefined }));
    expect(await renew(issued, own, writeCsr(own))).to.equal('GRANT_KEY_REUSE');
    const { key: other } = await ca.issue();
    expect(await renew(issued, own, writeCsr(other))).to.equal('GRANT_KEY_REUSE');
    const next = testKey();
    expect(await renew(issued, own, writeCsr(next))).to.equal('ok');
    expect(await renew(issued, own, writeCsr(testKey()))).to.equal('GRANT_FORK');
    expect(await renew(issued, own, writeCsr(next)), 'frozen is frozen').to.equal('GRANT_LINEAGE');
    expect(await serials()).to.include(serialOf(issued));
  });

  it('lives, has an audit line for each kind of refusal, and a sound chain of them', async () => {
    expect(process.kill(ca.pid, 0)).to.equal(true);
    const kinds = new Set(HOSTILE.map(([, code]) => code));
    for (const code of [...kinds].filter((code) => code !== 'CSR_MALFORMED')) expect(audit(), code).to.include(code);
    expect(codeOf((await ca.issue()).outcome)).to.equal('ok');
  });
});

import { generateKeyPairSync, hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { dispatch } from '../../../cli/dispatch.ts';
import { type Finding, inspectInput } from '../../../cli/inspect-facts.ts';
import { inspectChain } from '../../../cli/inspect-chain.ts';
import { inspect } from '../../../cli/inspect.ts';
import { epochSeconds } from '../../../core/time/units.ts';
import { writeCsr } from '../../../core/x509/csr-write.ts';
import { encodePem } from '../../../core/x509/pem.ts';
import { captureIo } from '../../kit/captured-io.ts';
import { createTestAuthority, issueTestAuthority, issueTestChain, issueTestLeaf } from '../../kit/x509.ts';

/** Ahead of the clock, inside of what the kit issues by default: this file may be loaded long before its tests run. */
const NOW = epochSeconds(Date.now() / 1000 + 1800);
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (claims: unknown): string => `${part({ alg: 'ES256', typ: 'at+jwt' })}.${part(claims)}.c2lnbmF0dXJl`;

const only = (input: string | Buffer): Finding => {
  const [finding] = inspectInput(Buffer.from(input), NOW);
  if (finding === undefined) throw new Error('nothing was found');
  return finding;
};

describe('inspectInput()', () => {
  it('names what is neither certificate, request nor token', () => {
    expect(only('hello').verdict.text).to.match(/^neither PEM/);
    expect(only('-----BEGIN X-----\nAA==\n-----END X-----\n').verdict.text).to.equal('a PEM block X');
  });

  it('tells which rule a leaf that may sign breaks', () => {
    const { leaf } = issueTestChain({ flaw: 'key-cert-sign' });
    expect(only(leaf.der).verdict.ok).to.equal(false);
  });

  it('shows a leaf, in DER as in PEM, with its verdict', () => {
    const { authority, leaf } = issueTestChain({ path: '/ns/shop/sa/agent' });
    for (const input of [leaf.der, encodePem('CERTIFICATE', leaf.der)]) {
      const finding = only(input);
      expect(finding.facts).to.include({
        'x5t#S256': hash('sha256', leaf.der, 'base64url'),
        spiffeId: 'spiffe://' + authority.trustDomain + '/ns/shop/sa/agent',
      });
      expect(finding.verdict).to.deep.equal({ ok: true, text: 'an X.509-SVID' });
    }
  });

  it('shows a request, and that a changed one proves nothing', () => {
    const csr = writeCsr(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    expect(only(csr)).to.deep.include({ kind: 'certificate request', facts: { keyType: 'p256' } });
    csr[csr.length - 1] = (csr.at(-1) ?? 0) ^ 1;
    expect(only(csr).verdict.text).to.match(/^CSR_/);
  });

  it('says of an expired token that it is expired, and of a key nothing', () => {
    expect(only(tokenOf({ exp: NOW - 1 })).verdict.text).to.match(/^TOKEN_EXPIRED/);
    expect(only('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n').facts).to.deep.equal({});
  });
});

describe('inspectChain()', () => {
  const root = createTestAuthority();
  const issuer = issueTestAuthority(root);
  const leaf = issueTestLeaf(issuer);
  const pem = (...ders: readonly Buffer[]): Buffer =>
    Buffer.from(ders.map((der) => encodePem('CERTIFICATE', der)).join('\n'));
  const verdictOf = (input: Buffer, bundle: Buffer): string => inspectChain(input, bundle, NOW).verdict.text;

  it('tells at which rule a chain fails', () => {
    expect(verdictOf(pem(leaf.der), pem(root.der))).to.match(/^PEER_UNTRUSTED: no issuer of certificate .*RFC 5280/);
    expect(verdictOf(pem(leaf.der, issuer.der), pem(createTestAuthority().der))).to.match(/^PEER_UNTRUSTED/);
    expect(verdictOf(pem(), pem(root.der))).to.match(/^PEER_NOT_SVID: the input has no certificate/);
    expect(verdictOf(pem(issuer.der), pem(createTestAuthority().der))).to.match(/^PEER_UNTRUSTED: no issuer/);
    const barren = issueTestAuthority(issuer);
    expect(verdictOf(pem(barren.der, issuer.der), pem(root.der))).to.match(/allows a path of [01], it has [12]/);
    const expired = issueTestLeaf(root, { flaw: 'expired' });
    expect(verdictOf(pem(expired.der), pem(root.der))).to.match(/^PEER_EXPIRED/);
    const serverOnly = issueTestLeaf(root, { flaw: 'server-only' });
    expect(verdictOf(pem(serverOnly.der), pem(root.der))).to.match(/^PEER_NOT_SVID: leaf lacks the purpose clientAuth/);
    expect(verdictOf(pem(leaf.der, issuer.der), Buffer.from('-----BEGIN X'))).to.match(/^PEER_UNTRUSTED/);
  });

  it('shows the path of a chain that holds, in whatever order it stands, with DER as bundle', () => {
    for (const input of [pem(leaf.der, issuer.der), pem(root.der, issuer.der, leaf.der)]) {
      const finding = inspectChain(input, root.der, NOW);
      expect(finding.verdict).to.deep.equal({ ok: true, text: 'leads to a root of the bundle' });
      expect(finding.facts['path']).to.have.length(3);
      expect(finding.facts).to.include({ roots: 1 });
    }
  });

  it('judges the first CA where the input has no leaf, and a root of the bundle as itself', () => {
    for (const input of [issuer.der, root.der])
      expect(verdictOf(pem(input), pem(root.der))).to.equal('leads to a root of the bundle');
    const finding = inspectChain(pem(issuer.der, root.der), pem(root.der), NOW);
    expect(finding.facts['path']).to.have.length(2);
  });

  it('judges a leaf without a SPIFFE ID by the path alone', () => {
    const other = issueTestLeaf(root, { flaw: 'no-uri' });
    expect(verdictOf(pem(other.der), pem(root.der))).to.equal('leads to a root of the bundle');
  });
});

describe('cleat inspect', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cleat-inspect-'));
  after(() => rmSync(folder, { recursive: true }));

  it('adds what a chain is worth against --bundle', async () => {
    const { authority, leaf } = issueTestChain();
    const [good, bad] = [join(folder, 'good.pem'), join(folder, 'bad.pem')];
    writeFileSync(good, encodePem('CERTIFICATE', authority.der));
    writeFileSync(bad, encodePem('CERTIFICATE', createTestAuthority().der));
    for (const [bundle, code, text] of [
      [bad, 1, 'verdict: PEER_UNTRUSTED'],
      [good, 0, 'verdict: leads to a root of the bundle'],
    ] as const) {
      const io = captureIo(encodePem('CERTIFICATE', leaf.der));
      expect(await dispatch(['inspect', '--bundle', bundle], [inspect], io)).to.equal(code);
      expect(io.written.out).to.include(text);
    }
  });

  it('reads an Authorization line and never prints the token back', async () => {
    const token = tokenOf({ exp: NOW + 60, sub: 'a\u001b[31m' });
    for (const flags of [[], ['--json']]) {
      const io = captureIo(`Authorization: Bearer ${token}\n`);
      expect(await dispatch(['inspect', ...flags], [inspect], io)).to.equal(0);
      expect(io.written.out).to.include('at+jwt').and.not.include(token).and.not.include('\u001b');
    }
  });

  it('exits with 1 when a verifier would refuse, with 2 without a file', async () => {
    expect(await dispatch(['inspect'], [inspect], captureIo('hello'))).to.equal(1);
    const io = captureIo();
    expect(await dispatch(['inspect', '/nonexistent.pem'], [inspect], io)).to.equal(2);
    expect(io.written.err).to.include('CONFIG_FILE');
  });
});

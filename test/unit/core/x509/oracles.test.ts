/** What we write, others must read; what others write, we must read: OpenSSL and @peculiar/x509. */
import 'reflect-metadata';

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension, X509Certificate } from '@peculiar/x509';
import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { writeCsr } from '../../../../core/x509/csr-write.ts';
import { parseCsr } from '../../../../core/x509/csr.ts';
import { decodePem, encodePem } from '../../../../core/x509/pem.ts';
import { checkAuthority, checkSvid } from '../../../../core/x509/svid.ts';
import { verdict } from '../../../kit/verdict.ts';
import { issueTestChain } from '../../../kit/x509.ts';

const lineage = {
  id: Buffer.alloc(16, 1),
  sequence: 1,
  issuedAt: epochSeconds(1_800_000_000),
  predecessors: [{ thumbprint: Buffer.alloc(32, 2), acceptUntil: epochSeconds(1_800_000_300) }],
};
const { authority, leaf } = issueTestChain({ dns: ['localhost', 'agent.shop.svc'], lineage });
const csr = writeCsr(leaf.key);
const mesh = demand(parseTrustDomain('mesh.example'));
const URI = 'spiffe://mesh.example/ns/shop/sa/agent';

describe('what we write, read by @peculiar/x509', () => {
  it('is a leaf with our names, signed by our root', async () => {
    const other = new X509Certificate(new Uint8Array(leaf.der));
    const names = other
      .getExtension(SubjectAlternativeNameExtension)
      ?.names.items.map(({ type, value }) => `${type} ${value}`);
    expect(names).to.deep.equal([`url ${URI}`, 'dns localhost', 'dns agent.shop.svc']);
    expect(
      await other.verify({ publicKey: new X509Certificate(new Uint8Array(authority.der)), signatureOnly: true }),
    ).to.equal(true);
    expect(other.extensions).to.have.length(7);
    expect(other.serialNumber).to.equal(demand(parseCertificate(leaf.der)).serial);
  });

  it('is a request that verifies', async () => {
    const request = new Pkcs10CertificateRequest(new Uint8Array(csr));
    expect([request.subject, request.attributes.length, await request.verify()]).to.deep.equal(['', 0, true]);
  });
});

describe('OpenSSL', () => {
  let folder = '';
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
    return { status, text: `${stdout}${stderr}` };
  };

  before(function () {
    const found = spawnSync('openssl', ['version'], { encoding: 'utf8' });
    if (found.status === 0) {
      folder = mkdtempSync(join(tmpdir(), 'cleat-x509-'));
      writeFileSync(file('root.pem'), encodePem('CERTIFICATE', authority.der));
      writeFileSync(file('leaf.pem'), encodePem('CERTIFICATE', leaf.der));
      writeFileSync(file('leaf.csr'), encodePem('CERTIFICATE REQUEST', csr));
      return;
    }
    if (process.env['CLEAT_REQUIRE_ALL'] === '1') throw new Error('the openssl command is required and not there');
    this.skip();
  });

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it('verifies our leaf under our root, strictly, for both purposes', () => {
    for (const purpose of ['sslserver', 'sslclient']) {
      const { status, text } = openssl(
        'verify',
        '-x509_strict',
        '-purpose',
        purpose,
        '-CAfile',
        file('root.pem'),
        file('leaf.pem'),
      );
      expect(text).to.include('OK');
      expect(status).to.equal(0);
    }
    expect(openssl('verify', '-x509_strict', '-CAfile', file('root.pem'), file('root.pem')).status).to.equal(0);
  });

  it('prints our leaf as we meant it', () => {
    const { text } = openssl('x509', '-in', file('leaf.pem'), '-noout', '-text');
    for (const line of [
      'Version: 3',
      'Signature Algorithm: ecdsa-with-SHA256',
      'ASN1 OID: prime256v1',
      'CA:FALSE',
      'Digital Signature',
      'TLS Web Server Authentication, TLS Web Client Authentication',
      `URI:${URI}, DNS:localhost, DNS:agent.shop.svc`,
      '2.25.107093866282706624642367549831547749628',
    ])
      expect(text).to.include(line);
  });

  it('verifies our request', () => {
    expect(openssl('req', '-in', file('leaf.csr'), '-noout', '-verify').text).to.include('verify OK');
  });

  it('writes requests that we read, and those with a name or extension we refuse for it', () => {
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file('key.pem'));
    const made = (...args: readonly string[]): string => {
      expect(
        openssl('req', '-new', '-key', file('key.pem'), '-outform', 'DER', '-out', file('made.csr'), ...args).status,
      ).to.equal(0);
      return verdict(parseCsr(readFileSync(file('made.csr')), ['p256']));
    };
    expect(made('-subj', '/')).to.equal('ok');
    expect(made('-subj', '/CN=agent')).to.equal('CSR_NAME: the request has a subject');
    expect(made('-subj', '/', '-addext', `subjectAltName=URI:${URI}`)).to.equal(
      'CSR_NAME: the request has a subjectAltName',
    );
    expect(made('-subj', '/', '-addext', 'basicConstraints=CA:TRUE')).to.equal(
      'CSR_EXTENSION: the request has the attribute 1.2.840.113549.1.9.14',
    );
  });

  it('writes roots of other key types that we admit, and weak ones that we refuse', () => {
    const root = (algorithm: readonly string[], ...more: readonly string[]): string => {
      const made = openssl(
        'req',
        '-x509',
        '-newkey',
        ...algorithm,
        '-nodes',
        '-keyout',
        file('other.key'),
        '-out',
        file('other.pem'),
        '-days',
        '30',
        '-subj',
        '/O=Mesh+CN=Root',
        '-multivalue-rdn',
        '-addext',
        'keyUsage=critical,keyCertSign',
        '-addext',
        'subjectAltName=URI:spiffe://mesh.example',
        ...more,
      );
      expect(made.status, made.text).to.equal(0);
      const [block] = demand(decodePem(readFileSync(file('other.pem'), 'utf8')));
      const certificate = parseCertificate(block?.der ?? Buffer.alloc(0));
      return verdict(certificate.ok ? checkAuthority(certificate.value, mesh) : certificate);
    };
    const curve = (name: string) => ['ec', '-pkeyopt', `ec_paramgen_curve:${name}`];
    expect(root(curve('P-256'))).to.equal('ok');
    expect(root(curve('P-384'), '-sha384')).to.equal('ok');
    expect(root(['ed25519'])).to.equal('ok');
    expect(root(['rsa:2048'])).to.equal('ok');
    expect(root(['rsa:1024'])).to.equal('PEER_NOT_SVID: RSA key of 1024 bits, 2048 to 8192 allowed');
    expect(root(['rsa:2048'], '-sha1')).to.equal(
      'PEER_NOT_SVID: CA certificate is signed with a weak or unknown algorithm',
    );
    expect(root(['rsa:2048'], '-md5')).to.equal(
      'PEER_NOT_SVID: CA certificate is signed with a weak or unknown algorithm',
    );
    expect(root(curve('secp256k1'))).to.equal('PEER_NOT_SVID: key is not P-256, P-384, Ed25519 or RSA');
    expect(root([...curve('P-256'), '-pkeyopt', 'ec_param_enc:explicit'])).to.equal(
      'PEER_NOT_SVID: tag 30 where 06 belongs',
    );
  });

  it('A-042 prints a URI for a DNS name that injects one; we read none', () => {
    const { authority: root, leaf: bad } = issueTestChain({ flaw: 'dns-injection' });
    writeFileSync(file('bad.pem'), encodePem('CERTIFICATE', bad.der));
    writeFileSync(file('bad-root.pem'), encodePem('CERTIFICATE', root.der));
    expect(openssl('verify', '-x509_strict', '-CAfile', file('bad-root.pem'), file('bad.pem')).status).to.equal(0);
    expect(openssl('x509', '-in', file('bad.pem'), '-noout', '-ext', 'subjectAltName').text).to.include(`, URI:${URI}`);
    const certificate = demand(parseCertificate(bad.der));
    expect([certificate.uriNames, certificate.dnsNames]).to.deep.equal([[], [`x, URI:${URI}`]]);
    expect(checkSvid(certificate, mesh)).to.have.nested.property('refusal.code', 'PEER_NOT_SVID');
  });
});

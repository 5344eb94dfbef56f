/** What we write, read by OpenSSL, and the reverse. */
import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { writeCsr } from '../../../../core/x509/csr-write.ts';
import { parseCsr } from '../../../../core/x509/csr.ts';
import { decodePem, encodePem } from '../../../../core/x509/pem.ts';
import { checkAuthority, checkSvid } from '../../../../core/x509/svid.ts';
import { findOpenssl, type Openssl } from '../../../kit/openssl.ts';
import { leaveOut } from '../../../kit/skip.ts';
import { verdict } from '../../../kit/verdict.ts';
import { issueTestChain, testLineage } from '../../../kit/x509.ts';

const { authority, leaf } = issueTestChain({ dns: ['localhost', 'agent.shop.svc'], lineage: testLineage() });
const csr = writeCsr(leaf.key);
const mesh = demand(parseTrustDomain('mesh.example'));
const URI = 'spiffe://mesh.example/ns/shop/sa/agent';

describe('OpenSSL', () => {
  let found: Openssl | undefined;
  const openssl = (): Openssl => found ?? expect.fail('openssl is not there');
  const file = (name: string): string => openssl().file(name);
  const run = (...args: readonly string[]) => openssl().run(...args);

  before(function () {
    found = findOpenssl();
    if (found === undefined) return leaveOut(this, 'openssl is not installed');
    found.write('root.pem', encodePem('CERTIFICATE', authority.der));
    found.write('leaf.pem', encodePem('CERTIFICATE', leaf.der));
    found.write('leaf.csr', encodePem('CERTIFICATE REQUEST', csr));
  });

  after(() => found?.[Symbol.dispose]());

  it('verifies our leaf under our root, strictly, for both purposes', () => {
    for (const purpose of ['sslserver', 'sslclient']) {
      const { status, text } = run(
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
    expect(run('verify', '-x509_strict', '-CAfile', file('root.pem'), file('root.pem')).status).to.equal(0);
  });

  it('prints our leaf as we meant it', () => {
    const { text } = run('x509', '-in', file('leaf.pem'), '-noout', '-text');
    for (const line of [
      'Version: 3',
      'Signature Algorithm: ecdsa-with-SHA256',
      'ASN1 OID: prime256v1',
      'CA:FALSE',
      'Digital Signature',
      'TLS Web Server Authentication, TLS Web Client Authentication',
      `URI:${URI}, DNS:localhost, DNS:agent.shop.svc`,
      '1.2.840.113556.1.8000.2554.20625.34628.51793.19834.37024.5809243.7374076',
    ])
      expect(text).to.include(line);
  });

  it('verifies our request', () => {
    expect(run('req', '-in', file('leaf.csr'), '-noout', '-verify').text).to.include('verify OK');
  });

  it('writes requests that we read, and those with a name or extension we refuse for it', () => {
    run('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file('key.pem'));
    const made = (...args: readonly string[]): string => {
      expect(
        run('req', '-new', '-key', file('key.pem'), '-outform', 'DER', '-out', file('made.csr'), ...args).status,
      ).to.equal(0);
      return verdict(parseCsr(openssl().read('made.csr'), ['p256']));
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
      const made = run(
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
      const [block] = demand(decodePem(openssl().read('other.pem').toString('utf8')));
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
    openssl().write('bad.pem', encodePem('CERTIFICATE', bad.der));
    openssl().write('bad-root.pem', encodePem('CERTIFICATE', root.der));
    expect(run('verify', '-x509_strict', '-CAfile', file('bad-root.pem'), file('bad.pem')).status).to.equal(0);
    expect(run('x509', '-in', file('bad.pem'), '-noout', '-ext', 'subjectAltName').text).to.include(`, URI:${URI}`);
    const certificate = demand(parseCertificate(bad.der));
    expect([certificate.uriNames, certificate.dnsNames]).to.deep.equal([[], [`x, URI:${URI}`]]);
    expect(checkSvid(certificate, mesh)).to.have.nested.property('refusal.code', 'PEER_NOT_SVID');
  });
});

/** What we write, read by @peculiar/x509. */
import 'reflect-metadata';

import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension, X509Certificate } from '@peculiar/x509';
import { expect } from 'chai';

import { demand } from '../../../../core/fault/fault.ts';
import { parseCertificate } from '../../../../core/x509/certificate.ts';
import { writeCsr } from '../../../../core/x509/csr-write.ts';
import { issueTestChain, testLineage } from '../../../kit/x509.ts';

const { authority, leaf } = issueTestChain({ dns: ['localhost', 'agent.shop.svc'], lineage: testLineage() });
const csr = writeCsr(leaf.key);
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

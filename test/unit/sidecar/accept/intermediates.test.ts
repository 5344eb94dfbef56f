import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { encodePem } from '../../../../core/x509/pem.ts';
import { intermediatesOf } from '../../../../sidecar/accept/intermediates.ts';
import { createTestAuthority, issueTestAuthority, issueTestLeaf, type TestAuthority } from '../../../kit/x509.ts';

const pem = (der: Buffer): string => encodePem('CERTIFICATE', der);

/** What a server sees of a client that shows a leaf of `issuer` and, above it, `shown`. */
async function seen(
  root: TestAuthority,
  issuer: TestAuthority,
  shown: readonly TestAuthority[],
): Promise<readonly string[]> {
  const leaf = issueTestLeaf(issuer, { dns: ['localhost'] });
  const own = {
    key: leaf.key.export({ type: 'pkcs8', format: 'pem' }),
    cert: [leaf, ...shown].map(({ der }) => pem(der)).join(''),
  };
  const server = createServer({ ...own, ca: pem(root.der), requestCert: true, rejectUnauthorized: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({
    ...own,
    ca: pem(root.der),
    port: (server.address() as AddressInfo).port,
    servername: 'localhost',
  });
  try {
    const [socket] = (await once(server, 'secureConnection')) as [TLSSocket];
    return intermediatesOf(socket).map((der) => der.toString('hex'));
  } finally {
    client.destroy();
    server.close();
  }
}

describe('intermediatesOf()', () => {
  it('gives none for a leaf that the root signed: the root is never among them', async () => {
    const root = createTestAuthority();
    expect(await seen(root, root, [])).to.deep.equal([]);
    expect(await seen(root, root, [root])).to.deep.equal([]);
  });

  it('gives what lies between leaf and root', async () => {
    const root = createTestAuthority();
    const between = issueTestAuthority(root);
    expect(await seen(root, between, [between])).to.deep.equal([between.der.toString('hex')]);
  });
});

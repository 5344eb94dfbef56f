import { expect } from 'chai';

import { createConnectionReader, type ConnectedCall } from '../../../../runtime/grpc/connection.ts';
import { openMesh } from '../../../../runtime/grpc/ca-client.ts';
import { startTestCa, testIdentity } from '../../../kit/grpc-ca.ts';

function callOver(session: object | undefined, leaf: Buffer | undefined) {
  let asked = 0;
  const call: ConnectedCall & { readonly call: object } = {
    call: { stream: { session, rstCode: 0 } },
    getPeer: () => '192.0.2.7:443',
    getAuthContext: () => {
      asked += 1;
      return leaf === undefined ? {} : { sslPeerCertificate: { raw: leaf } };
    },
  };
  return { call, asked: () => asked };
}

describe('createConnectionReader()', () => {
  it('asks TLS once a connection, and never takes the leaf of another one', () => {
    const read = createConnectionReader();
    const [one, other] = [{}, {}];
    const first = callOver(one, Buffer.from('one'));
    const again = callOver(one, Buffer.from('never asked'));
    const second = callOver(other, Buffer.from('other'));
    const leaf = read(first.call).leaf;
    expect(read(again.call).leaf).to.equal(leaf);
    expect(again.asked()).to.equal(0);
    expect(read(second.call).leaf?.toString()).to.equal('other');
  });

  it('asks TLS each time where there is no session to know, or no certificate', () => {
    const read = createConnectionReader();
    const session = {};
    for (const call of [callOver(undefined, Buffer.from('x')), callOver(session, undefined)]) {
      read(call.call);
      read(call.call);
      expect(call.asked()).to.equal(2);
    }
    expect(read(callOver(session, Buffer.from('late')).call).leaf?.toString()).to.equal('late');
  });

  it('finds the session below a call of this grpc-js: all calls of one connection show one object', async () => {
    await using ca = await startTestCa();
    const leaves: Buffer[] = [];
    ca.acts.renew = (leaf, request) => {
      leaves.push(leaf);
      return ca.honest.renew(leaf, request);
    };
    const endpoint = { addresses: [ca.mesh], caId: ca.caId, identity: testIdentity(ca.authority) };
    const clients = [openMesh(endpoint), openMesh(endpoint)];
    for (const client of clients) {
      await client.renew({ csr: Buffer.from('x'), ttl: undefined });
      await client.renew({ csr: Buffer.from('x'), ttl: undefined });
      client.close();
    }
    expect(leaves[0]).to.equal(leaves[1]);
    expect(leaves[2]).to.equal(leaves[3]);
    expect(leaves[2]).to.not.equal(leaves[0]);
  });
});

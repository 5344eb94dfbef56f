import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';

import { expect } from 'chai';

import { demand, Fault } from '../../../../core/fault/fault.ts';
import { parseSpiffeId } from '../../../../core/identity/spiffe-id.ts';
import { parseTrustDomain } from '../../../../core/identity/trust-domain.ts';
import { epochSeconds, milliseconds } from '../../../../core/time/units.ts';
import { clientContextOptions, mutualServerOptions, type TlsIdentity } from '../../../../runtime/tls-options.ts';
import { checkUpstream } from '../../../../sidecar/identity/peer.ts';
import { openTcp, openTls } from '../../../../sidecar/io/connect.ts';
import { createTestAuthority, issueTestLeaf, TEST_TRUST_DOMAIN, type TestAuthority } from '../../../kit/x509.ts';
import { createTicker } from '../../../../sidecar/io/ticker.ts';

const SOON = milliseconds(5_000);

const faultOf = async (promise: Promise<unknown>): Promise<Fault> => {
  const thrown: unknown = await promise.then(
    () => new Error('it was opened'),
    (failure: unknown) => failure,
  );
  if (thrown instanceof Fault) return thrown;
  throw thrown;
};

async function listening(server: Server, where: number | string): Promise<number> {
  if (typeof where === 'string') server.listen(where);
  else server.listen(where, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'string' ? 0 : (address as AddressInfo).port;
}

const identityOf = (authority: TestAuthority, path: string, roots = [authority.der]): TlsIdentity => {
  const leaf = issueTestLeaf(authority, { path });
  return { key: leaf.key, chain: [leaf.der], roots };
};

describe('openTcp()', () => {
  it('A-545 throws UPSTREAM_UNREACHABLE where nobody listens', async () => {
    const server = createServer();
    const port = await listening(server, 0);
    server.close();
    await once(server, 'close');
    const fault = await faultOf(openTcp({ host: '127.0.0.1', port }, SOON));
    expect(fault.code).to.equal('UPSTREAM_UNREACHABLE');
    expect(fault.detail).to.include('ECONNREFUSED');
  });

  it('opens a stream over TCP and over a UNIX socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cleat-io-'));
    for (const where of [0, join(folder, 'app.sock')]) {
      const server = createServer((socket) => socket.end('hello'));
      const port = await listening(server, where);
      const stream = await openTcp(typeof where === 'string' ? { path: where } : { host: '127.0.0.1', port }, SOON);
      const text = await new Promise<string>((resolve) => {
        let came = '';
        stream.attach({
          onBytes: (bytes) => {
            came += bytes.toString();
          },
          onDrain: () => undefined,
          onEnd: () => {
            stream.end();
          },
          onClose: () => resolve(came),
        });
      });
      expect(text).to.equal('hello');
      server.close();
    }
    rmSync(folder, { recursive: true });
  });
});

describe('openTls()', () => {
  const authority = createTestAuthority();
  const trustDomain = demand(parseTrustDomain(TEST_TRUST_DOMAIN));
  const check =
    (path: string) =>
    (der: Buffer): ReturnType<typeof checkUpstream> =>
      checkUpstream(der, trustDomain, { exact: path }, epochSeconds(Date.now() / 1000));
  const client = clientContextOptions(identityOf(authority, '/ns/shop/sa/agent'));
  let server: Server;
  let target: { readonly host: string; readonly port: number };

  before(async () => {
    server = createTlsServer(mutualServerOptions(identityOf(authority, '/ns/shop/sa/payments')), (socket) =>
      socket.end(),
    );
    server.on('tlsClientError', () => undefined);
    target = { host: '127.0.0.1', port: await listening(server, 0) };
  });

  after(() => {
    server.close();
  });

  it('A-601 throws PEER_UNEXPECTED where another workload answers', async () => {
    const fault = await faultOf(openTls({ ...client, ...target }, check('/ns/shop/sa/other'), SOON));
    expect(fault.code).to.equal('PEER_UNEXPECTED');
  });

  it('throws PEER_UNTRUSTED where the server comes from another root, and judges nothing', async () => {
    const foreign = clientContextOptions(identityOf(authority, '/x', [createTestAuthority().der]));
    let judged = 0;
    const count = (der: Buffer): ReturnType<typeof checkUpstream> => {
      judged += 1;
      return check('/ns/shop/sa/payments')(der);
    };
    const fault = await faultOf(openTls({ ...foreign, ...target }, count, SOON));
    expect(fault.code).to.equal('PEER_UNTRUSTED');
    expect(judged).to.equal(0);
  });

  it('throws UPSTREAM_UNREACHABLE where the other side speaks no TLS', async () => {
    const plain = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const port = await listening(plain, 0);
    const fault = await faultOf(openTls({ ...client, host: '127.0.0.1', port }, check('/x'), SOON));
    expect(fault.code).to.equal('UPSTREAM_UNREACHABLE');
    plain.close();
  });

  it('throws UPSTREAM_TIMEOUT where the other side is silent', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined));
    const port = await listening(silent, 0);
    const fault = await faultOf(openTls({ ...client, host: '127.0.0.1', port }, check('/x'), milliseconds(50)));
    expect(fault.code).to.equal('UPSTREAM_TIMEOUT');
    silent.close();
  });

  it('gives the stream and whom it leads to', async () => {
    const { stream, peer } = await openTls({ ...client, ...target }, check('/ns/shop/sa/payments'), SOON);
    expect(peer.id).to.deep.equal(demand(parseSpiffeId(`spiffe://${TEST_TRUST_DOMAIN}/ns/shop/sa/payments`)));
    stream.destroy();
  });
});

describe('createTicker()', () => {
  it('calls those who watch at each step, until they or it are disposed', async () => {
    const ticker = createTicker(milliseconds(1));
    let [kept, dropped] = [0, 0];
    const watch = ticker.watch(() => {
      dropped += 1;
      watch[Symbol.dispose]();
    });
    await new Promise<void>((resolve) => {
      // The ticker does not keep the process alive, so something else has to.
      const awake = setInterval(() => undefined, 1_000);
      ticker.watch(() => {
        kept += 1;
        if (kept < 3) return;
        clearInterval(awake);
        ticker[Symbol.dispose]();
        resolve();
      });
    });
    expect([kept, dropped]).to.deep.equal([3, 1]);
  });
});

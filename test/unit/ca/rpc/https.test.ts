import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { createHttpsServer } from '../../../../ca/rpc/https.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { encodePem } from '../../../../core/x509/pem.ts';
import type { TlsIdentity } from '../../../../runtime/tls-options.ts';
import { collectLog } from '../../../kit/log-lines.ts';
import { holdSilent } from '../../../kit/silent-crowd.ts';
import { createTestAuthority, issueTestLeaf } from '../../../kit/x509.ts';
import { thrownBy } from '../small-ca.ts';

const GO = new AbortController().signal;
const AUTHORITY = createTestAuthority();

function identity(): TlsIdentity {
  const { key, der } = issueTestLeaf(AUTHORITY, { path: '/cleat/ca', dns: ['localhost'] });
  return { key, chain: [der], roots: [AUTHORITY.der] };
}

async function scene(port = 0) {
  let tell: (next: TlsIdentity) => void = () => undefined;
  let current = identity();
  const crl: { current: Buffer | undefined } = { current: Buffer.from([0x30, 0x00]) };
  const server = createHttpsServer({
    address: { host: '127.0.0.1', port },
    serving: {
      current: () => current,
      subscribe(subscriber) {
        tell = subscriber;
        return { [Symbol.dispose]: () => undefined };
      },
    },
    documents: { '/jwks.json': () => ({ keys: [] }) },
    files: { '/crl.der': { mediaType: 'application/pkix-crl', read: () => crl.current } },
    oauth: {
      serves: (path) => path === '/token',
      handle: async (_request, response) => void response.end('minted'),
      [Symbol.dispose]: () => undefined,
    },
    log: collectLog().log,
  });
  await server.start(GO);
  return {
    server,
    crl,
    port: server.address()?.port ?? 0,
    rotate() {
      current = identity();
      tell(current);
      return current;
    },
    trust(...roots: readonly Buffer[]) {
      tell({ ...current, roots });
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

function ask(
  port: number,
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
  agent: Agent | false = false,
): Promise<Answer> {
  const ca = encodePem('CERTIFICATE', AUTHORITY.der);
  return new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', servername: 'localhost', port, path, method, ca, headers, agent },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
      },
    );
    call.on('error', reject);
    call.end();
  });
}

function shake(port: number, maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<TLSSocket | string> {
  const ca = encodePem('CERTIFICATE', AUTHORITY.der);
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca, maxVersion }, () => resolve(socket));
    socket.on('error', (cause) => resolve(cause.message));
  });
}

describe('createHttpsServer()', () => {
  it('answers 503 for a file that is not there now, and serves it as bytes under its type once it is', async () => {
    await using made = await scene();
    made.crl.current = undefined;
    expect((await ask(made.port, '/crl.der')).status).to.equal(503);
    made.crl.current = Buffer.from([0x30, 0x01, 0x41]);
    const found = await ask(made.port, '/crl.der');
    expect(found).to.include({ status: 200, body: '0\u0001A' });
    expect(found.headers).to.include({ 'content-type': 'application/pkix-crl', 'content-length': '3' });
    expect((await ask(made.port, '/crl.der', 'POST')).status).to.equal(405);
  });

  it('mints nothing on a connection that was verified against other roots than those of now', async () => {
    await using made = await scene();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const token = (): Promise<Answer> => ask(made.port, '/token', 'POST', {}, agent);
    expect(await token()).to.include({ status: 200, body: 'minted' });
    made.rotate();
    expect(await token(), 'the same roots').to.include({ status: 200 });
    made.trust(AUTHORITY.der, createTestAuthority().der);
    const old = await token();
    expect(old.status).to.equal(503);
    expect(old.headers).to.include({ connection: 'close', 'retry-after': '1' });
    expect(await token(), 'a new connection').to.include({ status: 200, body: 'minted' });
    agent.destroy();
  });

  it('refuses other paths with 404 and other methods with 405', async () => {
    await using https = await scene();
    for (const path of ['/', '/jwks.json/', '/jwks.json?x', '/JWKS.json', '/constructor', '/__proto__'])
      expect((await ask(https.port, path)).status, path).to.equal(404);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await ask(https.port, '/jwks.json', method);
      expect(answer.status, method).to.equal(405);
      expect(answer.headers).to.include({ allow: 'GET, HEAD' });
    }
  });

  it('refuses a body with 400 and too many fields with 431', async () => {
    await using https = await scene();
    expect((await ask(https.port, '/jwks.json', 'GET', { 'content-length': '0' })).status).to.equal(400);
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, place) => [`x-${place}`, 'y']));
    expect((await ask(https.port, '/jwks.json', 'GET', many)).status).to.equal(431);
  });

  it('A-001 refuses TLS 1.2', async () => {
    await using https = await scene();
    expect(await shake(https.port, 'TLSv1.2')).to.be.a('string');
  });

  for (const from of ['127.0.0.2', '127.0.0.1'])
    it(`A-064 answers while ${from} holds 1,200 handshakes that never end`, async () => {
      await using https = await scene();
      const say = Buffer.from([0x16, 3, 1, 2, 0]);
      await using held = await holdSilent({ port: https.port, count: 1200, from, say });
      expect((await ask(https.port, '/jwks.json')).status).to.equal(200);
      await held.closed(1200 - 512);
      for (let round = 0; round < 10; round += 1) expect((await ask(https.port, '/jwks.json')).status).to.equal(200);
    });

  it('A-064 A-284 ends a handshake, and a head, that does not come to its end in time', async () => {
    await using https = await scene();
    await using held = await holdSilent({ port: https.port, count: 3, from: '127.0.0.1', say: '' });
    const slow = await shake(https.port, 'TLSv1.3');
    if (typeof slow === 'string') throw new Error(slow);
    slow.write('GET /jwks.json HTTP/1.1\r\nHost: a\r\n');
    const answer = await text(slow);
    await held.closed(3);
    expect(answer).to.match(/^HTTP\/1\.1 400 /);
  });

  it('says LIFE_PORT where the port is taken', async () => {
    await using https = await scene();
    expect(await thrownBy(() => scene(https.port))).to.equal('LIFE_PORT');
  });

  it('serves a document as JSON that may be kept for five minutes, and its head', async () => {
    await using https = await scene();
    const answer = await ask(https.port, '/jwks.json');
    expect(answer).to.deep.include({ status: 200, body: '{"keys":[]}\n' });
    expect(answer.headers).to.include({ 'content-type': 'application/json', 'cache-control': 'max-age=300' });
    expect(await ask(https.port, '/jwks.json', 'HEAD')).to.include({ status: 200, body: '' });
  });

  it('serves with a new certificate after a rotation, without TLS 1.2 coming back', async () => {
    await using https = await scene();
    const next = https.rotate();
    const socket = await shake(https.port, 'TLSv1.3');
    if (typeof socket === 'string') throw new Error(socket);
    expect(socket.getPeerCertificate().raw.equals(next.chain[0] ?? Buffer.alloc(0))).to.equal(true);
    expect(socket.isSessionReused()).to.equal(false);
    socket.destroy();
    expect(await shake(https.port, 'TLSv1.2')).to.be.a('string');
  });

  it('drains: takes nothing new', async () => {
    await using https = await scene();
    await https.server.drain(milliseconds(1000));
    expect(await shake(https.port, 'TLSv1.3')).to.be.a('string');
  });
});

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import { expect } from 'chai';

import type { Outcome } from '../../../../core/fault/refusal.ts';
import { milliseconds, wholeSeconds } from '../../../../core/time/units.ts';
import { systemClock } from '../../../../runtime/clock.ts';
import { readRoot } from '../../../../sidecar/credentials/first-contact.ts';
import { startTestCa, testCaId } from '../../../kit/grpc-ca.ts';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'admitted' : outcome.refusal.code);
const sha256 = (der: Buffer): Buffer => createHash('sha256').update(der).digest();
const { signal } = new AbortController();
const timeout = milliseconds(5_000);
const { trustDomain } = testCaId('mesh.example');
const vouching = { trustDomain, now: wholeSeconds(systemClock().now()) };

describe('readRoot()', () => {
  it('A-139 refuses a server that shows no root of that fingerprint', async () => {
    await using ca = await startTestCa();
    const near = sha256(ca.authority.der);
    near.writeUInt8(near.readUInt8(31) ^ 1, 31);
    for (const rootDigest of [Buffer.alloc(32), near, sha256(Buffer.alloc(0))]) {
      const outcome = await readRoot({ address: ca.bootstrap, ...vouching, rootDigest, timeout, signal });
      expect(codeOf(outcome)).to.equal('RENEW_UNTRUSTED');
    }
    expect(ca.asked.issues).to.deep.equal([]);
  });

  it('says RENEW_UNREACHABLE where nobody listens, nobody speaks, somebody speaks HTTP, and after an abort', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const rootDigest = Buffer.alloc(32);
    const silent = await readRoot({ address, rootDigest, timeout: milliseconds(50), signal, ...vouching });
    expect(codeOf(silent)).to.equal('RENEW_UNREACHABLE');
    const aborted = await readRoot({
      address,
      ...vouching,
      rootDigest,
      timeout,
      signal: AbortSignal.abort(),
      ...vouching,
    });
    expect(codeOf(aborted)).to.equal('RENEW_UNREACHABLE');
    server.on('connection', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(codeOf(await readRoot({ address, ...vouching, rootDigest, timeout, signal }))).to.equal('RENEW_UNREACHABLE');
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
    expect(codeOf(await readRoot({ address, ...vouching, rootDigest, timeout, signal }))).to.equal('RENEW_UNREACHABLE');
  });

  it('gives the root, and has told the server nothing', async () => {
    await using ca = await startTestCa();
    const rootDigest = sha256(ca.authority.der);
    const outcome = await readRoot({ address: ca.bootstrap, ...vouching, rootDigest, timeout, signal });
    expect(outcome).to.deep.equal({ ok: true, value: ca.authority.der });
    expect(ca.asked.issues).to.deep.equal([]);
  });
});

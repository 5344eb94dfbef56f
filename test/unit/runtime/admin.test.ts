import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

import { expect } from 'chai';

import { epochMilliseconds, milliseconds } from '../../../core/time/units.ts';
import { createAdminServer } from '../../../runtime/admin.ts';
import { createLog } from '../../../runtime/log.ts';
import { createMetrics } from '../../../runtime/metrics.ts';
import { createReadiness } from '../../../runtime/readiness.ts';
import { holdSilent } from '../../kit/silent-crowd.ts';

const log = createLog({ write: () => undefined, level: 'error', clock: { now: () => epochMilliseconds(0) } });
const never = new AbortController().signal;

function serving(names: readonly string[] = []) {
  const readiness = createReadiness(names);
  const metrics = createMetrics();
  const admin = createAdminServer({ address: { host: '127.0.0.1', port: 0 }, readiness, metrics, log });
  return { readiness, metrics, admin };
}

/** What comes back for exactly these bytes. */
async function exchange(port: number, head: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(head);
  return text(socket);
}

describe('createAdminServer()', () => {
  const { readiness, metrics, admin } = serving(['credentials', 'policy']);
  let port = 0;

  before(async () => {
    metrics.gauge('cleat_generation', 'Generation.').set(3);
    await admin.start(never);
    port = admin.address()?.port ?? 0;
  });
  after(() => admin[Symbol.asyncDispose]());

  const get = (path: string, head = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`): Promise<string> =>
    exchange(port, head);

  it('A-558 answers nothing but its four pages', async () => {
    for (const path of [
      '/',
      '/why',
      '/renew',
      '/readyz/',
      '/READYZ',
      '//readyz',
      '/toString',
      '/__proto__',
      '/readyz/../metrics',
    ])
      expect(await get(path), path).to.match(/^HTTP\/1\.1 404 /);
  });

  it('A-558 refuses every method but GET and HEAD', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH'])
      expect(await get('', `${method} /readyz HTTP/1.1\r\nHost: a\r\n\r\n`), method).to.match(
        /^HTTP\/1\.1 405 [^]*allow: GET, HEAD/i,
      );
  });

  it('refuses a body, too many fields and a head that is too long, and closes', async () => {
    expect(await get('', 'GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello')).to.match(
      /^HTTP\/1\.1 400 /,
    );
    expect(await get('', 'GET /livez HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')).to.match(
      /^HTTP\/1\.1 400 /,
    );
    for (const length of [63, 64, 80]) {
      const fields = Array.from({ length }, (_, at) => `x${at}: 1\r\n`).join('');
      expect(await get('', `GET /livez HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)).to.match(/^HTTP\/1\.1 431 /);
    }
    expect(await get('', 'GET /livez\n\n')).to.match(/^HTTP\/1\.1 400 /);
    expect(await get('', `GET /livez HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(10_000)}\r\n\r\n`)).to.match(
      /^HTTP\/1\.1 431 /,
    );
  });

  it('lists what readiness waits for, and answers 200 when nothing is left', async () => {
    expect(await get('/readyz')).to.match(/^HTTP\/1\.1 503 [^]*\{"ok":false,"pending":\["credentials","policy"\]\}\n$/);
    expect(await get('/startupz')).to.match(/^HTTP\/1\.1 503 /);
    readiness.met('credentials');
    readiness.met('policy');
    expect(await get('/readyz?x=1')).to.match(/^HTTP\/1\.1 200 [^]*\{"ok":true,"pending":\[\]\}\n$/);
    readiness.expect('credentials');
    expect(await get('/readyz')).to.match(/^HTTP\/1\.1 503 /);
    expect(await get('/startupz')).to.match(/^HTTP\/1\.1 200 /);
    expect(await get('/livez')).to.match(/^HTTP\/1\.1 200 /);
  });

  it('serves metrics, to HEAD without a body, and answers during the drain', async () => {
    await admin.drain(milliseconds(0));
    expect(await get('/metrics')).to.match(
      /text\/plain; version=0\.0\.4[^]*\r\n\r\n# HELP cleat_generation Generation\.\n[^]*cleat_generation 3\n$/,
    );
    expect(await get('', 'HEAD /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).to.match(
      /content-length: [1-9][^]*\r\n\r\n$/,
    );
  });

  it('A-284 answers while one address holds 1,200 connections with heads that never end', async () => {
    await using held = await holdSilent({
      port,
      count: 1200,
      from: '127.0.0.2',
      say: 'GET /livez HTTP/1.1\r\nHost: a\r\nx-',
    });
    expect(await get('/livez')).to.match(/^HTTP\/1\.1 200 /);
    await held.closed(1200 - 512);
    for (let round = 0; round < 10; round += 1) expect(await get('/livez')).to.match(/^HTTP\/1\.1 200 /);
  });

  it('A-284 answers while the own address holds as many, and to a head that began before them elsewhere', async () => {
    const slow = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.3' });
    slow.write('GET /livez HTTP/1.1\r\nHost: a\r\n');
    await once(slow, 'connect');
    await using held = await holdSilent({ port, count: 1200, from: '127.0.0.1', say: 'GET' });
    expect(await get('/livez')).to.match(/^HTTP\/1\.1 200 /);
    await held.closed(1200 - 512);
    slow.write('Connection: close\r\n\r\n');
    expect(await text(slow)).to.match(/^HTTP\/1\.1 200 /);
  });

  it('says in one line that the port is in use: LIFE_PORT', async () => {
    const second = createAdminServer({ address: { host: '127.0.0.1', port }, readiness, metrics, log });
    const thrown: unknown = await second.start(never).catch((error: unknown) => error);
    expect(thrown).to.have.property('code', 'LIFE_PORT');
    expect(String(thrown)).to.match(
      new RegExp(`^[^\\n]*cannot listen on 127\\.0\\.0\\.1:${port}: [^\\n]*EADDRINUSE[^\\n]*$`),
    );
    await second[Symbol.asyncDispose]();
  });

  it('can be disposed twice, with connections open', async () => {
    const { admin: other } = serving();
    await other.start(never);
    const socket = connect(other.address()?.port ?? 0, '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('connect', resolve));
    await other[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await closed;
    expect(other.address()).to.equal(undefined);
  });
});

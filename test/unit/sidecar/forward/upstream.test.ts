import { expect } from 'chai';

import { Fault } from '../../../../core/fault/fault.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { createUpstreamPool, type UpstreamPool } from '../../../../sidecar/forward/upstream.ts';
import type { ByteStream } from '../../../../sidecar/io/port.ts';
import { MemoryStream } from './memory-stream.ts';
import { answer, get, post, served, TestTime, withRig } from './rig.ts';

function poolOf(
  open: () => Promise<ByteStream>,
  connections = 2,
): { pool: UpstreamPool; time: TestTime; desyncs: string[] } {
  const time = new TestTime();
  const desyncs: string[] = [];
  const limits = { connections, idle: milliseconds(4_000) };
  const onDesync = (detail: string): void => void desyncs.push(detail);
  return {
    pool: createUpstreamPool({ open, closeDelimited: false, limits, clock: time, ticker: time, onDesync }),
    time,
    desyncs,
  };
}

async function opened(pool: UpstreamPool): Promise<NonNullable<ReturnType<UpstreamPool['takeIdle']>>> {
  const outcome = await pool.open();
  if (!outcome.ok) throw new Error(outcome.refusal.code);
  return outcome.value;
}

const codeOf = async (pool: UpstreamPool): Promise<unknown> => {
  const outcome = await pool.open();
  return outcome.ok ? 'ok' : outcome.refusal;
};

describe('UpstreamPool', () => {
  it('refuses with LIMIT_REQUESTS beyond its bound, those being opened included', async () => {
    const { pool } = poolOf(() => Promise.resolve(new MemoryStream()));
    const all = await Promise.all([pool.open(), pool.open(), pool.open()]);
    expect(all.map((outcome) => outcome.ok)).to.deep.equal([true, true, false]);
    expect(await codeOf(pool)).to.have.property('code', 'LIMIT_REQUESTS');
    const [first] = all;
    if (first?.ok) first.value.discard();
    expect(await codeOf(pool)).to.equal('ok');
  });

  it('tells UPSTREAM_TIMEOUT apart, and calls all else UPSTREAM_UNREACHABLE', async () => {
    const fail = (thrown: unknown): UpstreamPool => poolOf(() => Promise.reject(thrown)).pool;
    expect(await codeOf(fail(new Fault('UPSTREAM_TIMEOUT', 'slow')))).to.deep.equal({
      code: 'UPSTREAM_TIMEOUT',
      detail: 'slow',
    });
    expect(await codeOf(fail(new Fault('UPSTREAM_UNREACHABLE', 'no')))).to.deep.equal({
      code: 'UPSTREAM_UNREACHABLE',
      detail: 'no',
    });
    expect(await codeOf(fail(new Fault('PEER_UNEXPECTED', 'who?')))).to.deep.equal({
      code: 'UPSTREAM_UNREACHABLE',
      detail: 'PEER_UNEXPECTED: who?',
    });
    const pool = fail(new Error('x'));
    expect(await codeOf(pool)).to.have.property('code', 'UPSTREAM_UNREACHABLE');
    expect(pool.size).to.equal(0);
  });

  it('gives the connection used last first', async () => {
    const { pool } = poolOf(() => Promise.resolve(new MemoryStream()));
    const [first, second] = [await opened(pool), await opened(pool)];
    expect(pool.takeIdle()).to.equal(undefined);
    second.release();
    first.release();
    expect(pool.takeIdle()?.stream).to.equal(first.stream);
    expect(pool.takeIdle()?.stream).to.equal(second.stream);
    expect(first.isFresh).to.equal(false);
  });

  it('closes a connection that was idle for too long, at a tick and when it is asked for', async () => {
    const { pool, time } = poolOf(() => Promise.resolve(new MemoryStream()));
    const first = await opened(pool);
    first.release();
    time.pass(4_000);
    expect(pool.takeIdle()?.stream).to.equal(first.stream);
    first.release();
    time.pass(4_001);
    expect(pool.size).to.equal(0);
    expect(time.watchers).to.equal(0);
    expect((first.stream as MemoryStream).isDestroyed).to.equal(true);
  });

  for (const [what, event] of [
    ['A-278 speaks', (stream: MemoryStream) => stream.sink?.onBytes(Buffer.from('HTTP/1.1 408 Timeout\r\n\r\n'))],
    ['A-550 ends', (stream: MemoryStream) => stream.sink?.onEnd()],
    ['A-550 closes', (stream: MemoryStream) => stream.sink?.onClose(undefined)],
  ] as const) {
    it(`${what} while it is idle: the connection is gone before anyone writes to it`, async () => {
      const { pool, desyncs } = poolOf(() => Promise.resolve(new MemoryStream()));
      const connection = await opened(pool);
      connection.release();
      const stream = connection.stream as MemoryStream;
      event(stream);
      expect(pool.takeIdle()).to.equal(undefined);
      expect(pool.size).to.equal(0);
      expect(stream.isDestroyed).to.equal(true);
      expect(desyncs).to.have.lengthOf(what.startsWith('A-278') ? 1 : 0);
    });
  }

  it('ends idle connections when it is closed, and those in use when they come back', async () => {
    const { pool } = poolOf(() => Promise.resolve(new MemoryStream()));
    const [idle, used] = [await opened(pool), await opened(pool)];
    idle.release();
    pool.close();
    expect((idle.stream as MemoryStream).isDestroyed).to.equal(true);
    expect((used.stream as MemoryStream).isDestroyed).to.equal(false);
    used.release();
    expect((used.stream as MemoryStream).isDestroyed).to.equal(true);
    expect(pool.size).to.equal(0);
  });

  it('counts a connection that is dropped twice once', async () => {
    const { pool } = poolOf(() => Promise.resolve(new MemoryStream()));
    const connection = await opened(pool);
    connection.discard();
    connection.discard();
    connection.release();
    expect(pool.size).to.equal(0);
  });
});

describe('serveHttp1() and its pool', () => {
  it(
    'A-545 answers UPSTREAM_UNREACHABLE where the app does not listen',
    withRig(async (rig) => {
      rig.stopApp();
      const client = await rig.client();
      client.send(get('/'));
      expect(await client.until('bad gateway\n')).to.match(/^HTTP\/1.1 502 /);
      expect((await rig.records.at(0)).refusal?.code).to.equal('UPSTREAM_UNREACHABLE');
    }),
  );

  it(
    'answers LIMIT_REQUESTS where all connections to the app are in use',
    withRig(
      async (rig) => {
        const { app } = await served(rig);
        await app.until('\r\n\r\n');
        const second = await rig.client();
        second.send(get('/2'));
        expect(await second.until('too many requests\n')).to.match(/^HTTP\/1.1 429 /);
        expect((await rig.records.at(0)).refusal?.code).to.equal('LIMIT_REQUESTS');
      },
      { poolConnections: 1 },
    ),
  );

  it(
    'A-550 sends a safe request again, once and on a new connection, when the app had closed the pooled one',
    withRig(async (rig) => {
      const { client, app } = await served(rig);
      app.send(answer('one'));
      await client.until('one');
      client.send(get('/2'));
      await app.until('GET /2');
      app.socket.destroy();
      const next = await rig.app.at(1);
      await next.until('GET /2');
      next.send(answer('two'));
      await client.until('two');
      expect(await rig.records.at(1)).to.include({ path: '/2', status: 200, retried: true });
    }),
  );

  it(
    'A-550 does not send it a third time',
    withRig(async (rig) => {
      const { client, app } = await served(rig);
      app.send(answer('one'));
      await client.until('one');
      client.send(get('/2'));
      await app.until('GET /2');
      app.socket.destroy();
      const next = await rig.app.at(1);
      await next.until('GET /2');
      next.socket.destroy();
      expect(await client.until('bad gateway\n')).to.match(/^HTTP\/1.1 502 /);
      expect(await rig.records.at(1)).to.include({ status: 502, retried: true });
    }),
  );

  for (const [what, request, before] of [
    ['that is not safe', post('/2'), ''],
    ['with a body', `${post('/2', 'Content-Length: 2')}hi`, ''],
    ['after a first byte of the answer', get('/2'), 'H'],
  ] as const) {
    it(
      `A-550 does not send again a request ${what}`,
      withRig(async (rig) => {
        const { client, app } = await served(rig);
        app.send(answer('one'));
        await client.until('one');
        client.send(request);
        await app.until(' /2');
        app.send(before);
        await new Promise(setImmediate);
        app.socket.end();
        expect(await client.until('bad gateway\n')).to.match(/^HTTP\/1.1 502 /);
        expect(await rig.records.at(1)).to.include({ status: 502, retried: false });
        expect(rig.app.all).to.have.lengthOf(1);
      }),
    );
  }

  it(
    'A-546 does not send again what the app dropped on a new connection',
    withRig(async (rig) => {
      const { client, app } = await served(rig);
      await app.until('\r\n\r\n');
      app.socket.destroy();
      expect(await client.until('bad gateway\n')).to.match(/^HTTP\/1.1 502 /);
      expect((await rig.records.at(0)).retried).to.equal(false);
    }),
  );

  it(
    'never puts two requests on one app connection at a time',
    withRig(async (rig) => {
      const first = await served(rig, get('/1'));
      const second = await served(rig, get('/2'));
      expect(await first.app.until('\r\n\r\n')).to.include('/1');
      expect(await second.app.until('\r\n\r\n')).to.include('/2');
    }),
  );

  it(
    'A-070 answers UPSTREAM_RESPONSE to what only a close would end where a cut looks the same',
    withRig(
      async (rig) => {
        const { client, app } = await served(rig);
        app.send('HTTP/1.1 200 OK\r\n\r\nhello');
        expect(await client.until('bad gateway\n')).to.match(/^HTTP\/1.1 502 /);
      },
      { closeDelimited: false },
    ),
  );
});

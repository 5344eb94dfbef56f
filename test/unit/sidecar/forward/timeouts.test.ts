import { expect } from 'chai';

import { epochMilliseconds } from '../../../../core/time/units.ts';
import { answer, get, post, served, withRig } from './rig.ts';

const START = 1_800_000_000_000;

describe('serveHttp1(): waits', () => {
  it(
    'A-284 answers LIMIT_TIMEOUT to a head that takes longer than 10 s, however it trickles',
    withRig(async (rig) => {
      const client = await rig.client();
      client.send('GET / HTTP/1.1\r\n');
      await rig.toClient.at(0);
      while (rig.records.all.length === 0) {
        client.send('Y: 1\r\n');
        await new Promise(setImmediate);
        rig.time.pass(1_000);
      }
      expect(rig.time.monotonic()).to.be.within(10_000, 20_000);
      expect(await client.end()).to.match(/^HTTP\/1.1 408 Request Timeout\r\n/);
      expect((await rig.records.at(0)).refusal?.code).to.equal('LIMIT_TIMEOUT');
    }),
  );

  it(
    'A-285 ends an idle connection after 60 s, without an answer or a record',
    withRig(async (rig) => {
      const { client, app } = await served(rig);
      app.send(answer('one'));
      await client.until('one');
      rig.time.pass(60_000);
      expect(client.received).to.equal('');
      rig.time.pass(1);
      expect(await client.end()).to.equal('');
      expect(rig.records.all).to.have.lengthOf(1);
    }),
  );

  it(
    'A-284 answers LIMIT_TIMEOUT to a body that stands still for 30 s',
    withRig(async (rig) => {
      const { client, app } = await served(rig, `${post('/', 'Content-Length: 10')}he`);
      await app.until('he');
      rig.time.pass(30_000);
      client.send('ll');
      await app.until('ll');
      rig.time.pass(30_000);
      expect(rig.records.all).to.have.lengthOf(0);
      rig.time.pass(1);
      expect(await client.end()).to.match(/^HTTP\/1.1 408 /);
      await app.end();
      expect((await rig.records.at(0)).refusal?.code).to.equal('LIMIT_TIMEOUT');
    }),
  );

  it(
    'A-548 answers UPSTREAM_TIMEOUT where the app is silent for 30 s, and drops its connection',
    withRig(async (rig) => {
      const { client, app } = await served(rig);
      await app.until('\r\n\r\n');
      rig.time.pass(30_000);
      rig.time.pass(1);
      expect(await client.until('gateway timeout\n')).to.match(/^HTTP\/1.1 504 /);
      await app.end();
      expect((await rig.records.at(0)).refusal?.code).to.equal('UPSTREAM_TIMEOUT');
    }),
  );

  it(
    'A-547 answers UPSTREAM_TIMEOUT where the app does not take the body',
    withRig(async (rig) => {
      const size = 32 * 1_048_576;
      const { client, app } = await served(rig, post('/', `Content-Length: ${size}`));
      await app.until('\r\n\r\n');
      app.socket.pause();
      client.send(Buffer.alloc(size));
      await (await rig.toApp.at(0)).full;
      // Not once more after the answer: that would end the wait for the client to read it too.
      while (rig.records.all.length === 0) {
        rig.time.pass(30_001);
        await new Promise(setImmediate);
      }
      expect(await client.end()).to.match(/^HTTP\/1.1 504 /);
    }),
  );

  it(
    'answers UPSTREAM_TIMEOUT where the decision does not come',
    withRig(async (rig) => {
      let asked = false;
      rig.decide = () => {
        asked = true;
        return new Promise(() => undefined);
      };
      const client = await rig.client();
      client.send(get('/'));
      while (!asked) await new Promise(setImmediate);
      rig.time.pass(30_001);
      expect(await client.until('\n\r\n')).to.match(/^HTTP\/1.1 504 /);
    }),
  );

  it(
    'A-286 cuts an answer that stands still for 300 s, not sooner',
    withRig(async (rig) => {
      const { client, app } = await served(rig);
      app.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhe');
      await client.until('he');
      rig.time.pass(299_000);
      app.send('ll');
      await client.until('ll');
      rig.time.pass(300_001);
      await client.end();
      expect((await rig.records.at(0)).refusal?.code).to.equal('UPSTREAM_TIMEOUT');
      expect((await rig.records.at(0)).complete).to.equal(false);
    }),
  );

  it(
    'A-284 cuts a client that does not read for 30 s',
    withRig(async (rig) => {
      const { client, app } = await served(rig);
      await app.until('\r\n\r\n');
      client.socket.pause();
      app.send(`HTTP/1.1 200 OK\r\nContent-Length: ${64 * 1_048_576}\r\n\r\n`);
      app.send(Buffer.alloc(64 * 1_048_576));
      await (await rig.toClient.at(0)).full;
      let record: Awaited<ReturnType<typeof rig.records.at>> | undefined;
      void rig.records.at(0).then((found) => {
        record = found;
      });
      while (record === undefined) {
        rig.time.pass(30_001);
        await new Promise(setImmediate);
      }
      expect(record.refusal?.code).to.equal('LIMIT_TIMEOUT');
    }),
  );

  it(
    'cuts a client that does not end its half within 2 s of the last answer',
    withRig(async (rig) => {
      const { client, app } = await served(rig, get('/', 'Connection: close'));
      app.send(answer('one'));
      await client.end();
      rig.time.pass(2_000);
      rig.time.pass(1);
      await rig.closed.at(0);
    }),
  );

  it(
    'forgets a connection that is closed',
    withRig(async (rig) => {
      const client = await rig.client();
      while (rig.connections.length === 0) await new Promise(setImmediate);
      expect(rig.time.watchers).to.equal(1);
      client.socket.destroy();
      await rig.closed.at(0);
      expect(rig.time.watchers).to.equal(0);
    }),
  );
});

describe('serveHttp1(): the life of a connection', () => {
  const lifetime = {
    closeAt: epochMilliseconds(START + 1_000),
    cutAt: epochMilliseconds(START + 2_000),
    reason: { code: 'PEER_EXPIRED' as const, detail: 'test' },
  };

  it(
    'A-073 announces the end from closeAt on',
    withRig(
      async (rig) => {
        const { client, app } = await served(rig, get('/1') + get('/2'));
        app.send(answer('one'));
        expect(await client.until('one')).to.not.include('Connection');
        rig.time.pass(1_000);
        await app.until('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
        app.send(answer('two'));
        expect(await client.end()).to.include('Connection: close\r\n\r\ntwo');
      },
      { lifetime },
    ),
  );

  it(
    'A-073 cuts what is in flight at cutAt with PEER_EXPIRED, and ends what is idle',
    withRig(
      async (rig) => {
        const idle = await rig.client();
        const { client, app } = await served(rig);
        await app.until('\r\n\r\n');
        rig.time.pass(1_999);
        expect(rig.records.all).to.have.lengthOf(0);
        rig.time.pass(1);
        await client.end();
        await app.end();
        expect(await idle.end()).to.equal('');
        expect((await rig.records.at(0)).refusal?.code).to.equal('PEER_EXPIRED');
      },
      { lifetime },
    ),
  );
});

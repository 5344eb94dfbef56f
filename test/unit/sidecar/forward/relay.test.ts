import { expect } from 'chai';

import { answer, get, post, served, withRig } from './rig.ts';

const MEGABYTE = Buffer.alloc(1_048_576, 'x');

describe('Relay: an app that misbehaves', () => {
  const broken: readonly (readonly [string, string, string])[] = [
    ['A-275', 'length and chunked', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['A-275', 'two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nxx'],
    ['A-276', 'an unasked 101', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
    ['A-273', '204 with a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nxx'],
    ['A-277', 'nine interim answers', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(9)],
    ['A-228', 'bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nxx'],
    ['A-239', 'a head without an end', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(20_000)}`],
    ['A-220', 'a broken chunk at once', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
    ['-', 'no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ];
  for (const [id, what, text] of broken) {
    it(
      `${id} answers UPSTREAM_RESPONSE for ${what}, and drops the app connection`,
      withRig(async (rig) => {
        const { client, app } = await served(rig);
        await app.until('\r\n\r\n');
        app.send(text);
        expect(await client.until('bad gateway\n')).to.match(/^HTTP\/1.1 502 Bad Gateway\r\n/);
        await app.end();
        expect(rig.pool.size).to.equal(0);
        expect((await rig.records.at(0)).refusal?.code).to.equal('UPSTREAM_RESPONSE');
        client.send(get('/next'));
        await (await rig.app.at(1)).until('GET /next');
      }),
    );
  }

  it(
    'A-277 takes eight interim answers',
    withRig(async (rig) => {
      const { client, app } = await served(rig);
      app.send('HTTP/1.1 100 Continue\r\n\r\n'.repeat(8) + answer('ok'));
      await client.until('ok');
    }),
  );

  for (const [what, text] of [
    ['A-274 a body that is too short', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello'],
    ['A-070 a chunked body without its end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
    ['A-221 a chunk with a bare line feed', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\n'],
  ] as const) {
    it(
      `${what} is cut, so that the client sees it`,
      withRig(async (rig) => {
        const { client, app } = await served(rig);
        app.send(text.slice(0, text.indexOf('hello') + 5));
        await client.until('hello');
        app.send(text.slice(text.indexOf('hello') + 5));
        app.socket.end();
        expect(await client.end()).to.not.include('0\r\n\r\n');
        await rig.closed.at(0);
        expect(await rig.records.at(0)).to.include({ status: 200, complete: false });
        expect((await rig.records.at(0)).refusal?.code).to.equal('UPSTREAM_RESPONSE');
      }),
    );
  }

  it(
    'A-283 a reset of the app inside a body that only a close delimits is a cut, not an end',
    withRig(async (rig) => {
      const { client, app } = await served(rig);
      app.send('HTTP/1.1 200 OK\r\n\r\nhello');
      await client.until('hello\r\n');
      app.socket.resetAndDestroy();
      expect(await client.end()).to.equal('');
      expect((await rig.records.at(0)).complete).to.equal(false);
    }),
  );

  for (const [id, surplus] of [
    ['A-271', answer('two')],
    ['A-274', 'x'],
  ] as const) {
    it(
      `${id} counts bytes behind the end of an answer as a desync, and never uses the connection again`,
      withRig(async (rig) => {
        const { client, app } = await served(rig);
        app.send(answer('one') + surplus);
        expect(await client.until('one')).to.not.include('two');
        await app.end();
        expect(rig.desyncs).to.deep.equal(['bytes behind the end of an answer']);
        client.send(get('/next'));
        const next = await rig.app.at(1);
        next.send(answer('three'));
        expect(await client.until('three')).to.not.include('two');
      }),
    );
  }

  for (const [id, text] of [
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello'],
  ] as const) {
    it(
      `A-272 counts a body on an answer to ${id} that has none as a desync`,
      withRig(async (rig) => {
        const { client, app } = await served(rig, `${id} / HTTP/1.1\r\nHost: a\r\n\r\n`);
        app.send(text);
        expect(await client.until('\r\n\r\n')).to.include('Content-Length: 5');
        await app.end();
        expect(rig.desyncs).to.have.lengthOf(1);
        expect(client.received).to.equal('');
      }),
    );
  }
});

describe('Relay: an early answer', () => {
  it(
    'A-270 A-216 goes to the client with Connection: close, and the app connection is not used again',
    withRig(async (rig) => {
      const { client, app } = await served(rig, `${post('/', 'Content-Length: 100')}part`);
      await app.until('part');
      app.send('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig');
      const text = await client.end();
      expect(text).to.match(/^HTTP\/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig$/);
      await app.end();
      expect(rig.pool.size).to.equal(0);
      // What the client still sends is neither a request nor a body any more.
      client.send(get('/smuggled'));
      client.socket.end();
      await client.closed();
      expect(rig.records.all).to.have.lengthOf(1);
      expect(app.received).to.equal('');
    }),
  );

  it(
    'A-270 may go on while the rest of the request flows, and the app connection is not used again',
    withRig(async (rig) => {
      const { client, app } = await served(rig, `${post('/', 'Content-Length: 8')}part`);
      await app.until('part');
      app.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n');
      await client.until('one\r\n');
      client.send('rest');
      await app.until('rest');
      app.send('3\r\ntwo\r\n0\r\n\r\n');
      expect(await client.end()).to.equal('3\r\ntwo\r\n0\r\n\r\n');
      await app.end();
      expect(rig.pool.size).to.equal(0);
    }),
  );

  it(
    'throws away a bounded amount behind the last answer, then cuts',
    withRig(
      async (rig) => {
        const { client, app } = await served(rig, post('/', 'Content-Length: 10000000'));
        await app.until('\r\n\r\n');
        app.send(answer('no'));
        await client.end();
        client.send(MEGABYTE);
        await rig.closed.at(0);
      },
      { limits: { lingerBytes: 100_000 as never } },
    ),
  );
});

describe('Relay: a request body that breaks its framing', () => {
  it(
    'A-226 A-223 answers REQUEST_BODY, drops the app connection and reads nothing more',
    withRig(async (rig) => {
      const { client, app } = await served(rig, `${post('/', 'Transfer-Encoding: chunked')}5\r\nhello\r\n`);
      await app.until('hello\r\n');
      client.send(`5\r\nhelloX\r\n${get('/next')}`);
      expect(await client.end()).to.match(/^HTTP\/1.1 400 [^]*Connection: close/);
      expect(await app.end()).to.equal('');
      expect((await rig.records.at(0)).refusal?.code).to.equal('REQUEST_BODY');
      expect(rig.records.all).to.have.lengthOf(1);
    }),
  );

  it(
    'A-282 answers REQUEST_BODY to a client that ends inside the body',
    withRig(async (rig) => {
      const { client, app } = await served(rig, `${post('/', 'Content-Length: 10')}he`);
      await app.until('he');
      client.socket.end();
      expect(await client.end()).to.match(/^HTTP\/1.1 400 /);
      await app.end();
      expect((await rig.records.at(0)).refusal?.code).to.equal('REQUEST_BODY');
    }),
  );

  it(
    'A-227 joins many small chunks that come at once',
    withRig(async (rig) => {
      const { app } = await served(
        rig,
        `${post('/', 'Transfer-Encoding: chunked')}${'1\r\nx\r\n'.repeat(1_000)}0\r\n\r\n`,
      );
      const text = await app.until('0\r\n\r\n');
      expect(text.length).to.be.lessThan(2_000);
      expect(text.replaceAll(/[^x]/g, '')).to.have.lengthOf(1_000);
    }),
  );
});

describe('Relay: back-pressure', () => {
  it(
    'A-551 does not gather what the app sends to a client that does not read',
    withRig(async (rig) => {
      const { client, app } = await served(rig);
      await app.until('\r\n\r\n');
      client.socket.pause();
      const size = 32 * MEGABYTE.length;
      app.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      for (let sent = 0; sent < size; sent += MEGABYTE.length) app.send(MEGABYTE);
      const stream = await rig.toClient.at(0);
      await stream.full;
      client.socket.resume();
      await client.until('\r\n\r\n');
      await client.bytes(size);
      expect(stream.most).to.be.lessThan(500_000);
      expect(await rig.records.at(0)).to.include({ bytesOut: size, complete: true });
    }),
  );

  it(
    'A-552 does not gather what the client sends to an app that does not read',
    withRig(async (rig) => {
      const size = 32 * MEGABYTE.length;
      const { client, app } = await served(rig, post('/', `Content-Length: ${size}`));
      await app.until('\r\n\r\n');
      app.socket.pause();
      for (let sent = 0; sent < size; sent += MEGABYTE.length) client.send(MEGABYTE);
      const stream = await rig.toApp.at(0);
      await stream.full;
      app.socket.resume();
      await app.bytes(size);
      app.send(answer('ok'));
      await client.until('ok');
      expect(stream.most).to.be.lessThan(500_000);
      expect(await rig.records.at(0)).to.include({ bytesIn: size, complete: true });
    }),
  );
});

import { expect } from 'chai';

import { answer, get, post, served, withRig } from './rig.ts';

describe('serveHttp1(): one request', () => {
  it(
    'forwards a head written anew, and the answer too',
    withRig(async (rig) => {
      const { client, app } = await served(
        rig,
        get('/x?y', 'Cookie:   c  ', 'Connection: X-Hop', 'X-Hop: 1', 'Proxy: p'),
      );
      expect(await app.until('\r\n\r\n')).to.equal('GET /x?y HTTP/1.1\r\nHost: a\r\nCookie: c\r\n\r\n');
      app.send(answer('hello', 'X-App: 1', 'Keep-Alive: timeout=5'));
      expect(await client.until('hello')).to.equal('HTTP/1.1 200 OK\r\nX-App: 1\r\nContent-Length: 5\r\n\r\nhello');
      expect(await rig.records.at(0)).to.include({
        method: 'GET',
        path: '/x',
        status: 200,
        refusal: undefined,
        complete: true,
        retried: false,
        bytesIn: 0,
        bytesOut: 5,
        note: 'note /x',
      });
    }),
  );

  it(
    'tells how long decision, first byte and end took',
    withRig(async (rig) => {
      const { decide } = rig;
      rig.decide = async (head) => {
        rig.time.pass(5);
        return await decide(head);
      };
      const { client, app } = await served(rig);
      await app.until('\r\n\r\n');
      rig.time.pass(20);
      app.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na');
      await client.until('\r\n\r\na');
      rig.time.pass(100);
      app.send('b');
      await client.until('b');
      const record = await rig.records.at(0);
      expect([record.startedAt, record.decided, record.firstByte, record.duration]).to.deep.equal([
        1_800_000_000_000, 5, 25, 125,
      ]);
    }),
  );

  it(
    'A-554 serves a request that comes byte by byte, and passes an answer on that does',
    withRig(async (rig) => {
      const client = await rig.client();
      for (const byte of post('/', 'Transfer-Encoding: chunked') + '3\r\nabc\r\n0\r\n\r\n') client.send(byte);
      const app = await rig.app.at(0);
      expect(await app.until('0\r\n\r\n')).to.match(
        /^POST \/ HTTP\/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n/,
      );
      for (const byte of 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n') {
        app.send(byte);
        await new Promise(setImmediate);
      }
      expect(await client.until('0\r\n\r\n')).to.include('Transfer-Encoding: chunked\r\n\r\n');
      expect(await rig.records.at(0)).to.include({ bytesIn: 3, bytesOut: 2, complete: true });
    }),
  );

  it(
    'reads no byte of a body before the decision',
    withRig(async (rig) => {
      const { decide } = rig;
      let say: (() => void) | undefined;
      rig.decide = async (head) => {
        await new Promise<void>((resolve) => {
          say = resolve;
        });
        return await decide(head);
      };
      const client = await rig.client();
      client.send(`${post('/', 'Content-Length: 5')}hello`);
      while (say === undefined) await new Promise(setImmediate);
      expect(rig.app.all).to.have.lengthOf(0);
      say();
      const app = await rig.app.at(0);
      expect(await app.until('hello')).to.equal('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
    }),
  );

  it(
    'A-268 says 100 after the permit, and keeps the 100 of the app to itself',
    withRig(async (rig) => {
      const { client, app } = await served(rig, post('/', 'Content-Length: 2', 'Expect: 100-continue'));
      expect(await client.until('\r\n\r\n')).to.equal('HTTP/1.1 100 Continue\r\n\r\n');
      client.send('hi');
      expect(await app.until('hi')).to.equal('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi');
      app.send(`HTTP/1.1 100 Continue\r\n\r\n${answer('ok')}`);
      expect(await client.until('ok')).to.match(/^HTTP\/1.1 200 OK/);
    }),
  );

  it(
    'A-268 never says 100 to a refused request, and ends the connection whose body was not read',
    withRig(async (rig) => {
      rig.decide = () => ({ ok: false, refusal: { code: 'POLICY_NO_RULE', detail: 'x' }, note: 'n' });
      const client = await rig.client();
      client.send(post('/', 'Content-Length: 2', 'Expect: 100-continue'));
      const text = await client.end();
      expect(text)
        .to.match(/^HTTP\/1.1 403 Forbidden\r\n/)
        .and.include('\r\nConnection: close\r\n');
      expect(text).to.not.include('100 Continue');
    }),
  );

  it(
    'passes other interim answers on',
    withRig(async (rig) => {
      const { client, app } = await served(rig);
      app.send(`HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${answer('ok')}`);
      expect(await client.until('ok')).to.match(
        /^HTTP\/1.1 103 Early Hints\r\nLink: <\/x>\r\n\r\nHTTP\/1.1 200 OK\r\n/,
      );
    }),
  );

  it(
    'makes chunks of an answer that only the end of the app connection delimits',
    withRig(async (rig) => {
      const { client, app } = await served(rig);
      app.send('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello');
      app.socket.end();
      expect(await client.until('0\r\n\r\n')).to.equal(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      );
      client.send(get('/2'));
      await (await rig.app.at(1)).until('\r\n\r\n');
    }),
  );

  it(
    'A-288 answers HEAD without a body, and uses the app connection again',
    withRig(async (rig) => {
      const { client, app } = await served(rig, 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
      app.send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
      expect(await client.until('\r\n\r\n')).to.equal('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
      client.send(get('/2'));
      expect(await app.until('/2 HTTP/1.1\r\nHost: a\r\n\r\n')).to.include('GET /2');
    }),
  );
});

describe('serveHttp1(): one connection', () => {
  it(
    'A-266 A-289 judges pipelined requests one by one and answers in order',
    withRig(async (rig) => {
      const count = 1_000;
      const client = await rig.client();
      client.send(Array.from({ length: count }, (_, n) => get(`/${n}`)).join(''));
      const app = await rig.app.at(0);
      for (let n = 0; n < count; n += 1) {
        expect(await app.until('\r\n\r\n')).to.match(new RegExp(`^GET /${n} `));
        app.send(answer(`<${n}>`));
        await client.until(`<${n}>`);
      }
      expect((await rig.records.at(count - 1)).note).to.equal(`note /${count - 1}`);
      expect(rig.app.all).to.have.lengthOf(1);
    }),
  );

  it(
    'A-267 answers the good request first, then refuses the bad one and ends',
    withRig(async (rig) => {
      const { client, app } = await served(rig, `${get('/1')}GET /2 HTTP/1.1\r\nHost : a\r\n\r\n${get('/3')}`);
      await app.until('\r\n\r\n');
      app.send(answer('one'));
      const text = await client.end();
      expect(text)
        .to.match(/one(?=HTTP\/1.1 400 Bad Request\r\n)/)
        .and.match(/bad request\n$/);
      expect(await rig.records.at(1)).to.include({ status: 400, method: undefined, note: undefined });
      expect((await rig.records.at(1)).refusal?.code).to.equal('REQUEST_HEAD');
      expect(app.received).to.equal('');
      expect(rig.records.all).to.have.lengthOf(2);
    }),
  );

  it(
    'A-217 keeps what looks like a request in a body in the body',
    withRig(async (rig) => {
      const hidden = get('/hidden');
      const { client, app } = await served(rig, post('/', `Content-Length: ${hidden.length}`) + hidden + get('/next'));
      expect(await app.until(hidden)).to.include('POST / ');
      app.send(answer('one'));
      await client.until('one');
      expect(await app.until('\r\n\r\n')).to.equal('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
      expect(rig.records.all.map((record) => record.path)).to.deep.equal(['/']);
    }),
  );

  for (const status of ['TOKEN_ABSENT', 'POLICY_NO_RULE', 'LIMIT_REQUESTS', 'RENEW_EXPIRED'] as const) {
    it(
      `keeps the connection after ${status} on a request without a body`,
      withRig(async (rig) => {
        const { decide } = rig;
        rig.decide = () => ({ ok: false, refusal: { code: status, detail: '' }, note: '' });
        const client = await rig.client();
        client.send(get('/1'));
        expect(await client.until('\n\r\n')).to.not.include('Connection: close');
        rig.decide = decide;
        client.send(get('/2'));
        const app = await rig.app.at(0);
        await app.until('GET /2');
      }),
    );
  }

  for (const code of ['PEER_EXPIRED', 'TOKEN_DUPLICATE', 'REQUEST_FIELD', 'BUG_UNEXPECTED'] as const) {
    it(
      `ends the connection after ${code}`,
      withRig(async (rig) => {
        rig.decide = () => ({ ok: false, refusal: { code, detail: '' }, note: '' });
        const client = await rig.client();
        client.send(get('/1') + get('/2'));
        expect(await client.end()).to.include('Connection: close');
        expect(rig.records.all).to.have.lengthOf(1);
      }),
    );
  }

  it(
    'answers a refusal with status and text of the table and the fields of the challenge, and nothing of its detail',
    withRig(
      async (rig) => {
        rig.decide = () => ({ ok: false, refusal: { code: 'BINDING_MISMATCH', detail: 'inner reason' }, note: '' });
        const client = await rig.client();
        client.send(get('/'));
        expect(await client.until('invalid token\n')).to.equal(
          'HTTP/1.1 401 Unauthorized\r\nDate: Fri, 15 Jan 2027 08:00:00 GMT\r\nWWW-Authenticate: Bearer BINDING_MISMATCH\r\n' +
            'Cache-Control: no-store\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\ninvalid token\n',
        );
        client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
        expect(await client.until('\r\n\r\n')).to.include('Content-Length: 14');
        client.send(get('/'));
        expect(await client.until('invalid token\n')).to.match(/^HTTP/);
      },
      { challenge: ({ code }) => [{ name: 'WWW-Authenticate', value: `Bearer ${code}` }] },
    ),
  );

  it(
    'A-281 honours Connection: close of the client',
    withRig(async (rig) => {
      const { client, app } = await served(rig, get('/1', 'Connection: close') + get('/2'));
      await app.until('\r\n\r\n');
      app.send(answer('one'));
      expect(await client.end()).to.match(/Connection: close\r\n\r\none$/);
      expect(rig.records.all).to.have.lengthOf(1);
    }),
  );

  it(
    'A-282 answers a client that has ended its half, all that it had asked',
    withRig(async (rig) => {
      const client = await rig.client();
      client.send(get('/1') + get('/2'));
      client.socket.end();
      const app = await rig.app.at(0);
      for (const body of ['one', 'two']) {
        await app.until('\r\n\r\n');
        app.send(answer(body));
      }
      expect(await client.end()).to.match(/one[^]*two$/);
      await client.closed();
    }),
  );

  it(
    'ends a connection whose client ends its half without a request, and tells no record',
    withRig(async (rig) => {
      const client = await rig.client();
      client.socket.end();
      expect(await client.end()).to.equal('');
      await rig.closed.at(0);
      expect(rig.records.all).to.have.lengthOf(0);
    }),
  );

  it(
    'refuses a head that the client does not finish with REQUEST_HEAD',
    withRig(async (rig) => {
      const client = await rig.client();
      client.send('GET / HTTP/1.1\r\nHo');
      client.socket.end();
      expect(await client.end()).to.match(/^HTTP\/1.1 400 /);
      expect((await rig.records.at(0)).refusal?.code).to.equal('REQUEST_HEAD');
    }),
  );

  it(
    'A-283 drops the app connection when the client goes in the middle of a body',
    withRig(async (rig) => {
      const { client, app } = await served(rig, `${post('/', 'Content-Length: 5')}he`);
      await app.until('he');
      client.socket.resetAndDestroy();
      await app.end();
      expect(await rig.records.at(0)).to.include({ status: 0, complete: false, bytesIn: 2 });
      expect(rig.pool.size).to.equal(0);
    }),
  );

  it(
    'gives a connection back that opened after its client had gone',
    withRig(async (rig) => {
      const { decide } = rig;
      rig.decide = (head) => {
        rig.connections[0]?.destroy();
        return decide(head);
      };
      const client = await rig.client();
      client.send(get('/'));
      await rig.closed.at(0);
      const app = await rig.app.at(0);
      const second = await rig.client();
      rig.decide = decide;
      second.send(get('/2'));
      expect(await app.until('\r\n\r\n')).to.include('GET /2');
      expect(rig.records.all[0]).to.include({ status: 0, complete: false, path: '/' });
    }),
  );

  it(
    'close() ends each connection with its next answer, endIdle() an idle one at once',
    withRig(async (rig) => {
      const { client, app } = await served(rig);
      await app.until('\r\n\r\n');
      const idle = await rig.client();
      while (rig.connections.length < 2) await new Promise(setImmediate);
      for (const connection of rig.connections) connection.close();
      app.send(answer('one'));
      expect(await client.end()).to.include('Connection: close');
      for (const connection of rig.connections) connection.endIdle();
      expect(await idle.end()).to.equal('');
    }),
  );

  it(
    'answers BUG_UNEXPECTED where the decision throws, and the process lives',
    withRig(async (rig) => {
      for (const decide of [
        () => {
          throw new Error('defect');
        },
        () => Promise.reject(new Error('defect')),
      ]) {
        rig.decide = decide;
        const client = await rig.client();
        client.send(get('/'));
        expect(await client.end()).to.match(/^HTTP\/1.1 500 [^]*internal error\n$/);
      }
      expect((await rig.records.at(1)).refusal).to.deep.equal({ code: 'BUG_UNEXPECTED', detail: 'defect' });
    }),
  );

  it(
    'A-265 cuts the connection rather than write an answer field that could break a line',
    withRig(
      async (rig) => {
        rig.decide = () => ({ ok: false, refusal: { code: 'TOKEN_ABSENT', detail: '' }, note: '' });
        const client = await rig.client();
        client.send(get('/'));
        expect(await client.end()).to.equal('');
        expect((await rig.records.at(0)).refusal?.code).to.equal('BUG_UNEXPECTED');
      },
      { challenge: () => [{ name: 'X', value: 'a\r\nSet-Cookie: b' }] },
    ),
  );
});

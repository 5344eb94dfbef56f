import { expect } from 'chai';

import { epochMilliseconds } from '../../../../core/time/units.ts';
import { GOING_AWAY, GOING_AWAY_MASKED } from '../../../../sidecar/http/websocket-frames.ts';
import { answer, createRig, get, post, type Rig, served, type Wire, withRig } from './rig.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const ASK = get('/ws', 'Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Key: ${KEY}`);
const GRANT = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`;
const ASK_TCP = get('/exec', 'Connection: Upgrade', 'Upgrade: tcp');
const GRANT_TCP = 'HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n';
const CLOSE = GOING_AWAY.toString('latin1');
const MASKED_CLOSE = GOING_AWAY_MASKED.toString('latin1');
/** A text frame of a server: `hello`. */
const HELLO = '\x81\x05hello';

async function tunnel(rig: Rig, ask = ASK, grant = GRANT): Promise<{ client: Wire; app: Wire }> {
  const { client, app } = await served(rig, ask);
  await app.until('\r\n\r\n');
  app.send(grant);
  await client.until('\r\n\r\n');
  return { client, app };
}

describe('serveHttp1(): upgrades', () => {
  it(
    'A-279 answers 502 where the app grants another protocol, or cannot prove to know the key',
    withRig(async (rig) => {
      for (const [place, lie] of [
        GRANT.replace('Upgrade: websocket', 'Upgrade: h2c'),
        GRANT.replace(ACCEPT, 'AAAA'),
        GRANT.replace('Connection: Upgrade', 'Connection: close'),
        GRANT_TCP,
      ].entries()) {
        const { client, app } = await served(rig, ASK);
        app.send(`${lie}${HELLO}`);
        expect(await client.until('\r\n\r\n')).to.include('HTTP/1.1 502 ');
        expect((await rig.records.at(place)).refusal?.code).to.equal('UPSTREAM_RESPONSE');
        await app.end();
      }
    }),
  );

  it(
    'A-276 answers 502 to a 101 that nobody asked for',
    withRig(async (rig) => {
      const { client, app } = await served(rig);
      app.send(`${GRANT}${HELLO}`);
      expect(await client.until('\r\n\r\n')).to.include('HTTP/1.1 502 ');
    }),
  );

  it(
    'A-280 holds what comes behind the request until the app has switched',
    withRig(async (rig) => {
      const { client, app } = await served(rig, `${ASK}\x81\x80\x00\x00\x00\x00`);
      await app.until('\r\n\r\n');
      app.send('HTTP/1.1 103 Early Hints\r\n\r\n');
      await client.until('103 Early Hints\r\n\r\n');
      expect(app.received).to.equal('');
      app.send(GRANT);
      await app.until('\x81\x80\x00\x00\x00\x00');
    }),
  );

  it(
    'A-280 reads what comes behind the request as the next one where the app does not switch',
    withRig(async (rig) => {
      const { client, app } = await served(rig, `${ASK}${get('/next')}`);
      await app.until('\r\n\r\n');
      app.send(answer('no'));
      await client.until('no');
      expect(await app.until('\r\n\r\n'))
        .to.include('GET /next ')
        .and.not.include('Upgrade');
      expect((await rig.records.at(0)).status).to.equal(200);
    }),
  );

  it(
    'sends the request on with Upgrade, and passes bytes both ways with what follows the 101 in one packet',
    withRig(async (rig) => {
      const { client, app } = await served(rig, ASK);
      const head = await app.until('\r\n\r\n');
      expect(head).to.include('\r\nUpgrade: websocket\r\n').and.to.include('\r\nConnection: Upgrade\r\n');
      app.send(`${GRANT}${HELLO}`);
      const switched = await client.until(HELLO);
      expect(switched).to.match(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
      expect(switched).to.include('\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n').and.not.include('Length');
      client.send('\x82\x81\x00\x00\x00\x00z');
      await app.until('z');
      app.socket.end();
      await client.end();
      client.socket.end();
      expect(await rig.records.at(0)).to.deep.include({ status: 101, refusal: undefined, complete: true, bytesOut: 7 });
      expect(rig.pool.size).to.equal(0);
    }),
  );

  it(
    'keeps one half open when the other has ended',
    withRig(async (rig) => {
      const { client, app } = await tunnel(rig, ASK_TCP, GRANT_TCP);
      client.send('ask');
      client.socket.end();
      await app.until('ask');
      expect(await app.end()).to.equal('');
      app.send('still here');
      app.socket.end();
      expect(await client.end()).to.equal('still here');
      expect(await rig.records.at(0)).to.deep.include({ status: 101, complete: true, bytesIn: 3, bytesOut: 10 });
    }),
  );

  it(
    'A-290 ends a WebSocket with 1001 on both sides at a drain, and writes nothing of the app behind it',
    withRig(async (rig) => {
      const { client, app } = await tunnel(rig);
      rig.connections[0]?.endIdle();
      expect(await client.end()).to.equal(CLOSE);
      expect(await app.end()).to.equal(MASKED_CLOSE);
      expect(await rig.records.at(0)).to.deep.include({ status: 101, refusal: undefined, complete: true });
    }),
  );

  it(
    'A-290 waits for the end of the frame that is under way before it says 1001',
    withRig(async (rig) => {
      const { client, app } = await tunnel(rig);
      app.send('\x81\x05hel');
      await client.until('hel');
      rig.connections[0]?.endIdle();
      app.send(`lo${HELLO}`);
      expect(await client.end()).to.equal(`lo${HELLO}${CLOSE}`);
    }),
  );

  it(
    'A-290 cuts a WebSocket whose frame does not end within a second',
    withRig(async (rig) => {
      const { client, app } = await tunnel(rig);
      app.send('\x81\x05hel');
      await client.until('hel');
      rig.connections[0]?.endIdle();
      rig.time.pass(1_001);
      expect(await client.end()).to.equal('');
      expect(await rig.records.at(0)).to.deep.include({ status: 101, complete: false });
    }),
  );

  it('A-290 A-072 ends a tunnel that may not go on, and records why', async () => {
    const refusal = { code: 'PEER_REVOKED', detail: 'test' } as const;
    await using rig = await createRig({ recheck: () => refusal });
    const { client } = await tunnel(rig);
    rig.connections[0]?.recheck();
    expect(await client.end()).to.equal(CLOSE);
    expect(await rig.records.at(0)).to.deep.include({ status: 101, refusal });
  });

  it('A-290 A-073 ends a tunnel at the end of the life of its connection, before the cut', async () => {
    const lifetime = {
      closeAt: epochMilliseconds(1_800_000_001_000),
      cutAt: epochMilliseconds(1_800_000_002_000),
      reason: { code: 'PEER_EXPIRED' as const, detail: 'test' },
    };
    await using rig = await createRig({ lifetime });
    const { client } = await tunnel(rig);
    rig.time.pass(1_000);
    expect(await client.end()).to.equal(CLOSE);
  });

  it(
    'drops a tunnel on which nothing moved for an hour',
    withRig(async (rig) => {
      const { client } = await tunnel(rig);
      rig.time.pass(3_600_000);
      rig.time.pass(1);
      expect(await client.end()).to.equal('');
    }),
  );

  it(
    'A-283 drops the connection to the app when the client resets a tunnel',
    withRig(async (rig) => {
      const { client, app } = await tunnel(rig, ASK_TCP, GRANT_TCP);
      client.socket.resetAndDestroy();
      await app.end();
      expect(rig.pool.size).to.equal(0);
      expect(await rig.records.at(0)).to.deep.include({ status: 101, complete: false });
    }),
  );
});

describe('serveHttp1(): the end of a token', () => {
  const AT = epochMilliseconds(1_800_000_060_000);

  function expiring(rig: Rig, onExpiry: 'finish' | 'end' | undefined): void {
    const { decide } = rig;
    rig.decide = async (head) => {
      const decision = await decide(head);
      return decision.ok ? { ...decision, value: { ...decision.value, expiry: { at: AT, onExpiry } } } : decision;
    };
  }
  const EVENTS =
    'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n';
  const PLAIN = EVENTS.replace('text/event-stream', 'text/plain');

  for (const [what, onExpiry, text, mark] of [
    ['an event stream by default', undefined, EVENTS, 'events'],
    ['any answer where the route says end', 'end', PLAIN, 'plain'],
  ] as const)
    it(
      `A-290 cuts ${what}`,
      withRig(async (rig) => {
        expiring(rig, onExpiry);
        const { client, app } = await served(rig);
        app.send(`${text}6\r\n${mark.padEnd(6)}\r\n`);
        await client.until(mark);
        rig.time.pass(59_999);
        rig.time.pass(1);
        await client.end();
        expect((await rig.records.at(0)).refusal?.code).to.equal('TOKEN_EXPIRED');
        await app.end();
      }),
    );

  for (const [what, onExpiry, text] of [
    ['an ordinary answer by default', undefined, PLAIN],
    ['an event stream where the route says finish', 'finish', EVENTS],
  ] as const)
    it(
      `lets ${what} go on`,
      withRig(async (rig) => {
        expiring(rig, onExpiry);
        const { client, app } = await served(rig);
        app.send(`${text}5\r\nfirst\r\n`);
        await client.until('first');
        rig.time.pass(60_001);
        app.send('6\r\nsecond\r\n0\r\n\r\n');
        await client.until('second\r\n0\r\n\r\n');
        expect((await rig.records.at(0)).refusal).to.equal(undefined);
      }),
    );

  it(
    'A-290 ends a WebSocket with 1001',
    withRig(async (rig) => {
      expiring(rig, undefined);
      const { client } = await tunnel(rig);
      rig.time.pass(60_000);
      expect(await client.end()).to.equal(CLOSE);
      expect((await rig.records.at(0)).refusal?.code).to.equal('TOKEN_EXPIRED');
    }),
  );
});

describe('serveHttp1(): bounds of a request', () => {
  const limits = { bodyBytes: 10 as never, requests: 2 };

  it(
    'answers 413 to a length above the limit: nothing reaches the app',
    withRig(
      async (rig) => {
        const client = await rig.client();
        client.send(`${post('/', 'Content-Length: 11')}hello`);
        expect(await client.end())
          .to.include('HTTP/1.1 413 ')
          .and.include('Connection: close');
        expect(rig.app.all).to.deep.equal([]);
      },
      { limits },
    ),
  );

  it(
    'answers 413 as soon as chunks pass the limit, and drops the connection to the app',
    withRig(
      async (rig) => {
        const { client, app } = await served(rig, `${post('/', 'Transfer-Encoding: chunked')}a\r\n0123456789\r\n`);
        await app.until('0123456789');
        client.send('1\r\n!\r\n0\r\n\r\n');
        expect(await client.end()).to.include('HTTP/1.1 413 ');
        expect(await app.end()).to.not.include('!');
        expect((await rig.records.at(0)).refusal?.code).to.equal('REQUEST_BODY_TOO_LARGE');
      },
      { limits },
    ),
  );

  it(
    'announces the end with the last answer of a connection',
    withRig(
      async (rig) => {
        const { client, app } = await served(rig);
        app.send(answer('one'));
        expect(await client.until('one')).to.not.include('Connection: close');
        client.send(get('/2'));
        await app.until('/2');
        app.send(answer('two'));
        expect(await client.end()).to.include('Connection: close');
      },
      { limits },
    ),
  );
});

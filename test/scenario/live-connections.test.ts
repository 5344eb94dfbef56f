/** What happens to connections that live on: a new policy, the end of a token, too many of one peer, a drain. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';

import { expect } from 'chai';
import { WebSocket, WebSocketServer } from 'ws';
import { stringify } from 'yaml';

import { type LoneSidecar, startLoneSidecar } from '../kit/lone-sidecar.ts';
import { issueTestLeaf } from '../kit/x509.ts';

const get = (path: string, token: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`;

/** Reads until the text has come. */
async function until(socket: TLSSocket, text: string): Promise<void> {
  let came = '';
  while (!came.includes(text)) {
    const [part] = (await once(socket, 'data')) as [Buffer];
    came += part.toString('latin1');
  }
}

describe('live connections', function () {
  this.timeout(20_000);
  let app: Server;
  let echo: WebSocketServer;
  let sidecar: LoneSidecar;

  const start = async (config: object = {}): Promise<void> => {
    app = createServer((asked, answer) => {
      const isStream = asked.url?.startsWith('/stream') === true;
      answer.setHeader('Content-Type', isStream ? 'text/event-stream' : 'text/plain');
      // A stream of events never ends by itself.
      if (isStream) answer.write('data: first\n\n');
      else answer.end('plain');
    });
    echo = new WebSocketServer({ server: app });
    echo.on('connection', (socket) =>
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
    );
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
    const { port } = app.address() as AddressInfo;
    sidecar = await startLoneSidecar({ appPort: port, config });
  };
  afterEach(async () => {
    await sidecar[Symbol.asyncDispose]();
    echo.close();
    app.closeAllConnections();
    app.close();
  });
  const record = (code: string) => sidecar.nextLine((line) => line['kind'] === 'request' && line['code'] === code);

  it('A-457 cuts what a new policy does not admit any more, and lets go on what it does', async () => {
    await start();
    const kept = await sidecar.connect();
    const ended = await sidecar.connect();
    kept.write(get('/stream/kept', sidecar.token));
    ended.write(get('/stream/ended', sidecar.token));
    await Promise.all([until(kept, 'first'), until(ended, 'first')]);
    const cut = once(ended, 'close');
    const rules = [{ id: 'some', peers: [{ under: '/ns/shop' }], paths: [{ under: '/stream/kept' }] }];
    writeFileSync(join(sidecar.folder, 'policy.yaml'), stringify({ routes: [], rules }));
    await cut;
    expect(await record('POLICY_NO_RULE')).to.deep.include({ path: '/stream/ended', complete: false });
    expect(kept.destroyed).to.equal(false);
    kept.destroy();
  });

  it('A-290 ends an event stream and a WebSocket with their token', async () => {
    await start();
    const token = sidecar.tokenFor(sidecar.client, { exp: Math.floor(Date.now() / 1000) + 1 });
    const socket = await sidecar.connect();
    socket.write(get('/stream', token));
    await until(socket, 'first');
    const webSocket = openWebSocket(sidecar, token);
    const [code] = (await once(webSocket, 'close')) as [number];
    expect(code).to.equal(1001);
    if (!socket.destroyed) await once(socket, 'close');
    expect(await record('TOKEN_EXPIRED')).to.deep.include({ status: 200, complete: false });
  });

  it('ends the oldest idle connection of a peer that has too many, and turns it away where all are busy', async () => {
    await start({ connections: { perPeer: 2 } });
    const [first, second] = [await sidecar.connect(), await sidecar.connect()];
    first.write(get('/one', sidecar.token));
    await until(first, 'plain');
    second.write(get('/stream', sidecar.token));
    await until(second, 'first');
    const third = await sidecar.connect();
    await once(first.resume(), 'end');
    third.write(get('/stream', sidecar.token));
    await until(third, 'first');
    const fourth = await sidecar.connect();
    await once(fourth.resume(), 'close');
    const refused = await sidecar.nextLine((line) => line['kind'] === 'handshake');
    expect(refused).to.deep.include({ code: 'LIMIT_CONNECTIONS' });
    for (const socket of [second, third]) socket.destroy();
  });

  it('A-284 A-065 serves a peer while another one holds all the connections that it may have, and more', async () => {
    await start({ connections: { perPeer: 8, handshakesInProgress: 8 } });
    const other = issueTestLeaf(sidecar.authority, { path: '/ns/shop/sa/other' });
    const slow = await Promise.all(Array.from({ length: 8 }, () => sidecar.connect(other)));
    for (const socket of slow) socket.write('GET /slow HTTP/1.1\r\nHost: a\r\nX-Slow: ');
    const more = Array.from({ length: 32 }, () => sidecar.connect(other).catch(() => undefined));
    for (let left = 5; left > 0; left -= 1) {
      const socket = await sidecar.connect();
      socket.write(get('/good', sidecar.token));
      await until(socket, 'plain');
      socket.destroy();
    }
    for (const socket of [...slow, ...(await Promise.all(more))]) socket?.destroy();
  });

  it('closes a WebSocket with 1001 at a drain, after its messages went both ways', async () => {
    await start();
    const webSocket = openWebSocket(sidecar, sidecar.token);
    await once(webSocket, 'open');
    const payload = Buffer.alloc(1_048_576, 7);
    webSocket.send('text');
    webSocket.send(payload);
    const came: Buffer[] = [];
    while (came.length < 2) came.push(((await once(webSocket, 'message')) as [Buffer])[0]);
    expect(came[0]?.toString()).to.equal('text');
    expect(came[1]?.equals(payload)).to.equal(true);
    const closed = once(webSocket, 'close') as Promise<[number]>;
    const exited = sidecar.stop();
    expect((await closed)[0]).to.equal(1001);
    expect(await exited).to.equal(0);
  });
});

function openWebSocket({ port, client, authority }: LoneSidecar, token: string): WebSocket {
  const pem = (der: Buffer): string =>
    `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
  // Its types know fewer options than it takes.
  const options: object = {
    key: client.key.export({ type: 'pkcs8', format: 'pem' }),
    cert: pem(client.der),
    ca: pem(authority.der),
    checkServerIdentity: () => undefined,
    headers: { Authorization: `Bearer ${token}` },
  };
  return new WebSocket(`wss://127.0.0.1:${port}/ws`, options);
}

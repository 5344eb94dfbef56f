/** The modes of a port, and the address behind a balancer: a sidecar process, its app, and who comes without TLS. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { expect } from 'chai';

import { encodePem } from '../../core/x509/pem.ts';
import { callControl } from '../../runtime/control-call.ts';
import { type LoneSidecar, startLoneSidecar } from '../kit/lone-sidecar.ts';
import { type RecordingApp, startRecordingApp } from '../kit/recording-app.ts';

const GET = (...fields: readonly string[]): string => ['GET /x HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n');
const FORGED = [
  'Cleat-Caller: spiffe://mesh.example/ns/shop/sa/admin',
  'X-Forwarded-Client-Cert: x',
  'Client-Cert: :x:',
];
const PROXY = Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000209c6336401303901bb', 'hex');

/** Everything until the other side ends, or until `enough`. */
async function talk(socket: Socket, bytes: string | Buffer, enough?: string): Promise<string> {
  let text = '';
  const over = new Promise<void>((resolve) => {
    socket.on('error', () => resolve());
    socket.on('close', () => resolve());
    socket.on('data', (part: Buffer) => {
      text += part.toString('latin1');
      if (enough !== undefined && text.includes(enough)) resolve();
    });
  });
  socket.write(bytes);
  await over;
  socket.destroy();
  return text;
}

const plain = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
};

describe('port modes', function () {
  this.timeout(20_000);
  let app: RecordingApp;
  let sidecar: LoneSidecar;
  const start = async (port: object, config: object = {}): Promise<void> => {
    app = await startRecordingApp();
    sidecar = await startLoneSidecar({ appPort: app.port, port, config });
  };
  afterEach(async () => {
    await sidecar[Symbol.asyncDispose]();
    await app[Symbol.asyncDispose]();
  });

  it('A-002 strict closes whoever comes without TLS, and tells nothing', async () => {
    await start({});
    expect(await talk(await plain(sidecar.port), GET())).to.not.include('HTTP/');
    expect(await talk(await plain(sidecar.port), PROXY)).to.not.include('HTTP/');
    expect(app.take()).to.deep.equal([]);
  });

  it('A-427 A-261 permissive serves both: without TLS nobody is known, and no field says who called', async () => {
    await start({ mode: 'permissive' });
    const bearer = `Authorization: Bearer ${sidecar.token}`;
    expect(await talk(await plain(sidecar.port), GET(bearer, ...FORGED), 'ok')).to.include('HTTP/1.1 200 ');
    const [got = ''] = app.take();
    expect(got).to.not.match(/cleat-caller|cleat-binding|client-cert|forwarded-client|authorization/i);
    expect(got)
      .to.include('X-Forwarded-Proto: http\r\n')
      .and.match(/Cleat-Request-Id: [0-9a-f]{32}\r\n/);
    const record = await sidecar.nextLine((line) => line['kind'] === 'request');
    expect(record).to.deep.include({ plaintext: true, decision: 'admitted', status: 200 });
    expect(record).to.not.have.any.keys('peer', 'subject', 'token');

    const over = await sidecar.connect();
    expect(await talk(over, GET(bearer), 'ok')).to.include('HTTP/1.1 200 ');
    expect(app.take()[0]).to.include('Cleat-Caller: spiffe://mesh.example/ns/shop/sa/agent\r\n');
    const unbound = await sidecar.connect();
    expect(await talk(unbound, GET(), '\r\n\r\n')).to.include('HTTP/1.1 401 ');

    const peers = await callControl({ path: `${sidecar.folder}/run/sidecar.sock`, verb: 'peers', body: {} });
    expect(peers.ok && peers.value).to.have.lengthOf(1);
    expect(peers.ok && peers.value).to.have.nested.property('[0].address', '127.0.0.1');
  });

  it('A-228 A-623 permissive parses what comes without TLS as strictly, and takes no API key', async () => {
    await start({ mode: 'permissive' });
    for (const bad of [
      GET().replaceAll('\r\n', '\n'),
      GET('Transfer_Encoding: chunked'),
      `GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n`,
    ])
      expect(await talk(await plain(sidecar.port), bad), bad).to.include('HTTP/1.1 400 ');
    const key = `clt_test_${'a'.repeat(50)}`;
    expect(await talk(await plain(sidecar.port), GET(`X-API-Key: ${key}`), '\r\n\r\n')).to.include('HTTP/1.1 401 ');
    expect(app.take()).to.deep.equal([]);
  });

  it('A-062 A-064 permissive waits for the first byte only as long as for a handshake, and takes TLS cut anywhere', async () => {
    await start({ mode: 'permissive' }, { timeouts: { handshake: '300ms' } });
    const silent = await plain(sidecar.port);
    await once(silent.resume(), 'close');
    const refused = await sidecar.nextLine((line) => line['kind'] === 'handshake');
    expect(refused).to.deep.include({ code: 'PEER_HANDSHAKE' });
  });

  it('disabled passes bytes as they are, both ways, and adds nothing', async () => {
    await start({ mode: 'disabled' });
    const raw = GET('Cleat-Caller: x');
    expect(await talk(await plain(sidecar.port), raw, 'ok')).to.include('HTTP/1.1 200 ');
    expect(app.take()).to.deep.equal([raw]);
  });

  it('reads the address of the client from a PROXY header where one is due, and only there', async () => {
    await start({ proxyProtocol: { from: ['127.0.0.0/8'] } });
    const { client, authority } = sidecar;
    const tcp = await plain(sidecar.port);
    tcp.write(PROXY);
    const socket = connectTls({
      socket: tcp,
      key: client.key.export({ type: 'pkcs8', format: 'pem' }),
      cert: encodePem('CERTIFICATE', client.der),
      ca: encodePem('CERTIFICATE', authority.der),
      checkServerIdentity: () => undefined,
    });
    await once(socket, 'secureConnect');
    expect(await talk(socket, GET(`Authorization: Bearer ${sidecar.token}`), 'ok')).to.include('HTTP/1.1 200 ');
    expect(await sidecar.nextLine((line) => line['kind'] === 'request')).to.deep.include({ remote: '192.0.2.9:12345' });
    expect(await talk(await plain(sidecar.port), GET())).to.equal('');
    expect(await sidecar.nextLine((line) => line['kind'] === 'handshake')).to.deep.include({ code: 'PEER_PROTOCOL' });
  });
});

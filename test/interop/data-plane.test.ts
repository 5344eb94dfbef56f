/** Clients and apps of others, with a sidecar between: curl, OpenSSL, Python, Node; nginx and HAProxy as apps. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'chai';

import { encodePem } from '../../core/x509/pem.ts';
import { accepts, freePort } from '../kit/listening.ts';
import { type LoneSidecar, startLoneSidecar } from '../kit/lone-sidecar.ts';
import { skipUnless } from '../kit/skip.ts';

const run = promisify(execFile);
const MIB = 1_048_576;

/** A test that needs a program. */
function itWith(tool: string, title: string, test: () => Promise<void>): void {
  it(title, async function () {
    const found = spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
    skipUnless(this, found, `${tool} is not there`);
    await test();
  });
}

describe('the data plane between programs of others', function () {
  this.timeout(30_000);
  let app: Server;
  let sidecar: LoneSidecar;

  before(async () => {
    app = createServer((asked, answer) => {
      let size = 0;
      asked.on('data', (part: Buffer) => {
        size += part.length;
      });
      asked.on('end', () => {
        answer.setHeader('X-Method', asked.method ?? '');
        if (asked.url === '/none') return answer.writeHead(204).end();
        if (asked.url === '/large') return answer.end(Buffer.alloc(MIB));
        return answer.end(String(size));
      });
    });
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
    sidecar = await startLoneSidecar({ appPort: (app.address() as AddressInfo).port });
  });
  after(async () => {
    await sidecar[Symbol.asyncDispose]();
    app.closeAllConnections();
    app.close();
  });

  const url = (path: string): string => `https://localhost:${sidecar.port}${path}`;
  const curl = async (...args: readonly string[]): Promise<string> => {
    const { certificate, key } = sidecar.files;
    // The certificate names a workload and no host: curl checks the chain by another tool's eyes, and is told so.
    const own = [
      '-sS',
      '--http1.1',
      '-k',
      '--cert',
      certificate,
      '--key',
      key,
      '-H',
      `Authorization: Bearer ${sidecar.token}`,
    ];
    return (await run('curl', [...own, ...args], { maxBuffer: 4 * MIB, env: { PATH: process.env['PATH'] ?? '' } }))
      .stdout;
  };

  itWith('curl', 'curl: GET, HEAD, 204, a large answer, and both on one connection', async () => {
    expect(await curl(url('/'))).to.equal('0');
    expect(await curl('-I', url('/')))
      .to.match(/^HTTP\/1\.1 200 OK\r\n/)
      .and.include('X-Method: HEAD');
    expect(await curl('-i', url('/none'))).to.match(/^HTTP\/1\.1 204 /);
    expect(await curl(url('/large'))).to.have.lengthOf(MIB);
    const both = await curl('-w', '%{num_connects}\n', url('/'), url('/'));
    expect(both).to.equal('01\n00\n');
  });

  itWith('curl', 'A-268 curl: 1 MiB with a length, with Expect, and in chunks', async () => {
    const file = join(sidecar.folder, 'body');
    writeFileSync(file, Buffer.alloc(MIB, 7));
    expect(await curl('--data-binary', `@${file}`, url('/up'))).to.equal(String(MIB));
    expect(await curl('-H', 'Expect: 100-continue', '--data-binary', `@${file}`, url('/up'))).to.equal(String(MIB));
    expect(await curl('-H', 'Transfer-Encoding: chunked', '--data-binary', `@${file}`, url('/up'))).to.equal(
      String(MIB),
    );
  });

  const sClient = (input: string, ...args: readonly string[]): Promise<string> =>
    new Promise((resolve) => {
      const { certificate, key, roots } = sidecar.files;
      const to = ['-connect', `127.0.0.1:${sidecar.port}`, '-CAfile', roots];
      const identity = args.includes('-nocert') ? [] : ['-cert', certificate, '-key', key];
      const child = spawn('openssl', ['s_client', ...to, ...identity, ...args.filter((one) => one !== '-nocert')]);
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (part: Buffer) => (said += part.toString('latin1')));
      child.on('close', () => resolve(said));
      child.stdin.on('error', () => undefined);
      child.stdin.write(input);
      child.stdout.on('data', () => {
        if (/HTTP\/1\.1 \d+[^]*\r\n\r\n/.test(said)) child.stdin.end();
      });
      if (input === '') child.stdin.end();
    });
  const GET = (): string =>
    `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ${sidecar.token}\r\n\r\n`;

  itWith('openssl', 'A-001 A-005 openssl: refuses TLS 1.2, and whoever shows no certificate', async () => {
    expect(await sClient('', '-tls1_2')).to.match(/alert protocol version/i);
    expect(await sClient(GET(), '-nocert', '-quiet', '-ign_eof')).to.not.include('HTTP/1.1');
  });

  itWith('openssl', 'A-052 A-057 A-058 openssl: gives no session, resumes none, takes no early data', async () => {
    const session = join(sidecar.folder, 'session.pem');
    const first = await sClient(GET(), '-ign_eof', '-sess_out', session);
    expect(first).to.include('HTTP/1.1 200').and.not.include('New session ticket');
    const again = await sClient(GET(), '-ign_eof', '-sess_in', session).catch(String);
    expect(again).to.not.match(/^Reused/m);
  });

  itWith('python3', 'python: http.client over its own TLS, a body in chunks', async () => {
    const { certificate, key, roots } = sidecar.files;
    const script = `
import http.client, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[3])
context.check_hostname = False
context.load_cert_chain(sys.argv[1], sys.argv[2])
connection = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[4]), context=context)
fields = {"Authorization": "Bearer " + sys.stdin.readline().strip(), "Transfer-Encoding": "chunked"}
for _ in range(2):
    connection.request("POST", "/", iter([b"x" * 1000] * 10), fields, encode_chunked=True)
    print(connection.getresponse().read().decode())
`;
    const child = spawn('python3', ['-c', script, certificate, key, roots, String(sidecar.port)]);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()));
    child.stdin.end(`${sidecar.token}\n`);
    await once(child, 'close');
    expect(said).to.equal('10000\n10000\n');
  });

  it('node: https keeps its connection, and reads answers of every kind', async () => {
    const pem = (der: Buffer): string => encodePem('CERTIFICATE', der);
    const { client, authority, token, port } = sidecar;
    const call = (path: string, method: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const asked = request(
          {
            host: '127.0.0.1',
            port,
            path,
            method,
            key: client.key.export({ type: 'pkcs8', format: 'pem' }),
            cert: pem(client.der),
            ca: pem(authority.der),
            checkServerIdentity: () => undefined,
            headers: { Authorization: `Bearer ${token}` },
          },
          (answer) => {
            let size = 0;
            answer.on('data', (part: Buffer) => (size += part.length));
            answer.on('end', () => resolve(`${answer.statusCode} ${size}`));
          },
        );
        asked.on('error', reject);
        asked.end();
      });
    expect(await call('/', 'DELETE')).to.equal('200 1');
    expect(await call('/large', 'GET')).to.equal(`200 ${MIB}`);
    expect(await call('/large', 'HEAD')).to.equal('200 0');
    expect(await call('/none', 'GET')).to.equal('204 0');
  });
});

describe('apps of others behind a sidecar', function () {
  this.timeout(30_000);
  const CONFIGS: ReadonlyMap<
    string,
    (folder: string, port: number) => { readonly file: string; readonly command: readonly string[] }
  > = new Map([
    [
      'nginx',
      (folder: string, port: number) => {
        const file = join(folder, 'nginx.conf');
        mkdirSync(join(folder, 'www'));
        writeFileSync(join(folder, 'www', 'large'), Buffer.alloc(MIB));
        const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
          .map((name) => `${name}_temp_path ${folder}/${name};`)
          .join(' ');
        writeFileSync(
          file,
          `daemon off; user root; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log; events {}
http { access_log off; ${temporary} client_max_body_size 1k;
server { listen 127.0.0.1:${port}; root ${folder}/www;
location = /none { return 204; } location = /up { return 200 "up"; } } }`,
        );
        return { file, command: ['nginx', '-c', file] };
      },
    ],
    [
      'haproxy',
      (folder: string, port: number) => {
        const file = join(folder, 'haproxy.cfg');
        writeFileSync(
          file,
          `defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend app
  bind 127.0.0.1:${port}
  http-request return status 204 if { path /none }
  http-request return status 200 content-type text/plain lf-string "%[path]" if { path /large }
  http-request return status 200 content-type text/plain string "up"
`,
        );
        return { file, command: ['haproxy', '-q', '-db', '-f', file] };
      },
    ],
  ]);
  for (const [tool, configure] of CONFIGS)
    itWith(
      tool,
      `${tool}: files, errors, no content, a body that it does not want, and again on the same connection`,
      async () => {
        const port = await freePort();
        await using sidecar = await startLoneSidecar({ appPort: port });
        const [program = '', ...args] = configure(sidecar.folder, port).command;
        const app = spawn(program, args, { stdio: 'ignore' });
        try {
          await accepts(port, () => app.exitCode !== null);
          const socket = await sidecar.connect();
          const call = async (line: string, body = ''): Promise<string> => {
            const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
            socket.write(
              `${line} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${sidecar.token}\r\n${length}\r\n${body}`,
            );
            let said = '';
            while (!isWhole(said, line.startsWith('HEAD')))
              said += ((await once(socket, 'data')) as [Buffer])[0].toString('latin1');
            return said.slice(9, 12);
          };
          expect(await call('GET /none')).to.equal('204');
          expect(await call('HEAD /large')).to.equal('200');
          expect(await call('GET /large')).to.equal('200');
          expect(await call('POST /up', 'x'.repeat(100))).to.equal('200');
          expect(await call('GET /large')).to.equal('200');
          socket.destroy();
        } finally {
          app.kill('SIGKILL');
        }
      },
    );
});

function isWhole(text: string, isHead: boolean): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  if (isHead || text.startsWith('HTTP/1.1 204')) return true;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
  return length === undefined ? text.endsWith('0\r\n\r\n') : text.length - end - 4 >= Number(length);
}

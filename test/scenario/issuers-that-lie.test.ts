/**
 * One sidecar, and issuers that break their word one after another: one found by its metadata, one that is asked about
 * opaque tokens, one that accepts connections and never says anything. What was good goes on, what cannot be known is
 * answered 503, and nobody's trouble is another's.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import {
  type AddressInfo,
  connect as connectPlain,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';

import { expect } from 'chai';

import { tryAsk } from '../../cli/up/loopback.ts';
import { findPorts } from '../../cli/up/ports.ts';
import { until } from '../../cli/up/until.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { type Started, startBundle } from '../kit/bundle.ts';
import { scenarioLogs } from '../kit/logs.ts';
import { createVolume, issueContents, keyPem, pathsIn, type Volume } from '../kit/volume.ts';
import { createTestAuthority, issueTestLeaf, type TestLeaf } from '../kit/x509.ts';
import { ecKey, headerOf, keySetOf, type SigningKey, signToken } from '../unit/core/token/tokens.ts';
import { type Answer, json, serveIssuer } from '../unit/runtime/issuer-server.ts';

type IssuerServer = Awaited<ReturnType<typeof serveIssuer>>;

interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
}

describe('a sidecar and issuers that lie', function () {
  this.timeout(30_000);
  const authority = createTestAuthority();
  const client = issueTestLeaf(authority, { path: '/ns/shop/sa/agent' });
  const thief = issueTestLeaf(authority, { path: '/ns/shop/sa/thief' });
  const app = createServer((_asked, response) => response.end('served'));
  const silence: { readonly server: Server; readonly sockets: Socket[] } = { server: createTcpServer(), sockets: [] };
  const first = ecKey('k1');
  const asked: string[] = [];
  let sso: IssuerServer;
  let volume: Volume;
  let folder = '';
  let port = 0;
  let admin = 0;
  let started: Started;

  before(async () => {
    sso = await serveIssuer();
    sso.state.answer = honest(first);
    silence.server.on('connection', (socket) => silence.sockets.push(socket));
    for (const server of [app, silence.server]) await once(server.listen(0, '127.0.0.1'), 'listening');
    volume = await createVolume();
    await volume.swap(issueContents({ path: '/ns/shop/sa/pay' }, authority));
    folder = await mkdtemp(join(tmpdir(), 'cleat-lies-'));
    [port = 0, admin = 0] = await findPorts(2);
    await writeFile(join(folder, 'root.pem'), sso.trust.ca);
    await writeFile(join(folder, 'secret'), 'introspection secret\n', { mode: 0o600 });
    await writeFile(join(folder, 'policy.yaml'), JSON.stringify(POLICY));
    await writeFile(join(folder, 'sidecar.yaml'), JSON.stringify(config()));
    started = startBundle('sidecar.cjs', ['--config', join(folder, 'sidecar.yaml')]);
    await until('the sidecar is ready', async () =>
      (await tryAsk({ port: admin }, 'GET /readyz'))?.status === 200 ? true : undefined,
    );
  });

  after(async () => {
    started.child.kill('SIGTERM');
    const { out, err } = await started.ended;
    const logs = join(scenarioLogs(), 'issuers-that-lie');
    await mkdir(logs, { recursive: true });
    await writeFile(join(logs, 'sidecar.log'), out + err);
    for (const socket of silence.sockets) socket.destroy();
    for (const server of [app, silence.server]) server.close();
    await sso.close();
    await volume[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
    expect(out + err, 'a token in the log').to.not.match(/eyJ|opaque-|introspection secret/);
  });

  const iss = (): string => `${sso.origin}/realms/main`;
  const silentIss = (): string => `https://localhost:${(silence.server.address() as AddressInfo).port}`;

  function config(): unknown {
    const common = { trust: `file:${join(folder, 'root.pem')}` };
    return {
      trustDomain: authority.trustDomain,
      credentials: { source: 'files', files: pathsIn(volume.folder) },
      inbound: [
        { listen: `127.0.0.1:${port}`, app: `127.0.0.1:${(app.address() as AddressInfo).port}`, audience: 'payments' },
      ],
      issuers: [
        { ...common, name: 'silent', issuer: silentIss(), jwks: 'discover' },
        { ...common, name: 'sso', issuer: iss(), jwks: 'discover' },
        {
          ...common,
          name: 'opaque',
          issuer: 'https://opaque.example',
          introspection: {
            url: `${sso.origin}/introspect`,
            client: 'secret',
            id: 'pay',
            secretFile: join(folder, 'secret'),
          },
        },
      ],
      policy: join(folder, 'policy.yaml'),
      admin: `127.0.0.1:${admin}`,
      control: join(folder, 'run', 'sidecar.sock'),
      limits: { newTokensPerSecond: 1, newTokensBurst: 4 },
      drain: { grace: '0s', deadline: '1s' },
    };
  }

  /** An issuer that publishes these keys, and keeps its word. */
  function honest(...keys: readonly SigningKey[]): Answer {
    return (incoming, response) => {
      asked.push(incoming.url ?? '');
      const metadata = { issuer: iss(), jwks_uri: `${sso.origin}/keys` };
      const documents: Readonly<Record<string, Buffer>> = {
        '/realms/main/.well-known/openid-configuration': Buffer.from(JSON.stringify(metadata)),
        '/keys': keySetOf(...keys),
      };
      const body = documents[incoming.url ?? ''];
      if (body === undefined) response.writeHead(404).end();
      else json(body)(incoming, response);
    };
  }

  function claims(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    const now = Math.floor(Date.now() / 1000);
    const cnf = { 'x5t#S256': thumbprintOf(client) };
    const names = { iss: iss(), sub: 'agent', client_id: 'agent', aud: 'payments', jti: `jti-${(jti += 1)}` };
    return { ...names, iat: now, exp: now + 300, cnf, ...changes };
  }
  let jti = 0;

  const tokenBy = (key: SigningKey, changes: Readonly<Record<string, unknown>> = {}): string =>
    signToken(key, claims(changes), headerOf(key));

  const tlsOf = (leaf: TestLeaf) => ({
    key: keyPem(leaf),
    cert: encodePem('CERTIFICATE', leaf.der),
    ca: encodePem('CERTIFICATE', authority.der),
  });

  /** One call of a peer, over a connection of its own. */
  function call(token: string, { leaf = client } = {}): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const headers = { host: 'payments', authorization: `Bearer ${token}` };
      const options = { ...tlsOf(leaf), host: '127.0.0.1', port, path: '/v1', headers, agent: false };
      const sent = request({ ...options, checkServerIdentity: () => undefined }, (answer: IncomingMessage) => {
        answer.resume();
        answer.once('end', () => resolve({ status: answer.statusCode, headers: answer.headers }));
      });
      sent.once('error', reject);
      sent.end();
    });
  }

  const statusOf = async (...given: Parameters<typeof call>): Promise<number | undefined> =>
    (await call(...given)).status;

  it('A-433 answers 503 with Retry-After for the issuer that never spoke, and serves the others meanwhile', async () => {
    expect(await statusOf(tokenBy(first))).to.equal(200);
    const silent = await call(tokenBy(first, { iss: silentIss() }));
    expect(silent.status).to.equal(503);
    expect(silent.headers['retry-after']).to.match(/^[1-9]/);
    expect(silent.headers['www-authenticate']).to.equal(undefined);
    expect(silence.sockets).to.not.have.length(0);
  });

  it('A-427 answers nothing to a good token on a plaintext connection', async () => {
    const plain = connectPlain(port, '127.0.0.1');
    const heard: Buffer[] = [];
    plain.on('data', (bytes: Buffer) => heard.push(bytes));
    plain.on('error', () => undefined);
    plain.write(`GET /v1 HTTP/1.1\r\nHost: payments\r\nAuthorization: Bearer ${tokenBy(first)}\r\n\r\n`);
    await once(plain, 'close');
    expect(Buffer.concat(heard).toString('latin1')).to.not.include('HTTP/');
  });

  it('A-424 refuses a token of the issuer in the hands of another peer', async () => {
    expect(await statusOf(tokenBy(first), { leaf: thief })).to.equal(401);
  });

  it('A-428 A-433 keeps the last good keys over every lie', async () => {
    const remembered = tokenBy(first);
    expect(await statusOf(remembered)).to.equal(200);
    const other = ecKey('k2');
    const document = (value: unknown): Answer => json(Buffer.from(JSON.stringify(value)));
    const lies: readonly Answer[] = [
      document({ issuer: `${sso.origin}/realms/other`, jwks_uri: `${sso.origin}/keys` }),
      (_incoming, response) => void response.writeHead(302, { location: `${sso.origin}/elsewhere` }).end(),
      (_incoming, response) => void response.writeHead(500).end(),
    ];
    for (const [at, lie] of lies.entries()) {
      sso.state.answer = lie;
      const asker = issueTestLeaf(authority, { path: `/ns/shop/sa/asker-${at}` });
      const cnf = { 'x5t#S256': thumbprintOf(asker) };
      const before = sso.state.asked;
      expect(await statusOf(tokenBy(other, { cnf }), { leaf: asker })).to.equal(401);
      expect(sso.state.asked, 'the unknown key had it asked').to.be.above(before);
      expect(await statusOf(remembered)).to.equal(200);
      expect(await statusOf(tokenBy(first)), 'a token that is not remembered').to.equal(200);
    }
  });

  it('A-406 A-432 takes a new key at once, and forgets the tokens of the one that is gone', async () => {
    const old = tokenBy(first);
    expect(await statusOf(old)).to.equal(200);
    const next = ecKey('k3');
    sso.state.answer = honest(next);
    expect(await statusOf(tokenBy(next))).to.equal(200);
    expect(asked.slice(-2)).to.deep.equal(['/realms/main/.well-known/openid-configuration', '/keys']);
    expect(await statusOf(old)).to.equal(401);
  });

  it('asks about opaque tokens, once for many requests, and enforces what the answer says', async () => {
    const questions: string[] = [];
    const answers = new Map<string, unknown>([
      ['opaque-good', { active: true, token_type: 'Bearer', ...claims({ iss: undefined }) }],
      ['opaque-other', { active: true, token_type: 'Bearer', ...claims({ iss: undefined, aud: 'catalog' }) }],
      ['opaque-refresh', { active: true, ...claims({ iss: undefined }) }],
      ['opaque-ended', { active: false }],
    ]);
    sso.state.answer = (incoming, response) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const token = new URLSearchParams(Buffer.concat(chunks).toString()).get('token') ?? '';
        questions.push(token);
        json(Buffer.from(JSON.stringify(answers.get(token) ?? {})))(incoming, response);
      });
    };
    expect(await statusOf('opaque-good', { leaf: thief }), 'cnf of the answer').to.equal(401);
    for (const bad of ['opaque-other', 'opaque-refresh', 'opaque-ended'])
      expect(await statusOf(bad), bad).to.equal(401);
    const unclear = await call('opaque-unclear');
    expect([unclear.status, unclear.headers['retry-after']]).to.deep.equal([503, '1']);
    for (let time = 0; time < 3; time += 1) expect(await statusOf('opaque-good')).to.equal(200);
    expect(
      questions.filter((one) => one === 'opaque-good'),
      'once for each certificate',
    ).to.have.length(2);
    expect(await statusOf('clt_mesh_0123456789'), 'an API key').to.equal(401);
    expect(questions).to.not.include('clt_mesh_0123456789');
    sso.state.answer = (incoming) => void incoming.socket.destroy();
    expect(await statusOf('opaque-good'), 'remembered').to.equal(200);
    const away = await call('opaque-new');
    expect([away.status, away.headers['retry-after']]).to.deep.equal([503, '1']);
  });

  it('A-432 asks anew about what it remembered after a change of policy, and of certificate or bundle', async () => {
    let questions = 0;
    sso.state.answer = (incoming, response) => {
      questions += 1;
      const answer = { active: true, token_type: 'Bearer', ...claims({ iss: undefined }) };
      json(Buffer.from(JSON.stringify(answer)))(incoming, response);
    };
    // An answer is believed for 30 s, and this waits for 20 s at most.
    const askedAgain = (why: string): Promise<true> => {
      const before = questions;
      return until(`the issuer is asked after ${why}`, async () => {
        expect(await statusOf('opaque-kept')).to.equal(200);
        return questions > before ? true : undefined;
      });
    };
    await askedAgain('nothing but the first time');
    await writeFile(
      join(folder, 'policy.yaml'),
      JSON.stringify({ ...POLICY, rules: [{ ...POLICY.rules[0], id: 'v2' }] }),
    );
    await askedAgain('a change of policy');
    await volume.swap(issueContents({ path: '/ns/shop/sa/pay' }, authority));
    await askedAgain('a change of certificate');
  });

  it('answers 429 to a connection that shows a new token each time, and goes on with what it knows', async () => {
    const connection = connect({ ...tlsOf(client), port, host: '127.0.0.1', checkServerIdentity: () => undefined });
    await once(connection, 'secureConnect');
    const known = tokenBy(ecKey('k1'));
    const answers: string[] = [];
    for (let time = 0; time < 6; time += 1) {
      const token = `${known.slice(0, -4)}${String(time).padStart(4, 'A')}`;
      connection.write(`GET /v1 HTTP/1.1\r\nHost: payments\r\nAuthorization: Bearer ${token}\r\n\r\n`);
      const [answer] = (await once(connection, 'data')) as [Buffer];
      answers.push(answer.toString());
    }
    connection.destroy();
    expect(answers.map((answer) => answer.slice(9, 12))).to.deep.equal(['401', '401', '401', '401', '429', '429']);
    expect(answers[5]).to.match(/\r\nRetry-After: [12]\r\n/);
    expect(await statusOf(tokenBy(ecKey('k1'))), 'another connection').to.equal(401);
  });
});

const thumbprintOf = ({ der }: TestLeaf): string => createHash('sha256').update(der).digest('base64url');

const POLICY = {
  routes: [{ path: { under: '/' }, binding: 'required' }],
  rules: [{ id: 'v1', peers: [{ under: '/ns/shop' }], paths: [{ exact: '/v1' }] }],
};

/**
 * A client that proves itself by DPoP to a real sidecar: it finds out by the challenge and the metadata what it needs, makes
 * its proofs with the npm package `dpop`, and is served. What a thief makes of the same token, the same proof or both is
 * refused, and the app never sees a proof.
 */
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import * as DPoP from 'dpop';

import { tryAsk } from '../../cli/up/loopback.ts';
import { findPorts } from '../../cli/up/ports.ts';
import { until } from '../../cli/up/until.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { type Started, startBundle } from '../kit/bundle.ts';
import { scenarioLogs } from '../kit/logs.ts';
import { createVolume, issueContents, keyPem, pathsIn, type Volume } from '../kit/volume.ts';
import { createTestAuthority, issueTestLeaf } from '../kit/x509.ts';
import { ecKey, headerOf, keySetOf, signToken } from '../unit/core/token/tokens.ts';

const ISS = 'https://sso.example.org';
const ORIGIN = 'https://pay.example.org';
const METADATA = `${ORIGIN}/.well-known/oauth-protected-resource`;

interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly challenges: readonly string[];
  readonly body: string;
}

interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly fields?: Readonly<Record<string, string | string[]>>;
  readonly leaf?: ReturnType<typeof issueTestLeaf>;
}

describe('a token that is bound to the key of a client', function () {
  this.timeout(30_000);
  const authority = createTestAuthority();
  const client = issueTestLeaf(authority, { path: '/ns/shop/sa/agent' });
  const thief = issueTestLeaf(authority, { path: '/ns/shop/sa/thief' });
  const seen: { readonly headers: IncomingHttpHeaders; readonly raw: readonly string[] }[] = [];
  const app = createServer(({ headers, rawHeaders: raw }, response) => {
    seen.push({ headers, raw });
    response.setHeader('DPoP-Nonce', 'of the app').end('served');
  });
  const issuer = ecKey('k1');
  let pair: DPoP.KeyPair;
  let volume: Volume;
  let folder = '';
  let port = 0;
  let admin = 0;
  let started: Started;
  /** As a client keeps it: the last that it was given. */
  let nonce: string | undefined;

  before(async () => {
    pair = await DPoP.generateKeyPair('ES256');
    await once(app.listen(0, '127.0.0.1'), 'listening');
    volume = await createVolume();
    await volume.swap(issueContents({ path: '/ns/shop/sa/pay' }, authority));
    folder = await mkdtemp(join(tmpdir(), 'cleat-dpop-'));
    [port = 0, admin = 0] = await findPorts(2);
    await writeFile(join(folder, 'keys.json'), keySetOf(issuer));
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
    const logs = join(scenarioLogs(), 'tokens-of-a-client-key');
    await mkdir(logs, { recursive: true });
    await writeFile(join(logs, 'sidecar.log'), out + err);
    app.close();
    await volume[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
    expect(out + err, 'a token or a proof in the log').to.not.match(/eyJ/);
    expect(out, 'the reason is in the record').to.match(/"code":"BINDING_REPLAY"/);
  });

  const config = (): unknown => ({
    trustDomain: authority.trustDomain,
    credentials: { source: 'files', files: pathsIn(volume.folder) },
    inbound: [
      {
        listen: `127.0.0.1:${port}`,
        app: `127.0.0.1:${(app.address() as AddressInfo).port}`,
        audience: ORIGIN,
        origins: [ORIGIN],
        resource: { identifier: ORIGIN, scopes: ['payments.read'] },
      },
    ],
    issuers: [{ name: 'sso', issuer: ISS, jwks: `file:${join(folder, 'keys.json')}` }],
    dpop: { nonce: 'required' },
    policy: join(folder, 'policy.yaml'),
    admin: `127.0.0.1:${admin}`,
    control: join(folder, 'run', 'sidecar.sock'),
    drain: { grace: '0s', deadline: '1s' },
  });

  let jti = 0;
  async function token(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const cnf = { jkt: await DPoP.calculateThumbprint(pair.publicKey) };
    const names = { iss: ISS, sub: 'client-1', client_id: 'client-1', aud: ORIGIN, jti: `jti-${(jti += 1)}` };
    const claims = { ...names, scope: 'payments.read', iat: now, exp: now + 300, cnf, ...changes };
    return signToken(issuer, claims, headerOf(issuer));
  }

  const proof = (text: string, { method = 'GET', path = '/v1', by = pair, origin = ORIGIN } = {}): Promise<string> =>
    DPoP.generateProof(by, `${origin}${path}`, method, nonce, text);

  /** One call of a peer, over a connection of its own. */
  async function call({
    method = 'GET',
    path = '/v1',
    host,
    fields = {},
    leaf = client,
  }: Call = {}): Promise<Answered> {
    const tls = {
      key: keyPem(leaf),
      cert: encodePem('CERTIFICATE', leaf.der),
      ca: encodePem('CERTIFICATE', authority.der),
    };
    const headers = { host: host ?? 'pay.example.org', ...fields };
    const options = { ...tls, host: '127.0.0.1', port, path, method, headers, agent: false };
    const sent = request({ ...options, checkServerIdentity: () => undefined }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part as Buffer);
    const given = answer.headers['dpop-nonce'];
    nonce = typeof given === 'string' ? given : nonce;
    const challenges = answer.rawHeaders.filter((_text, at) => answer.rawHeaders[at - 1] === 'WWW-Authenticate');
    return { status: answer.statusCode, headers: answer.headers, challenges, body: Buffer.concat(parts).toString() };
  }

  const withProof = (text: string, made: string, more: Omit<Call, 'fields'> = {}): Promise<Answered> =>
    call({ ...more, fields: { authorization: `DPoP ${text}`, dpop: made } });

  it('tells who brings nothing both schemes, a nonce, and where to find the authorization server', async () => {
    const answer = await call();
    expect(answer.status).to.equal(401);
    expect(answer.challenges).to.deep.equal([
      `Bearer realm="cleat", resource_metadata="${METADATA}"`,
      `DPoP realm="cleat", algs="ES256 ES384 Ed25519 EdDSA", resource_metadata="${METADATA}"`,
    ]);
    expect(nonce).to.match(/^[A-Za-z0-9_-]{22}$/);
  });

  it('gives a peer without a token the metadata of the resource, from itself', async () => {
    const answer = await call({ path: '/.well-known/oauth-protected-resource' });
    expect([answer.status, answer.headers['content-type']]).to.deep.equal([200, 'application/json']);
    expect(JSON.parse(answer.body)).to.deep.include({ resource: ORIGIN, authorization_servers: [ISS] });
    expect((await call({ method: 'POST', path: '/.well-known/oauth-protected-resource' })).status).to.equal(405);
    expect(seen).to.have.length(0);
  });

  it('asks for a nonce, and takes the proof that holds it', async () => {
    nonce = undefined;
    const text = await token();
    const first = await withProof(text, await proof(text));
    expect(first.status).to.equal(401);
    expect(first.challenges).to.have.length(1);
    expect(first.challenges[0]).to.match(/^DPoP realm="cleat", error="use_dpop_nonce"/);
    const second = await withProof(text, await proof(text));
    expect([second.status, second.body]).to.deep.equal([200, 'served']);
    expect(second.headers['dpop-nonce'], 'the nonce of the sidecar, not that of the app').to.match(
      /^[A-Za-z0-9_-]{22}$/,
    );
    expect(second.headers['cache-control']).to.equal('no-store');
    const { headers, raw } = seen.at(-1) ?? { headers: {}, raw: [] };
    expect(headers['cleat-binding']).to.equal('jkt');
    expect(raw.join('\n'))
      .to.not.match(/^(?:dpop|authorization)$/im)
      .and.not.match(/eyJ/);
  });

  it('A-450 refuses a proof that was used, whoever shows it', async () => {
    const text = await token();
    const made = await proof(text);
    expect((await withProof(text, made)).status).to.equal(200);
    for (const leaf of [client, thief]) {
      const answer = await withProof(text, made, { leaf });
      expect(answer.status).to.equal(401);
      expect(answer.challenges[0]).to.match(/^DPoP realm="cleat", error="invalid_dpop_proof"/);
    }
  });

  it('A-426 A-446 refuses the token as Bearer in any spelling, with both challenges', async () => {
    const text = await token();
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const { status, challenges } = await call({ fields: { authorization: `${scheme} ${text}` } });
      expect(status).to.equal(401);
      expect(challenges.map((one) => one.split(' ', 1)[0])).to.deep.equal(['Bearer', 'DPoP']);
      expect(challenges[0]).to.include('error="invalid_token"');
    }
    const beside = await call({ fields: { authorization: `Bearer ${text}`, dpop: await proof(text) } });
    expect(beside.status).to.equal(400);
    expect((await call({ fields: { authorization: `DPoP ${text}` } })).status, 'no proof').to.equal(401);
  });

  it('A-449 does not believe Host or X-Forwarded-Host about the target of a proof', async () => {
    const text = await token();
    const origin = 'https://evil.example.org';
    const fields = {
      authorization: `DPoP ${text}`,
      dpop: await proof(text, { origin }),
      'x-forwarded-host': 'evil.example.org',
    };
    expect((await call({ host: 'evil.example.org', fields })).status).to.equal(401);
    expect(
      (await withProof(text, await proof(text), { host: 'evil.example.org' })).status,
      'the public origin',
    ).to.equal(200);
  });

  it('A-448 A-451 refuses the proof of another key, and the right one is still good afterwards', async () => {
    const text = await token();
    const made = await proof(text);
    const other = await DPoP.generateKeyPair('ES256');
    const answer = await withProof(text, await proof(text, { by: other }), { leaf: thief });
    expect(answer.status).to.equal(401);
    expect(answer.challenges[0]).to.match(/^DPoP realm="cleat", error="invalid_token"/);
    expect((await withProof(text, made, { method: 'DELETE' })).status, 'another method').to.equal(401);
    expect((await withProof(await token(), made)).status, 'another token').to.equal(401);
    expect((await withProof(text, made)).status).to.equal(200);
  });

  it('A-449 refuses two proofs', async () => {
    const text = await token();
    const dpop = [await proof(text), await proof(text)];
    expect((await call({ fields: { authorization: `DPoP ${text}`, dpop } })).status).to.equal(400);
  });

  it('A-451 uses no proof up where policy says no', async () => {
    const text = await token({ scope: 'other' });
    const made = await proof(text);
    for (let time = 0; time < 2; time += 1) {
      const { status, challenges } = await withProof(text, made);
      expect(status).to.equal(403);
      expect(challenges[0]).to.include('error="insufficient_scope"').and.include('scope="payments.read"');
    }
  });
});

const POLICY = {
  routes: [{ path: { under: '/' }, binding: 'required' }],
  rules: [{ id: 'all', peers: [{ any: true }], scopes: ['payments.read'] }],
};

/**
 * A user who logged in once at a provider of others: her session lies in a file beside a real sidecar, which carries her on to
 * another workload through a real CA, with and without the API key of the app. The provider rotates the refresh token at
 * each use and ends the session at the second use of one.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { until } from '../../cli/up/until.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { type Answer, type Pods, startPods } from '../kit/pods.ts';
import { createTestAuthority } from '../kit/x509.ts';
import { ecKey, keySetOf, signToken } from '../unit/core/token/tokens.ts';
import { snapshotOf } from '../unit/sidecar/egress/snapshots.ts';
import { startTokenServer, type TokenServer } from '../unit/sidecar/egress/token-server.ts';

const LOGIN = 'https://login.example.org';
const AUDIENCE = 'cleat-exchange';

describe('a session at an identity provider', function () {
  this.timeout(60_000);
  const key = ecKey('login-1');
  let provider: TokenServer;
  let folder = '';
  let pods: Pods;
  /** The one refresh token that is good; undefined: the session is over. */
  let good: string | undefined = 'refresh-1';
  let refreshed = 1;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cleat-login-'));
    const authority = createTestAuthority('login.example');
    writeFileSync(join(folder, 'roots.pem'), encodePem('CERTIFICATE', authority.der));
    writeFileSync(join(folder, 'keys.json'), keySetOf(key));
    provider = await startTokenServer(snapshotOf(authority, { generation: 1, dns: ['localhost'] }), false);
    provider.answer = ({ form }) => {
      if (form['refresh_token'] !== good || good === undefined) {
        good = undefined;
        return { status: 400, body: { error: 'invalid_grant' } };
      }
      refreshed += 1;
      good = `refresh-${refreshed}`;
      return { body: { access_token: tokenOfAlice(), token_type: 'Bearer', expires_in: 300, refresh_token: good } };
    };
    const token = {
      source: 'refreshToken',
      file: 'refresh-token',
      issuer: {
        url: provider.url.replace('127.0.0.1', 'localhost'),
        clientId: 'shop-app',
        trust: `file:${join(folder, 'roots.pem')}`,
      },
    };
    const exchange = { onBehalfOf: { issuer: 'login' }, audience: 'orders', scopes: ['read'] };
    pods = await startPods('a-session-at-an-identity-provider', {
      tokens: {
        subjects: [{ name: 'login', issuer: LOGIN, jwks: `file:${join(folder, 'keys.json')}`, audience: AUDIENCE }],
        rules: [
          { for: { spiffe: { exact: '/ns/shop/sa/agent' } }, ...exchange },
          { for: { client: 'shop-agent' }, ...exchange },
        ],
      },
      pods: {
        orders: { app: ({ headers }, response) => void response.end(headers.authorization) },
        agent: {
          files: { 'refresh-token': 'refresh-1', 'api-key': 'none yet' },
          calls: [
            { to: 'orders', scopes: ['read'], token },
            { to: 'orders', as: 'orders-by-key', scopes: ['read'], token: { ...token, apiKey: 'api-key' } },
          ],
        },
      },
    });
  });
  after(async () => {
    await pods[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  function tokenOfAlice(): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: LOGIN, sub: 'alice', aud: AUDIENCE, client_id: 'shop-app', scope: 'read write' };
    const times = { iat: now, exp: now + 300, jti: `login-${refreshed}` };
    return signToken(key, { ...claims, ...times });
  }
  const claimsIn = ({ status, body }: Answer): unknown => {
    expect(status).to.equal(200);
    return JSON.parse(Buffer.from(body.split('.')[1] ?? '', 'base64url').toString());
  };
  const onDisk = (): string => readFileSync(join(pods.folderOf('agent'), 'refresh-token'), 'utf8').trim();

  it('carries the user on to another workload, in the name of the one that acts for her', async () => {
    const claims = claimsIn(await pods.call('agent', 'orders'));
    expect(claims).to.deep.include({ sub: 'alice', aud: 'orders', scope: 'read', act: { sub: pods.idOf('agent') } });
    expect(claims).to.have.nested.property('cnf.x5t#S256');
    expect(onDisk()).to.equal('refresh-2');
    expect(statSync(join(pods.folderOf('agent'), 'refresh-token')).mode & 0o777).to.equal(0o600);
  });

  it('does so for a client with an API key beside it, from the same session', async () => {
    const spiffe = [{ exact: '/ns/shop/sa/agent' }];
    const terms = { audiences: ['orders'], scopes: ['read'] };
    await pods.order('client-create', { id: 'shop-agent', methods: ['api_key'], spiffe, ...terms });
    const made = (await pods.order('key-create', { client: 'shop-agent', owner: 'shop' })) as { readonly key: string };
    const file = join(pods.folderOf('agent'), 'api-key');
    await writeFile(`${file}.next`, made.key, { mode: 0o600 });
    await rename(`${file}.next`, file);
    const answer = await until('the key counts', async () => {
      const found = await pods.call('agent', 'orders-by-key');
      return found.status === 200 ? found : undefined;
    });
    expect(claimsIn(answer)).to.deep.include({ sub: 'alice', client_id: 'shop-agent' });
    expect(good).to.equal('refresh-2');
  });

  it('goes on with its session after a kill: what was rotated is on the disk', async () => {
    await pods.killAndStart('agent');
    expect(claimsIn(await pods.call('agent', 'orders'))).to.deep.include({ sub: 'alice' });
    expect([onDisk(), good]).to.deep.equal(['refresh-3', 'refresh-3']);
  });

  it('says that the session is over, and goes on with another one as soon as the file has it', async () => {
    good = undefined;
    await pods.killAndStart('agent');
    expect(await pods.call('agent', 'orders')).to.have.property('status', 502);
    const [why] = await pods.why('agent');
    expect(why).to.include({ code: 'UPSTREAM_TOKEN', upstream: 'orders' });
    expect(why?.detail).to.match(/^orders: RENEW_REFUSED refresh at localhost:\d+: invalid_grant$/);
    good = 'refresh-again';
    const file = join(pods.folderOf('agent'), 'refresh-token');
    await writeFile(`${file}.next`, good, { mode: 0o600 });
    await rename(`${file}.next`, file);
    await until('the new session counts', async () =>
      (await pods.call('agent', 'orders')).status === 200 ? true : undefined,
    );
  });
});

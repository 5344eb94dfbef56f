/**
 * A user who logged in at an OpenID provider that the CA finds by its metadata: an agent acts for her, and has a helper do a part of
 * it with fewer rights. Real CA, real sidecars, an HTTPS provider of its own certificate that rotates its key and goes away.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { until } from '../../cli/up/until.ts';
import { encodePem } from '../../core/x509/pem.ts';
import { type Pods, startPods } from '../kit/pods.ts';
import { createTestAuthority, issueTestLeaf } from '../kit/x509.ts';
import { ecKey, keySetOf, type SigningKey, signToken } from '../unit/core/token/tokens.ts';

const HERE = 'cleat-exchange';

interface Seen {
  readonly claims: Readonly<Record<string, unknown>>;
  /** What came of its own call. */
  readonly next?: { readonly status: number; readonly seen: Seen | undefined };
}

describe('a user through two agents', function () {
  this.timeout(60_000);
  let key: SigningKey = ecKey('login-1');
  let keys: readonly SigningKey[] = [key];
  let provider: Server;
  let issuer = '';
  let folder = '';
  let pods: Pods;
  let logins = 0;

  const claimsIn = (token = ''): Seen['claims'] =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Seen['claims'];

  function tokenOf(changes: object = {}): string {
    const now = Math.floor(Date.now() / 1000);
    logins += 1;
    const about = { sub: 'alice', client_id: 'shop-web', groups: ['clerks'], tid: 'tenant-7', acr: 'mfa' };
    const times = { iat: now, exp: now + 300, auth_time: now - 30, jti: `login-${logins}` };
    return signToken(key, { iss: issuer, aud: HERE, ...about, ...times, ...changes });
  }

  async function logIn(changes: object = {}): Promise<void> {
    const file = join(pods.folderOf('agent'), 'user');
    await writeFile(`${file}.next`, tokenOf(changes), { mode: 0o600 });
    await rename(`${file}.next`, file);
  }

  /** Calls until what the helper sees is of this login. */
  const asUser = (what: string): Promise<Seen> =>
    until(what, async () => {
      const { status, body } = await pods.call('agent', 'helper');
      const seen = status === 200 ? (JSON.parse(body) as Seen) : undefined;
      return seen?.claims['tenant'] === what ? seen : undefined;
    });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cleat-user-'));
    const authority = createTestAuthority('login.example');
    const leaf = issueTestLeaf(authority, { dns: ['localhost'] });
    writeFileSync(join(folder, 'roots.pem'), encodePem('CERTIFICATE', authority.der));
    provider = createServer(
      { key: leaf.key.export({ type: 'pkcs8', format: 'pem' }), cert: encodePem('CERTIFICATE', leaf.der) },
      ({ url }, response) => {
        const metadata = JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` });
        const found = url === '/keys' ? keySetOf(...keys) : metadata;
        response.setHeader('content-type', 'application/json').end(found);
      },
    );
    await once(provider.listen(0, '127.0.0.1'), 'listening');
    issuer = `https://localhost:${(provider.address() as AddressInfo).port}`;
    const own = (pod: string): object => ({ spiffe: { exact: `/ns/shop/sa/${pod}` } });
    pods = await startPods('a-user-through-two-agents', {
      tokens: {
        rules: [
          { for: own('agent'), onBehalfOf: { issuer: 'login' }, audience: 'helper', scopes: ['read', 'write'] },
          {
            for: own('helper'),
            onBehalfOf: { issuer: 'own', audience: 'helper' },
            audience: 'ledger',
            scopes: ['read'],
          },
        ],
        subjects: [
          {
            name: 'login',
            issuer,
            jwks: 'discover',
            trust: `file:${join(folder, 'roots.pem')}`,
            audience: HERE,
            map: [
              { claim: 'groups', value: 'clerks', scopes: ['read', 'write'] },
              { claim: 'tid', as: 'tenant' },
            ],
          },
        ],
      },
      pods: {
        ledger: {
          app: ({ headers }, response) =>
            void response.end(JSON.stringify({ claims: claimsIn(headers.authorization) })),
        },
        helper: {
          app: ({ headers }, response) => {
            void (async () => {
              const id = { 'cleat-request-id': String(headers['cleat-request-id']) };
              const { status, body } = await pods.call('helper', 'ledger', id);
              const seen = status === 200 ? (JSON.parse(body) as Seen) : undefined;
              response.end(JSON.stringify({ claims: claimsIn(headers.authorization), next: { status, seen } }));
            })();
          },
          calls: [{ to: 'ledger', scopes: ['read'], token: { source: 'onBehalfOf' } }],
        },
        agent: {
          files: { user: tokenOf() },
          calls: [{ to: 'helper', token: { source: 'oidc', file: 'user' } }],
        },
      },
    });
  });
  after(async () => {
    await pods[Symbol.asyncDispose]();
    provider.closeAllConnections();
    provider.close();
    rmSync(folder, { recursive: true });
  });

  it('shows the last service the user, the helper that acts and the agent behind it, with no right more', async () => {
    const first = await asUser('tenant-7');
    const [agent, helper] = [pods.idOf('agent'), pods.idOf('helper')];
    const user = { sub: 'alice', sub_iss: issuer, tenant: 'tenant-7', acr: 'mfa' };
    expect(first.claims).to.deep.include({ ...user, aud: 'helper', scope: 'read write', act: { sub: agent } });
    const last = first.next?.seen?.claims ?? {};
    const act = { sub: helper, act: { sub: agent } };
    expect(last).to.deep.include({ ...user, aud: 'ledger', scope: 'read', client_id: helper, act });
    expect(last['auth_time']).to.equal(first.claims['auth_time']);
    expect(last['exp']).to.be.at.most(Number(first.claims['exp']));
    expect(last['cnf']).to.not.deep.equal(first.claims['cnf']);
    expect(last).to.not.have.any.keys('groups', 'tid', 'azp');
  });

  it('takes the key that the provider signs with next, and still does once the provider is away', async () => {
    key = ecKey('login-2');
    keys = [...keys, key];
    await logIn({ tid: 'tenant-8' });
    expect(await asUser('tenant-8')).to.have.nested.property('next.status', 200);
    provider.closeAllConnections();
    provider.close();
    await logIn({ tid: 'tenant-9' });
    expect(await asUser('tenant-9')).to.have.nested.property('next.status', 200);
  });

  it('A-418 A-419 A-405 carries nobody on by a token for others, one that is over, or one of another key', async () => {
    const sound = key;
    const now = Math.floor(Date.now() / 1000);
    for (const spoil of [
      () => logIn({ aud: 'shop-web' }),
      () => logIn({ exp: now - 60 }),
      () => logIn({ groups: ['guests'] }),
      () => logIn({ act: { sub: pods.idOf('helper') } }),
      () => {
        key = ecKey('login-2');
        return logIn();
      },
    ]) {
      await spoil();
      await until('the agent has no token', async () =>
        (await pods.call('agent', 'helper')).status === 502 ? true : undefined,
      );
      const [why] = await pods.why('agent');
      expect(why).to.include({ code: 'UPSTREAM_TOKEN', upstream: 'helper' });
      key = sound;
    }
    await logIn({ tid: 'tenant-10' });
    expect(await asUser('tenant-10')).to.have.nested.property('next.seen.claims.sub', 'alice');
  });
});

/**
 * A chain of workloads that act for who called the first, and a workload that acts as a registered client by an API key:
 * real CA, real sidecars. Each app sees the token that was shown for it.
 */
import { rename, writeFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener } from 'node:http';
import { join } from 'node:path';

import { expect } from 'chai';

import { until } from '../../cli/up/until.ts';
import { type Answer, type Pods, startPods } from '../kit/pods.ts';

interface Claims {
  readonly sub: string;
  readonly client_id: string;
  readonly aud: string;
  readonly scope: string;
  readonly cnf: Readonly<Record<string, string>>;
  readonly act?: unknown;
}

/** What an app saw, and what came of its own call. */
interface Seen {
  readonly claims: Claims;
  readonly fields: readonly string[];
  readonly next?: { readonly status: number; readonly seen: Seen | undefined };
}

const exchange = (pod: string, from: string, audience: string): object => ({
  for: { spiffe: { exact: `/ns/shop/sa/${pod}` } },
  onBehalfOf: { audience: from },
  audience,
  scopes: ['read'],
});
const TOKENS = {
  rules: [
    { for: { spiffe: { exact: '/ns/shop/sa/caller' } }, audience: 'orders', scopes: ['read', 'write'] },
    { for: { client: 'shop-agent' }, audience: 'orders', scopes: ['read'] },
    exchange('orders', 'orders', 'stock'),
    exchange('stock', 'stock', 'catalog'),
  ],
};

describe('on behalf of whom', function () {
  this.timeout(60_000);
  let pods: Pods;
  let keyId = '';
  /** What the app of `orders` sends in the place of the id that it was given. */
  let forged: Readonly<Record<string, string>> | undefined;

  const claimsOf = ({ headers }: IncomingMessage): Claims => {
    const [, payload = ''] = (headers.authorization ?? '').split('.');
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  };
  const seenOf = ({ status, body }: Answer): Seen['next'] => ({
    status,
    seen: status === 200 ? (JSON.parse(body) as Seen) : undefined,
  });
  /** An app that says what it saw, after it has called the next one for the same caller. */
  const appOf =
    (pod: string, next?: string): RequestListener =>
    (request, response) => {
      void (async () => {
        const id = { 'cleat-request-id': String(request.headers['cleat-request-id']) };
        const sent = pod === 'orders' ? (forged ?? id) : id;
        const seen: Seen = { claims: claimsOf(request), fields: Object.keys(request.headers) };
        const further = next === undefined ? {} : { next: seenOf(await pods.call(pod, next, sent)) };
        response.end(JSON.stringify({ ...seen, ...further }));
      })();
    };

  before(async () => {
    const onBehalfOf = { token: { source: 'onBehalfOf' }, scopes: ['read'] };
    pods = await startPods('on-behalf-of-whom', {
      tokens: TOKENS,
      pods: {
        catalog: { app: appOf('catalog') },
        stock: { app: appOf('stock', 'catalog'), calls: [{ to: 'catalog', ...onBehalfOf }] },
        orders: { app: appOf('orders', 'stock'), calls: [{ to: 'stock', ...onBehalfOf }] },
        caller: {
          files: { 'api-key': 'none yet' },
          calls: [
            { to: 'orders' },
            { to: 'orders', as: 'orders-by-key', token: { source: 'apiKey', file: 'api-key' } },
          ],
        },
      },
    });
  });
  after(() => pods[Symbol.asyncDispose]());
  afterEach(() => {
    forged = undefined;
  });

  const chain = async (host = 'orders'): Promise<readonly (Seen | undefined)[]> => {
    const first = seenOf(await pods.call('caller', host, { 'x-api-key': `clt_prod_${'k'.repeat(49)}` }));
    const second = first?.seen?.next;
    return [first?.seen, second?.seen, second?.seen?.next?.seen];
  };

  it('carries who called through three workloads, each bound to the certificate of its own connection', async () => {
    const [orders, stock, catalog] = await chain();
    const [caller, second, third] = [pods.idOf('caller'), pods.idOf('orders'), pods.idOf('stock')];
    expect(orders?.claims).to.include({ sub: caller, aud: 'orders' }).and.to.not.have.property('act');
    expect(stock?.claims).to.deep.include({ sub: caller, aud: 'stock', scope: 'read', act: { sub: second } });
    const act = { sub: third, act: { sub: second } };
    expect(catalog?.claims).to.deep.include({ sub: caller, aud: 'catalog', scope: 'read', act });
    const bound = [orders, stock, catalog].map((seen) => seen?.claims.cnf['x5t#S256']);
    expect(new Set(bound).size).to.equal(3);
    expect(orders?.fields).to.not.include('x-api-key');
  });

  it('calls nobody for a request that is not under way here: UPSTREAM_SUBJECT', async () => {
    const answer = await pods.call('caller', 'orders');
    const other = { 'cleat-request-id': String(answer.headers['cleat-request-id'] ?? 'e'.repeat(32)) };
    for (const headers of [{}, { 'cleat-request-id': 'f'.repeat(32) }, other]) {
      forged = headers;
      const [orders] = await chain();
      expect(orders?.next).to.deep.equal({ status: 400 });
      const [why] = await pods.why('orders');
      expect(why).to.include({ code: 'UPSTREAM_SUBJECT', direction: 'egress', upstream: 'stock' });
    }
  });

  it('goes on through new certificates of all of them, with tokens of the new ones', async () => {
    const before = await chain();
    for (const pod of ['caller', 'orders', 'stock']) await pods.renew(pod);
    const after = await chain();
    for (const [at, seen] of after.entries()) {
      const thumbprint = seen?.claims.cnf['x5t#S256'];
      expect(thumbprint)
        .to.match(/^[\w-]{43}$/)
        .and.to.not.equal(before[at]?.claims.cnf['x5t#S256']);
    }
  });

  it('says what is wrong with the file of a key, and sends nothing without a token', async () => {
    expect(await pods.call('caller', 'orders-by-key')).to.have.property('status', 502);
    const [why] = await pods.why('caller');
    expect(why).to.include({ code: 'UPSTREAM_TOKEN', upstream: 'orders-by-key' });
    expect(why?.detail).to.include('CONFIG_FILE');
  });

  it('acts as a client as soon as its file has an API key, which no upstream sees', async () => {
    const spiffe = [{ exact: '/ns/shop/sa/caller' }];
    const terms = { audiences: ['orders'], scopes: ['read'] };
    await pods.order('client-create', { id: 'shop-agent', methods: ['api_key'], spiffe, ...terms });
    const made = (await pods.order('key-create', { client: 'shop-agent', owner: 'shop' })) as {
      readonly key: string;
      readonly apiKey: { readonly id: string };
    };
    keyId = made.apiKey.id;
    const file = join(pods.folderOf('caller'), 'api-key');
    await writeFile(`${file}.next`, `${made.key}\n`, { mode: 0o600 });
    await rename(`${file}.next`, file);
    await until('the key counts', async () =>
      (await pods.call('caller', 'orders-by-key')).status === 200 ? true : undefined,
    );
    const [orders, stock] = await chain('orders-by-key');
    expect(orders?.claims).to.deep.include({
      sub: 'shop-agent',
      client_id: 'shop-agent',
      scope: 'read',
      act: { sub: pods.idOf('caller') },
    });
    const act = { sub: pods.idOf('orders'), act: { sub: pods.idOf('caller') } };
    expect(stock?.claims).to.deep.include({ sub: 'shop-agent', act });
    const metric = await pods.metric('caller', 'cleat_egress_tokens_total{source="apiKey",result="minted"}');
    expect(metric).to.have.length(1);
  });

  it('ends with the key: its tokens are refused, no other is had, and the reason is told', async () => {
    await pods.order('key-revoke', { id: keyId });
    await until('the key is over', async () =>
      (await pods.call('caller', 'orders-by-key')).status === 502 ? true : undefined,
    );
    const [why] = await pods.why('caller');
    expect(why).to.include({ code: 'UPSTREAM_TOKEN' });
    expect(why?.detail).to.equal('orders: RENEW_REFUSED invalid_client');
    expect(await pods.call('caller', 'orders'), 'the workload itself').to.have.property('status', 200);
  });
});

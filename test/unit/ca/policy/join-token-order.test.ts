import { expect } from 'chai';

import { checkJoinTokenOrder } from '../../../../ca/policy/join-token-order.ts';
import type { IdPattern } from '../../../../core/identity/pattern.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { AGENT, codeOf, MESH } from '../small-ca.ts';

const BOUNDS = { trustDomain: MESH, ttl: milliseconds(600_000), admins: [] };
const check = (body: unknown) => checkJoinTokenOrder(body, BOUNDS);

describe('checkJoinTokenOrder()', () => {
  it('refuses what is not an object of these keys with CONFIG_INVALID', () => {
    for (const body of [null, undefined, 1, 'x', [], {}, { path: AGENT, dns: [] }, { path: 1 }, { PATH: AGENT }])
      expect(codeOf(check(body)), JSON.stringify(body)).to.equal('CONFIG_INVALID');
  });

  it('refuses a path that gives no SPIFFE ID with CONFIG_INVALID', () => {
    for (const path of ['', '/', 'ns/x', '/ns//x', '/ns/', '/ns/..', '/ns/ä', '/ns/a b', `/${'x'.repeat(2100)}`])
      expect(codeOf(check({ path })), path).to.equal('CONFIG_INVALID');
  });

  it('refuses the names of the CA with GRANT_IDENTITY', () => {
    for (const path of ['/cleat', '/cleat/ca', '/cleat/x/y'])
      expect(codeOf(check({ path })), path).to.equal('GRANT_IDENTITY');
  });

  it('A-140 sells the name of an administrator only where configuration has him among admins', () => {
    const among = (path: string, ...admins: readonly IdPattern[]): string =>
      codeOf(checkJoinTokenOrder({ path }, { ...BOUNDS, admins }));
    const operator = '/cleat/admin/operator';
    for (const pattern of [{ exact: '/cleat/admin/other' }, { under: '/cleat/admin/operator/x' }, { exact: AGENT }])
      expect(among(operator, pattern), JSON.stringify(pattern)).to.equal('GRANT_IDENTITY');
    for (const path of ['/cleat/ca', '/cleat/admin', '/cleat/administrator', '/cleat'])
      expect(among(path, { any: true }, { under: '/cleat' }), path).to.equal('GRANT_IDENTITY');
    expect(among(operator, { exact: operator })).to.equal('ok');
    expect(among(operator, { under: '/cleat/admin' })).to.equal('ok');
  });

  it('refuses what are no DNS names, or too many', () => {
    const many = Array.from({ length: 17 }, (_, place) => `h${place}.example`);
    for (const dnsNames of ['localhost', [1], ['a b'], ['*.example'], ['x, URI:spiffe://y/z'], ['1.2.3.4'], many])
      expect(codeOf(check({ path: AGENT, dnsNames })), JSON.stringify(dnsNames)).to.equal('CONFIG_INVALID');
  });

  it('refuses a time that is no duration, none, or more than a day', () => {
    for (const ttl of [10, '10', '0s', '999ms', '25h', '-1m', '', null])
      expect(codeOf(check({ path: AGENT, ttl })), JSON.stringify(ttl)).to.equal('CONFIG_INVALID');
  });

  it('gives the order with defaults, names in lower case and each once', () => {
    const order = demand(check({ path: AGENT, dnsNames: ['Localhost', 'localhost'] }));
    expect(order.dnsNames).to.deep.equal(['localhost']);
    expect(order.ttl).to.equal(600_000);
    expect(order.id.path).to.equal(AGENT);
    expect(demand(check({ path: AGENT, ttl: '1s' })).ttl).to.equal(1000);
  });
});

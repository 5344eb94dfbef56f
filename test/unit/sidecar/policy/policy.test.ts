import { expect } from 'chai';

import { DEFAULT_ROUTE, type Route, routeOf } from '../../../../sidecar/policy/policy.ts';

const HEALTH: Route = {
  methods: ['GET'],
  path: { exact: '/healthz' },
  binding: 'identity',
  lineage: true,
  forwardToken: false,
};
const OPEN: Route = { path: { under: '/open' }, binding: 'optional', lineage: true, forwardToken: true };

describe('routeOf()', () => {
  it('demands a bound token, by lineage too, of what no route names', () => {
    for (const facts of [
      { method: 'POST', path: '/healthz' },
      { method: 'GET', path: '/healthz/' },
      { method: 'GET', path: '/opened' },
    ]) {
      expect(routeOf([HEALTH, OPEN], facts)).to.equal(DEFAULT_ROUTE);
    }
    expect(routeOf([], { method: 'GET', path: '/' })).to.equal(DEFAULT_ROUTE);
    expect(DEFAULT_ROUTE).to.deep.include({ binding: 'required', lineage: true, forwardToken: false });
  });

  it('gives the first route that names method and path', () => {
    const all: Route = { path: { under: '/' }, binding: 'report', lineage: true, forwardToken: false };
    expect(routeOf([HEALTH, all], { method: 'GET', path: '/healthz' })).to.equal(HEALTH);
    expect(routeOf([all, HEALTH], { method: 'GET', path: '/healthz' })).to.equal(all);
    expect(routeOf([HEALTH, OPEN], { method: 'PUT', path: '/open/x' })).to.equal(OPEN);
  });
});

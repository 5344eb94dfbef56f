import { expect } from 'chai';

import { type Route, routeOf, STRICTEST_ROUTE } from '../../../../sidecar/policy/policy.ts';

const HEALTH: Route = { methods: ['GET'], path: { exact: '/healthz' }, binding: 'identity', forwardToken: false };
const OPEN: Route = { path: { under: '/open' }, binding: 'optional', forwardToken: true };

describe('routeOf()', () => {
  it('gives the strictest handling to what no route names', () => {
    for (const facts of [
      { method: 'POST', path: '/healthz' },
      { method: 'GET', path: '/healthz/' },
      { method: 'GET', path: '/opened' },
    ]) {
      expect(routeOf([HEALTH, OPEN], facts)).to.equal(STRICTEST_ROUTE);
    }
    expect(routeOf([], { method: 'GET', path: '/' })).to.equal(STRICTEST_ROUTE);
    expect(STRICTEST_ROUTE).to.deep.include({ binding: 'required', forwardToken: false });
  });

  it('gives the first route that names method and path', () => {
    const all: Route = { path: { under: '/' }, binding: 'report', forwardToken: false };
    expect(routeOf([HEALTH, all], { method: 'GET', path: '/healthz' })).to.equal(HEALTH);
    expect(routeOf([all, HEALTH], { method: 'GET', path: '/healthz' })).to.equal(all);
    expect(routeOf([HEALTH, OPEN], { method: 'PUT', path: '/open/x' })).to.equal(OPEN);
  });
});

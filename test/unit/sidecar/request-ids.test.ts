import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { createRequestIds } from '../../../sidecar/request-ids.ts';

describe('createRequestIds()', () => {
  it('gives a new one at each call, across batches', () => {
    const next = createRequestIds(randomBytes);
    const ids = Array.from({ length: 1000 }, next);
    expect(new Set(ids)).to.have.property('size', 1000);
    for (const id of ids) expect(id).to.match(/^[0-9a-f]{32}$/);
  });
});

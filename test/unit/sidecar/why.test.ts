import { expect } from 'chai';

import { epochMilliseconds } from '../../../core/time/units.ts';
import { createWhy } from '../../../sidecar/why.ts';
import { exchangeOf, NOON, noteOf, peerOf, tokenOf } from './callers.ts';

const refused = (requestId: string, code: 'BINDING_MISMATCH' | 'POLICY_NO_RULE' = 'POLICY_NO_RULE') =>
  exchangeOf({
    refusal: { code, detail: `detail of ${requestId}` },
    status: 403,
    note: noteOf({ requestId, caller: undefined }),
  });

describe('createWhy()', () => {
  it('keeps no admitted request', () => {
    const why = createWhy(4);
    why.request(exchangeOf());
    expect(why.last(10)).to.deep.equal([]);
  });

  it('A-632 tells the full reason: expected and presented thumbprint, peer, token by its label', () => {
    const why = createWhy(4);
    const token = tokenOf({ confirmation: { 'x5t#S256': 'expected' }, label: 'jti-9' });
    const peer = peerOf('/ns/shop/sa/thief', { thumbprintText: 'presented' });
    why.request({
      ...refused('a', 'BINDING_MISMATCH'),
      note: noteOf({ requestId: 'a', token, peer, caller: undefined }),
    });
    expect(why.find('a')).to.include({
      code: 'BINDING_MISMATCH',
      detail: 'detail of a',
      expectedThumbprint: 'expected',
      presentedThumbprint: 'presented',
      peer: 'spiffe://mesh.test/ns/shop/sa/thief',
      token: 'jti-9',
      served: false,
    });
  });

  it('is bounded: the oldest makes room, the newest comes first', () => {
    const why = createWhy(3);
    for (const id of ['a', 'b', 'c', 'd', 'e']) why.request(refused(id));
    expect(why.last(10).map((entry) => entry.requestId)).to.deep.equal(['e', 'd', 'c']);
    expect(why.last(1).map((entry) => entry.requestId)).to.deep.equal(['e']);
    expect(why.last(0)).to.deep.equal([]);
    expect(why.last(-1)).to.deep.equal([]);
    expect(why.find('a')).to.equal(undefined);
  });

  it('A-454 keeps what report mode would have refused, marked as served', () => {
    const why = createWhy(2);
    why.request(exchangeOf({ note: noteOf({ reported: { code: 'BINDING_ABSENT', detail: 'no cnf' } }) }));
    expect(why.last(1)[0]).to.include({ code: 'BINDING_ABSENT', served: true, status: 200 });
  });

  it('keeps refused connections and requests that were never judged', () => {
    const why = createWhy(4);
    why.refusedConnection(
      { code: 'PEER_NO_CERTIFICATE', detail: 'x', remote: { host: '::1', port: 9 } },
      epochMilliseconds(NOON * 1000),
    );
    why.request(exchangeOf({ refusal: { code: 'REQUEST_HEAD', detail: 'no colon' }, status: 400, note: undefined }));
    expect(why.last(2).map((entry) => [entry.kind, entry.code, entry.remote])).to.deep.equal([
      ['request', 'REQUEST_HEAD', undefined],
      ['handshake', 'PEER_NO_CERTIFICATE', '::1:9'],
    ]);
  });
});

import { expect } from 'chai';

import { demand } from '../../../core/fault/fault.ts';
import { parseSpiffeId } from '../../../core/identity/spiffe-id.ts';
import { headForApp, headForUpstream, identityBlock } from '../../../sidecar/forward/identity-headers.ts';
import { IDENTITY_PREFIXES, PROTECTED_NAMES } from '../../../sidecar/http/protected-names.ts';
import type { Field, RequestHead } from '../../../sidecar/http/request.ts';
import { Permit } from '../../../sidecar/policy/permit.ts';
import { callerOf, fieldOf, headOf, peerOf } from './callers.ts';

const own = demand(parseSpiffeId('spiffe://mesh.test/ns/shop/sa/payments'));
const peer = peerOf('/ns/shop/sa/agent');
const block = identityBlock(own, peer);
const requestId = '0123456789abcdef0123456789abcdef';
const permit = demand(
  Permit.decide(callerOf('/ns/shop/sa/agent'), headOf(), [
    { id: 'all', peers: [{ any: true }], scopes: [], deny: false },
  ]),
);

function forApp(fields: readonly Field[], forwardToken = false, changes: Partial<RequestHead> = {}): readonly string[] {
  const head = headOf({ fields, ...changes });
  return linesOf(headForApp(permit, head, { block, requestId, forwardToken }));
}

function linesOf(text: string): readonly string[] {
  expect(text.endsWith('\r\n\r\n')).to.equal(true);
  return text.slice(0, -4).split('\r\n');
}

const OURS = [
  `X-Forwarded-Client-Cert: By=spiffe://mesh.test/ns/shop/sa/payments;Hash=${'07'.repeat(32)};Subject="";URI=spiffe://mesh.test/ns/shop/sa/agent`,
  `Client-Cert: :${Buffer.from('a leaf').toString('base64')}:`,
  'Cleat-Caller: spiffe://mesh.test/ns/shop/sa/agent',
  'X-Forwarded-Proto: https',
  'Cleat-Binding: x5t#S256',
  `Cleat-Request-Id: ${requestId}`,
];

const IDENTITY_NAMES = [...PROTECTED_NAMES].filter(([, protection]) => protection === 'identity').map(([name]) => name);

describe('what a route asks for', () => {
  const linesFor = (asked: object): readonly string[] =>
    linesOf(headForApp(permit, headOf(), { block, requestId, forwardToken: false, ...asked }));

  it('is not there unless it asks', () => {
    for (const line of linesFor({ claims: false })) expect(line).to.not.match(/^Cleat-Claims/);
  });

  it('is the verified claims, as base64url JSON', () => {
    const line = linesFor({ claims: true }).find((one) => one.startsWith('Cleat-Claims: ')) ?? '';
    const claims: unknown = JSON.parse(Buffer.from(line.slice('Cleat-Claims: '.length), 'base64url').toString());
    expect(claims).to.deep.equal(permit.caller.token?.claims);
  });
});

describe('headForApp()', () => {
  for (const name of [...IDENTITY_NAMES, ...IDENTITY_PREFIXES.map((prefix) => `${prefix}anything`)]) {
    it(`A-261 strips ${name} of the client, in any case`, () => {
      const forged = [name, name.toUpperCase()].map((one) => fieldOf(one, 'forged'));
      expect(forApp(forged)).to.deep.equal(['GET /payments/1?x=1 HTTP/1.1', 'Host: payments.shop', ...OURS]);
    });
  }

  for (const name of [
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Port',
    'X-Real-IP',
    'X_Forwarded_For',
    'x.forwarded.host',
    'X-Real_IP',
  ]) {
    it(`A-263 strips ${name} of the client`, () => {
      expect(forApp([fieldOf(name, '10.0.0.1')]).slice(2)).to.deep.equal(OURS);
    });
  }

  for (const name of [
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authorization',
    'TE',
    'Trailer',
    'Upgrade',
    'Proxy',
    'Expect',
  ]) {
    it(`A-258 A-259 leaves out ${name}`, () => {
      expect(forApp([fieldOf(name, 'x-hop')]).slice(2)).to.deep.equal(OURS);
    });
  }

  it('A-258 leaves out what Connection names', () => {
    const fields = [fieldOf('Connection', 'x-hop, close'), fieldOf('X-Hop', '1'), fieldOf('X-Kept', '2')];
    expect(forApp(fields).slice(2)).to.deep.equal(['X-Kept: 2', ...OURS]);
  });

  it('removes Authorization, unless the route forwards it', () => {
    const fields = [fieldOf('Authorization', 'Bearer a.b.c')];
    expect(forApp(fields).slice(2)).to.deep.equal(OURS);
    expect(forApp(fields, true).slice(2)).to.deep.equal(['Authorization: Bearer a.b.c', ...OURS]);
  });

  it('A-262 lets ordinary fields, trace context and __proto__ through as they came', () => {
    const fields = [
      fieldOf('traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'),
      fieldOf('tracestate', 'a=b'),
      fieldOf('__proto__', 'x'),
      fieldOf('Txn-Token', 'opaque'),
      fieldOf('Workload-Identity-Token', 'opaque'),
      fieldOf('Accept', '*/*'),
      fieldOf('Fresh', '1'),
    ];
    const lines = forApp(fields).slice(2);
    expect(lines).to.deep.equal([...fields.map(({ name, value }) => `${name}: ${value}`), ...OURS]);
  });

  it('writes the framing that was judged, and Host once', () => {
    const lengths = [fieldOf('Host', 'payments.shop'), fieldOf('Content-Length', '5')];
    const lines = forApp(lengths, false, { method: 'POST', framing: { kind: 'length', length: 5 } });
    expect(lines.filter((line) => /^(host|content-length):/i.test(line))).to.deep.equal([
      'Host: payments.shop',
      'Content-Length: 5',
    ]);
  });

  it('A-265 throws rather than write text that ends a line', () => {
    for (const value of ['a\r\nCleat-Caller: x', 'a\n', 'a\0']) {
      expect(() => forApp([fieldOf('X-A', value)])).to.throw('BUG_UNEXPECTED');
    }
    expect(() => forApp([], false, { host: 'a\r\nb' })).to.throw('BUG_UNEXPECTED');
  });
});

describe('identityBlock()', () => {
  it('A-265 is made of parsed identities and encodings alone: four lines', () => {
    const hostile = peerOf('/ns/shop/sa/agent', { der: Buffer.from('\r\nCleat-Caller: forged\r\n') });
    expect(identityBlock(own, hostile).split('\r\n')).to.have.length(5);
  });
});

describe('headForUpstream()', () => {
  const token = 'aaa.bbb.ccc';

  it('A-604 puts the bound token in the place of any that the app sent', () => {
    const fields = [
      fieldOf('Authorization', 'Bearer of-the-app'),
      fieldOf('authorization', 'Basic x'),
      fieldOf('X-Api-Key', 'of-the-app'),
      fieldOf('DPoP', 'a.b.c'),
      fieldOf('Accept', '*/*'),
    ];
    expect(linesOf(headForUpstream(headOf({ fields }), token))).to.deep.equal([
      'GET /payments/1?x=1 HTTP/1.1',
      'Host: payments.shop',
      'Accept: */*',
      `Authorization: Bearer ${token}`,
    ]);
  });

  it('A-261 strips identity names of the app too', () => {
    const lines = linesOf(
      headForUpstream(headOf({ fields: IDENTITY_NAMES.map((name) => fieldOf(name, 'forged')) }), token),
    );
    expect(lines).to.have.length(3);
  });
});

import { expect } from 'chai';

import { Fault } from '../../../../core/fault/fault.ts';
import type { Code } from '../../../../core/fault/catalog.ts';
import { endsConnection, writeAnswer } from '../../../../sidecar/forward/answer.ts';
import { writeRequestHead, type OutgoingHead } from '../../../../sidecar/forward/head-writer.ts';
import { factsOf } from '../../../../sidecar/http/protected-names.ts';
import type { Field } from '../../../../sidecar/http/request.ts';
import { readRequest } from '../http/heads.ts';

const field = (name: string, value: string): Field => ({ name, lower: name.toLowerCase(), value });
const HEAD: OutgoingHead = { method: 'GET', target: '/', host: 'a', fields: [], framing: { kind: 'none' } };
const write = (change: Partial<OutgoingHead>): string => writeRequestHead({ ...HEAD, ...change });

describe('writeRequestHead()', () => {
  const breakers: readonly (readonly [string, Partial<OutgoingHead>])[] = [
    ...['\r', '\n', '\r\n', '\0', '\x7f', '\xa0', '\u2028', '\u010a'].flatMap(
      (odd): [string, Partial<OutgoingHead>][] => [
        ['a method', { method: `GE${odd}T` }],
        ['a target', { target: `/${odd}` }],
        ['a host', { host: `a${odd}` }],
        ['a field name', { fields: [field(`X${odd}`, '1')] }],
        ['a field value', { fields: [field('X', `1${odd}Y: 2`)] }],
      ],
    ),
    ['a space in a target', { target: '/ HTTP/1.1' }],
    ['an empty method', { method: '' }],
    ['an empty field name', { fields: [field('', '1')] }],
    ['a colon in a field name', { fields: [field('X:', '1')] }],
  ];
  for (const [what, change] of breakers) {
    it(`A-265 throws BUG_UNEXPECTED rather than write ${what} of ${JSON.stringify(Object.values(change)[0])}`, () => {
      expect(() => write(change)).to.throw(Fault, 'BUG_UNEXPECTED');
    });
  }

  it('A-258 A-259 leaves out what ends at this hop, what Connection names, and Proxy', () => {
    const fields = [
      'Keep-Alive',
      'Proxy-Connection',
      'TE',
      'Trailer',
      'Upgrade',
      'Expect',
      'Proxy',
      'Proxy-Authorization',
    ]
      .concat(['Host', 'Content-Length', 'Transfer-Encoding', 'X-Mine', 'x-other'])
      .map((name) => field(name, 'x'));
    const connection = [field('Connection', 'close,  X-Mine'), field('Connection', 'X-Other')];
    expect(write({ fields: [...fields, ...connection, field('Cookie', 'c')] })).to.equal(
      'GET / HTTP/1.1\r\nHost: a\r\nCookie: c\r\n\r\n',
    );
  });

  it('writes the one framing field of the body', () => {
    expect(write({ framing: { kind: 'length', length: 5 } })).to.match(/\r\nContent-Length: 5\r\n\r\n$/);
    expect(write({ framing: { kind: 'chunked' } })).to.match(/\r\nTransfer-Encoding: chunked\r\n\r\n$/);
  });

  it('writes a head that reads as it was written', () => {
    const fields = [field('Accept', '*/*'), field('X-Empty', ''), field('Cookie', 'a="b"; c')];
    const read = readRequest(writeRequestHead({ ...HEAD, method: 'POST', target: '/a%20b?c', fields }));
    expect(read).to.deep.include({ ok: true });
    expect(read !== 'more' && read.ok && read.value).to.deep.include({
      method: 'POST',
      target: '/a%20b?c',
      fields: [field('Host', 'a'), ...fields].map((one) => ({ facts: factsOf(one.name), ...one })),
    });
  });
});

describe('writeAnswer()', () => {
  it('gives no body in the answer to HEAD, and its length all the same', () => {
    const text = writeAnswer({ code: 'POLICY_NO_RULE', method: 'HEAD', fields: [], close: true, now: 0 }).toString();
    expect(text).to.match(/Content-Length: 12\r\nConnection: close\r\n\r\n$/);
  });

  it('A-445 ends the connection after whatever leaves a doubt about the next byte, the peer or its certificate', () => {
    const codes = ['REQUEST_HEAD', 'REQUEST_VERSION', 'REQUEST_BODY', 'LIMIT_TIMEOUT', 'PEER_EXPIRED', 'BINDING_NEWER'];
    for (const code of codes as Code[]) expect(endsConnection(code), code).to.equal(true);
    for (const code of [
      'TOKEN_ABSENT',
      'BINDING_MISMATCH',
      'POLICY_NO_RULE',
      'UPSTREAM_RESPONSE',
      'UPSTREAM_UNKNOWN',
    ] as const)
      expect(endsConnection(code), code).to.equal(false);
  });
});

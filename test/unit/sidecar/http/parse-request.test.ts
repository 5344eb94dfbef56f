import { expect } from 'chai';

import { factsOf } from '../../../../sidecar/http/protected-names.ts';
import { codeOf, get, head, post, readRequest } from './heads.ts';

interface Row {
  readonly id: string;
  readonly what: string;
  readonly text: string;
  readonly code: string;
}

const row = (id: string, what: string, text: string, code: string): Row => ({ id, what, text, code });
const CHUNKED = 'Transfer-Encoding: chunked';

const FRAMING: readonly Row[] = [
  row('A-201', 'length then chunked', post('Content-Length: 6', CHUNKED), 'REQUEST_FRAMING'),
  row('A-202', 'chunked then length', post(CHUNKED, 'Content-Length: 6'), 'REQUEST_FRAMING'),
  row('A-204', 'two different lengths', post('Content-Length: 5', 'Content-Length: 6'), 'REQUEST_FRAMING'),
  row('A-205', 'two equal lengths', post('Content-Length: 5', 'content-length: 5'), 'REQUEST_FRAMING'),
  row('A-206', 'a list of lengths', post('Content-Length: 5, 5'), 'REQUEST_FRAMING'),
  ...['+5', '-5', '0x5', '5a', 'a5', '5 5', '010', '00', '1_0', '', '5;', '5,', '1e3', '5.0', "'5'"].map((value) =>
    row('A-207 to A-213', `Content-Length: ${value}`, post(`Content-Length: ${value}`), 'REQUEST_FRAMING'),
  ),
  ...['9007199254740992', '9223372036854775808', '18446744073709551621', '1000000000000000'].map((value) =>
    row('A-214', `Content-Length: ${value}`, post(`Content-Length: ${value}`), 'REQUEST_FRAMING'),
  ),
  ...['GET', 'HEAD', 'OPTIONS'].flatMap((method) =>
    ['Content-Length: 5', 'Content-Length: 0', CHUNKED].map((field) =>
      row('A-215', `${field} on ${method}`, head(`${method} / HTTP/1.1`, 'Host: a', field), 'REQUEST_FRAMING'),
    ),
  ),
  row('A-203', 'two Transfer-Encoding lines', post(CHUNKED, 'Transfer-Encoding: identity'), 'REQUEST_FRAMING'),
  ...['identity', 'gzip, chunked', 'chunked, chunked', 'chunked;q=1', ',chunked', 'chunked,', '"chunked"', 'chunkedX']
    .concat(['xchunked', 'chunked\tx', 'chunk', '', 'cow', 'chunked chunked', "'chunked'"])
    .map((value) =>
      row('A-219', `Transfer-Encoding: ${value}`, post(`Transfer-Encoding: ${value}`), 'REQUEST_FRAMING'),
    ),
  ...['Transfer-Encoding: chunked\t', 'Transfer-Encoding:\tchunked', 'Content-Length: 5 \t', 'Content-Length: \t5'].map(
    (line) => row('A-203 A-219', `a tab around: ${line}`, post(line), 'REQUEST_FRAMING'),
  ),
  row('A-253', 'a tab around Host', head('GET / HTTP/1.1', 'Host: a\t'), 'REQUEST_HOST'),
  row('A-219', 'a folded value', post('Transfer-Encoding:', ' chunked'), 'REQUEST_HEAD'),
  ...[0x0b, 0x0c, 0x85, 0xa0].map((byte) =>
    row('A-219', `byte ${byte} behind`, post(`${CHUNKED}${String.fromCharCode(byte)}`), 'REQUEST_HEAD'),
  ),
  row('A-233', 'a space before the colon', post('Transfer-Encoding : chunked'), 'REQUEST_HEAD'),
  row('A-233', 'a tab before the colon', post('Content-Length\t: 5'), 'REQUEST_HEAD'),
];

const LINES: readonly Row[] = [
  ...['get', 'Get', 'XGET', 'GETX', 'CONNECTX', 'PRI', 'PROPFIND', 'TRACE'].map((method) =>
    row('A-241', `method ${method}`, head(`${method} / HTTP/1.1`, 'Host: a'), 'REQUEST_METHOD_UNKNOWN'),
  ),
  ...['', '"GET"', 'G(T', '[GET]'].map((method) =>
    row('A-241', `method ${method}`, head(`${method} / HTTP/1.1`, 'Host: a'), 'REQUEST_HEAD'),
  ),
  row('A-242', 'two spaces before the target', head('GET  / HTTP/1.1', 'Host: a'), 'REQUEST_TARGET'),
  row('A-242', 'two spaces behind the target', head('GET /  HTTP/1.1', 'Host: a'), 'REQUEST_TARGET'),
  row('A-242', 'a space behind the version', head('GET / HTTP/1.1 ', 'Host: a'), 'REQUEST_HEAD'),
  row('A-242', 'a space before the method', head(' GET / HTTP/1.1', 'Host: a'), 'REQUEST_HEAD'),
  row('A-242', 'a tab', head('GET\t/ HTTP/1.1', 'Host: a'), 'REQUEST_HEAD'),
  ...['HTTP/1.2', 'HTTP/01.1', 'HTTP/2.0', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/1.1x', 'HTTP/11', 'HTTP/1.10'].map((version) =>
    row('A-243', version, head(`GET / ${version}`, 'Host: a'), 'REQUEST_VERSION'),
  ),
  row('A-218', 'chunked on HTTP/1.0', head('POST / HTTP/1.0', 'Host: a', CHUNKED), 'REQUEST_VERSION'),
  row('A-243', 'PRI of HTTP/2', head('PRI * HTTP/2.0'), 'REQUEST_METHOD_UNKNOWN'),
  row('A-243', 'HTTP/0.9', head('GET /', 'Host: a'), 'REQUEST_HEAD'),
  row('A-243', 'http/1.1', head('GET / http/1.1', 'Host: a'), 'REQUEST_HEAD'),
  row('A-245', 'authority-form', head('GET a:80 HTTP/1.1', 'Host: a:80'), 'REQUEST_TARGET'),
  row('A-246', 'CONNECT', head('CONNECT a:443 HTTP/1.1', 'Host: a:443'), 'REQUEST_METHOD_UNKNOWN'),
  row('A-247', '* with GET', head('GET * HTTP/1.1', 'Host: a'), 'REQUEST_TARGET'),
  row('A-247', '*x with OPTIONS', head('OPTIONS *x HTTP/1.1', 'Host: a'), 'REQUEST_TARGET'),
  row('A-248', 'a space in the target', head('GET /a b HTTP/1.1', 'Host: a'), 'REQUEST_TARGET'),
];

const HOSTS: readonly Row[] = [
  row('A-250', 'two Hosts', get('Host: a'), 'REQUEST_HOST'),
  row('A-250', 'two Hosts, one in capitals', get('HOST: b'), 'REQUEST_HOST'),
  row('A-251', 'no Host', head('GET / HTTP/1.1'), 'REQUEST_HOST'),
  ...['', 'a/b', 'a@b', 'a:b', 'a:b:c', 'a,b', 'a b', 'a:', ':80', 'a:0', 'a:65536', 'a:123456', 'a?b', 'a%41', 'a\\b']
    .concat(['[::1', '::1', '[::1]x', '[a.b]', '[]', '[::g]', 'a;b', 'a"', 'x'.repeat(256)])
    .map((host) =>
      row('A-252 A-253', `Host: ${host.slice(0, 20)}`, head('GET / HTTP/1.1', `Host: ${host}`), 'REQUEST_HOST'),
    ),
  row('A-244 A-254', 'another host', head('GET https://b/ HTTP/1.1', 'Host: a'), 'REQUEST_HOST'),
  row('A-244 A-254', 'another port', head('GET https://a:1/ HTTP/1.1', 'Host: a'), 'REQUEST_HOST'),
  row('A-244 A-254', 'a user', head('GET https://u@a/ HTTP/1.1', 'Host: a'), 'REQUEST_HOST'),
  row('A-244', 'another scheme', head('GET http://a/ HTTP/1.1', 'Host: a'), 'REQUEST_TARGET'),
  row('A-244', 'a foreign scheme', head('GET gopher://a/ HTTP/1.1', 'Host: a'), 'REQUEST_TARGET'),
];

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const upgrade = (...fields: readonly string[]): string => get('Connection: Upgrade', ...fields);

const UPGRADES: readonly Row[] = [
  ...['h2c', 'H2C', 'HTTP/2.0', 'http/1.1', 'websocket, h2c', 'websocket, x', 'a b', 'a/b/c', '/1', 'a/', ''].map(
    (value) => row('A-279', `Upgrade: ${value}`, upgrade(`Upgrade: ${value}`, KEY), 'REQUEST_FIELD'),
  ),
  row('A-279', 'Upgrade twice', upgrade('Upgrade: x', 'Upgrade: x'), 'REQUEST_FIELD'),
  row('A-279', 'Upgrade that Connection does not name', get('Connection: close', 'Upgrade: x'), 'REQUEST_FIELD'),
  row('A-279', 'a WebSocket without a key', upgrade('Upgrade: websocket'), 'REQUEST_FIELD'),
  row('A-279', 'a WebSocket with two keys', upgrade('Upgrade: websocket', KEY, KEY), 'REQUEST_FIELD'),
  ...['', 'dGhlIHNhbXBsZSBub25jZQ', 'dGhlIHNhbXBsZSBub25jZR==', 'dGhlIHNhbXBsZSBub25j', '!GhlIHNhbXBsZSBub25jZQ=='].map(
    (key) => row('A-279', `a key ${key}`, upgrade('Upgrade: websocket', `Sec-WebSocket-Key: ${key}`), 'REQUEST_FIELD'),
  ),
  row(
    'A-279',
    'a WebSocket by POST',
    head('POST / HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket', KEY),
    'REQUEST_FIELD',
  ),
  row(
    'A-279',
    'Upgrade with a length',
    post('Connection: upgrade', 'Upgrade: x', 'Content-Length: 5'),
    'REQUEST_FIELD',
  ),
  row('A-279', 'Upgrade with chunks', post('Connection: upgrade', 'Upgrade: x', CHUNKED), 'REQUEST_FIELD'),
  row(
    'A-279',
    'a WebSocket on HTTP/1.0',
    head('GET / HTTP/1.0', 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket', KEY),
    'REQUEST_VERSION',
  ),
];

const FIELDS: readonly Row[] = [
  row('A-255', 'two Authorization', get('Authorization: Bearer x', 'authorization: Bearer y'), 'TOKEN_DUPLICATE'),
  ...['Content-Length', 'Transfer-Encoding', 'Host', 'Authorization', 'X-Forwarded-Client-Cert', 'Cleat-Caller', 'x']
    .filter((name) => name !== 'x')
    .map((name) => row('A-257', `Connection: ${name}`, get(`Connection: ${name}`), 'REQUEST_FIELD')),
  ...['close, Cleat-Anything', 'SSL-Client-Verify', 'content_length', 'upgrade', 'Connection', 'expect', 'trailer'].map(
    (value) => row('A-257', `Connection: ${value}`, get(`Connection: ${value}`), 'REQUEST_FIELD'),
  ),
  ...['', ',', 'close,', 'clo se', 'close;x', '"close"'].map((value) =>
    row('A-257', `Connection: ${value}`, get(`Connection: ${value}`), 'REQUEST_FIELD'),
  ),
  row('A-257', 'two Connection lines', get('Connection: close', 'Connection: x'), 'REQUEST_FIELD'),
  ...['Transfer_Encoding', 'Content_Length', 'Transfer---Encoding', 'TransferEncoding', 'Content.Length', 'Ho-st']
    .concat(['X_Forwarded_Client_Cert', 'Cleat_Caller', 'CleatCaller', 'ssl_client_verify', 'Client_Cert', 'T-E'])
    .concat(['authorization_', 'X-ARR_ClientCert', 'X_SSL_Client_CN', 'l5d_client_id', 'up.grade'])
    .map((name) => row('A-260', `${name}:`, get(`${name}: 1`), 'REQUEST_FIELD')),
  row('A-261', 'an identity header twice', get('Cleat-Caller: x', 'cleat-caller: y'), 'REQUEST_FIELD'),
  row('-', 'Content-Type twice', get('Content-Type: a', 'Content-Type: b'), 'REQUEST_FIELD'),
  row('A-279', 'Upgrade: h2c', get('Connection: Upgrade', 'Upgrade: h2c'), 'REQUEST_FIELD'),
  row('A-279', 'Upgrade: websocket', get('Upgrade: websocket'), 'REQUEST_FIELD'),
  ...UPGRADES,
  ...['100-continue, x', '200-ok', '', '100-Continue;x', ' 100 - continue'].map((value) =>
    row('A-269', `Expect: ${value}`, post('Content-Length: 1', `Expect: ${value}`), 'REQUEST_EXPECTATION'),
  ),
  row('A-269', 'Expect twice', post('Expect: 100-continue', 'Expect: 100-continue'), 'REQUEST_FIELD'),
];

const SIZES: readonly Row[] = [
  row('A-239', 'a value of 64 KB', get(`X: ${'y'.repeat(65_536)}`), 'REQUEST_HEAD_TOO_LARGE'),
  row('A-239', 'a name of 64 KB', get(`${'y'.repeat(65_536)}: 1`), 'REQUEST_HEAD_TOO_LARGE'),
  row('A-239', '10,000 fields', get(...Array<string>(10_000).fill('X: 1')), 'REQUEST_HEAD_TOO_LARGE'),
  row('A-239', '101 fields', get(...Array<string>(100).fill('X: 1')), 'REQUEST_HEAD_TOO_LARGE'),
  row('A-240', 'a request line of 64 KB', head(`GET /${'x'.repeat(65_536)} HTTP/1.1`), 'REQUEST_TARGET_TOO_LONG'),
];

describe('parseRequest()', () => {
  for (const { id, what, text, code } of [...FRAMING, ...LINES, ...HOSTS, ...FIELDS, ...SIZES]) {
    it(`${id} refuses ${JSON.stringify(what)}`, () => {
      expect(codeOf(readRequest(text))).to.equal(code);
    });
  }

  it('gives the parts of a request as they came', () => {
    const text = head('POST /a//b;c?d=%2F&e HTTP/1.1', 'Host: A.example:8443', 'X-One:  1, 2 ', 'content-LENGTH: 12');
    expect(readRequest(text)).to.deep.equal({
      ok: true,
      value: {
        method: 'POST',
        target: '/a//b;c?d=%2F&e',
        path: '/a//b;c',
        query: 'd=%2F&e',
        host: 'A.example:8443',
        fields: [
          { facts: factsOf('Host'), name: 'Host', lower: 'host', value: 'A.example:8443' },
          { facts: factsOf('X-One'), name: 'X-One', lower: 'x-one', value: '1, 2' },
          { facts: factsOf('content-LENGTH'), name: 'content-LENGTH', lower: 'content-length', value: '12' },
        ],
        framing: { kind: 'length', length: 12 },
        upgrade: undefined,
        keepAlive: true,
        expectsContinue: false,
      },
    });
  });

  for (const host of [
    'a',
    'A-b_c.9',
    '127.0.0.1',
    '127.0.0.1:1',
    'a:65535',
    '[::1]',
    '[fe80::1]:80',
    'x'.repeat(255),
  ]) {
    it(`accepts Host: ${host.slice(0, 20)}`, () => {
      expect(readRequest(head('GET / HTTP/1.1', `Host: ${host}`))).to.have.nested.property('value.host', host);
    });
  }

  for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    it(`serves ${method}`, () => {
      expect(readRequest(head(`${method} /x HTTP/1.1`, 'Host: a'))).to.have.nested.property('value.method', method);
    });
  }

  it('reads the framing of a body', () => {
    const framing = (text: string): unknown => {
      const read = readRequest(text);
      return read !== 'more' && read.ok ? read.value.framing : read;
    };
    expect(framing(post())).to.deep.equal({ kind: 'none' });
    expect(framing(post('Content-Length: 0'))).to.deep.equal({ kind: 'length', length: 0 });
    expect(framing(post('Content-Length: 999999999999999'))).to.deep.equal({ kind: 'length', length: 999999999999999 });
    expect(framing(post('Transfer-Encoding:   Chunked '))).to.deep.equal({ kind: 'chunked' });
  });

  it('A-215 lets a body on GET through where the port allows it', () => {
    const read = readRequest(get('Content-Length: 5'), { bodyOnSafeMethods: true });
    expect(read).to.have.nested.property('value.framing.length', 5);
  });

  it('A-281 keeps the connection but after Connection: close', () => {
    expect(readRequest(get())).to.have.nested.property('value.keepAlive', true);
    expect(readRequest(get('Connection: Keep-Alive'))).to.have.nested.property('value.keepAlive', true);
    expect(readRequest(get('Connection: TE,\tCLOSE', 'TE: trailers'))).to.have.nested.property(
      'value.keepAlive',
      false,
    );
    expect(readRequest(get('Connection: close, X-Mine', 'X-Mine: 1'))).to.have.nested.property(
      'value.keepAlive',
      false,
    );
  });

  it('A-268 expects to continue only where a body follows', () => {
    const expects = 'value.expectsContinue';
    expect(readRequest(post('Content-Length: 1', 'Expect: 100-Continue'))).to.have.nested.property(expects, true);
    expect(readRequest(post('Transfer-Encoding: chunked', 'Expect: 100-continue'))).to.have.nested.property(
      expects,
      true,
    );
    expect(readRequest(post('Expect: 100-continue'))).to.have.nested.property(expects, false);
  });

  it('A-244 brings absolute-form of the same authority into origin-form', () => {
    const target = (line: string, host: string, scheme: 'http' | 'https' = 'https'): unknown => {
      const read = readRequest(head(line, `Host: ${host}`), { scheme });
      return read !== 'more' && read.ok ? [read.value.target, read.value.path, read.value.query] : codeOf(read);
    };
    expect(target('GET https://a/x?y HTTP/1.1', 'a')).to.deep.equal(['/x?y', '/x', 'y']);
    expect(target('GET HTTPS://A:8443 HTTP/1.1', 'a:8443')).to.deep.equal(['/', '/', undefined]);
    expect(target('GET https://a?q HTTP/1.1', 'a')).to.deep.equal(['/?q', '/', 'q']);
    expect(target('GET https://a?q=/r HTTP/1.1', 'a')).to.deep.equal(['/?q=/r', '/', 'q=/r']);
    expect(target('GET https://a/x?q=/r HTTP/1.1', 'a')).to.deep.equal(['/x?q=/r', '/x', 'q=/r']);
    expect(target('GET http://a/ HTTP/1.1', 'a', 'http')).to.deep.equal(['/', '/', undefined]);
    expect(target('GET https://a/ HTTP/1.1', 'a', 'http')).to.equal('REQUEST_TARGET');
  });

  it('A-247 accepts * for OPTIONS', () => {
    expect(readRequest(head('OPTIONS * HTTP/1.1', 'Host: a'))).to.have.nested.property('value.path', '*');
  });

  it('A-262 takes fields named after object members as ordinary bytes', () => {
    const read = readRequest(get('__proto__: 1', 'constructor: 2', 'toString: 3'));
    expect(read).to.have.nested.property('value.fields.length', 4);
    expect(read).to.have.nested.property('value.fields[1].value', '1');
  });

  it('accepts one identity header, for the strip function to take away', () => {
    expect(codeOf(readRequest(get('Cleat-Caller: spiffe://x/y', 'SSL-Client-Verify: SUCCESS')))).to.equal('ok');
  });

  it('accepts an ordinary field twice, and what only looks a little like a protected name', () => {
    expect(codeOf(readRequest(get('Cookie: a', 'Cookie: b')))).to.equal('ok');
    for (const name of ['Content-Length2', 'X-Host', 'Hosts', 'Tea', 'Authorizations', 'Content-Encoding', '-'])
      expect(codeOf(readRequest(get(`${name}: 1`))), name).to.equal('ok');
  });
});

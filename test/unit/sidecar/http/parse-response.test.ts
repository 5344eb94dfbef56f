import { expect } from 'chai';

import { codeOf, head, readResponse } from './heads.ts';

const ok = (...fields: readonly string[]): string => head('HTTP/1.1 200 OK', ...fields);

describe('parseResponse()', () => {
  const refused: readonly (readonly [string, string, string])[] = [
    ['A-275', 'length and chunked', ok('Content-Length: 5', 'Transfer-Encoding: chunked')],
    ['A-275', 'two lengths', ok('Content-Length: 5', 'Content-Length: 5')],
    ['A-275', 'a list of codings', ok('Transfer-Encoding: gzip, chunked')],
    ['A-275', 'a tab behind chunked', ok('Transfer-Encoding: chunked\t')],
    ['A-275', 'a twin of a framing name', ok('Content_Length: 5')],
    ['A-275', 'chunked on HTTP/1.0', head('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked')],
    ['A-273', '204 with a length', head('HTTP/1.1 204 No Content', 'Content-Length: 5')],
    ['A-273', '204 with length 0', head('HTTP/1.1 204 No Content', 'Content-Length: 0')],
    ['A-272', '204 chunked', head('HTTP/1.1 204 No Content', 'Transfer-Encoding: chunked')],
    ['A-272', '103 with a length', head('HTTP/1.1 103 Early Hints', 'Content-Length: 5')],
    ['A-276', '101 that nobody asked for', head('HTTP/1.1 101 Switching Protocols', 'Upgrade: x')],
    ['A-257', 'Connection that names a framing field', ok('Connection: Content-Length', 'Content-Length: 1')],
    ['A-257', 'Connection that is no list', ok('Connection: a b')],
    ['A-228', 'a bare line feed', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['A-231', 'a folded line', ok('X: 1', ' 2')],
    ['A-236', 'a control byte in a value', ok('X: \x01')],
    ['A-237', 'a byte above ASCII in a value', ok('X: \xe9')],
    ...['HTTP/1.2', 'HTTP/2', 'HTTP/0.9', 'ICY', 'http/1.1'].map(
      (version) => ['-', version, head(`${version} 200 OK`)] as const,
    ),
    ...['20', '2000', '099', '600', '2 0', '+20', '2e1', '0x9', '', ' 20'].map(
      (status) => ['-', `status ${JSON.stringify(status)}`, head(`HTTP/1.1 ${status} OK`)] as const,
    ),
    ['-', 'no space behind the version', head('HTTP/1.1\t200 OK')],
    ['-', 'a reason at once', head('HTTP/1.1 200OK')],
  ];
  for (const [id, what, text] of refused) {
    it(`${id} refuses ${what}`, () => {
      expect(codeOf(readResponse(text))).to.equal('UPSTREAM_RESPONSE');
    });
  }

  it('A-254 refuses no other bytes in a reason than those of a field value', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      const isFine = byte >= 0x20 && byte <= 0x7e;
      const code = codeOf(readResponse(head(`HTTP/1.1 200 a${String.fromCharCode(byte)}b`)));
      expect(code, `byte ${byte}`).to.equal(isFine ? 'ok' : 'UPSTREAM_RESPONSE');
    }
  });

  const framing: readonly (readonly [string, string, string, unknown])[] = [
    ['a length', 'GET', ok('Content-Length: 5'), { kind: 'length', length: 5 }],
    ['chunks', 'POST', ok('Transfer-Encoding: chunked'), { kind: 'chunked' }],
    ['the end of the connection', 'GET', ok(), { kind: 'close' }],
    ['nothing after HEAD', 'HEAD', ok('Content-Length: 5'), { kind: 'none' }],
    ['nothing after HEAD of unknown length', 'HEAD', ok(), { kind: 'none' }],
    ['nothing with 304', 'GET', head('HTTP/1.1 304 Not Modified', 'Content-Length: 5'), { kind: 'none' }],
    ['nothing with 204', 'GET', head('HTTP/1.1 204 No Content'), { kind: 'none' }],
    ['nothing with 100', 'GET', head('HTTP/1.1 100 Continue'), { kind: 'none' }],
  ];
  for (const [what, method, text, expected] of framing) {
    it(`A-288 ends a body by ${what}`, () => {
      const read = readResponse(text, { method });
      expect(read !== 'more' && read.ok ? read.value.framing : read).to.deep.equal(expected);
    });
  }

  it('keeps what the fields of an answer to HEAD declare', () => {
    expect(readResponse(ok('Content-Length: 5'), { method: 'HEAD' })).to.have.nested.property(
      'value.declared.length',
      5,
    );
  });

  it('A-070 refuses an answer that only a close would end, where a cut looks the same', () => {
    expect(codeOf(readResponse(ok(), { closeDelimited: false }))).to.equal('UPSTREAM_RESPONSE');
    expect(codeOf(readResponse(ok('Content-Length: 0'), { closeDelimited: false }))).to.equal('ok');
  });

  it('says whether the connection may be used again', () => {
    const keepAlive = (text: string): unknown => {
      const read = readResponse(text);
      return read !== 'more' && read.ok && read.value.keepAlive;
    };
    expect(keepAlive(ok('Content-Length: 0'))).to.equal(true);
    expect(keepAlive(ok('Content-Length: 0', 'Connection: keep-alive'))).to.equal(true);
    expect(keepAlive(ok('Content-Length: 0', 'Connection: Close'))).to.equal(false);
    expect(keepAlive(ok('Content-Length: 0', 'Connection: x', 'Connection: close'))).to.equal(false);
    expect(keepAlive(ok())).to.equal(false);
    expect(keepAlive(head('HTTP/1.0 200 OK', 'Content-Length: 0', 'Connection: keep-alive'))).to.equal(false);
  });

  it('takes a status line with an empty reason or none, and an offer to upgrade', () => {
    expect(readResponse(head('HTTP/1.1 200 '))).to.have.nested.property('value.reason', '');
    expect(readResponse(head('HTTP/1.1 200'))).to.have.nested.property('value.reason', '');
    expect(codeOf(readResponse(ok('Connection: Upgrade', 'Upgrade: h2,h2c')))).to.equal('ok');
    expect(codeOf(readResponse(ok('Set-Cookie: a', 'Set-Cookie: b')))).to.equal('ok');
  });
});

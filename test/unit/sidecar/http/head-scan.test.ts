import { expect } from 'chai';

import { HeadScanner } from '../../../../sidecar/http/head-scan.ts';
import { codeOf, head, readRequest, requestInParts } from './heads.ts';

const BYTES = Array.from({ length: 256 }, (_, byte) => byte);

/** Which bytes make the whole head acceptable when they stand where the mark is. */
function accepted(template: string): readonly number[] {
  const [before = '', after = ''] = template.split('\u0001');
  return BYTES.filter((byte) => codeOf(readRequest(`${before}${String.fromCharCode(byte)}${after}`)) === 'ok');
}

const matching = (pattern: RegExp): readonly number[] =>
  BYTES.filter((byte) => pattern.test(String.fromCharCode(byte)));

const TCHAR = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/;
const VALUE = /^[\t -~]$/;

describe('HeadScanner', () => {
  it('A-233 A-236 A-237 takes in a field name the bytes of a token and no other', () => {
    expect(accepted(head('GET / HTTP/1.1', 'Host: a', 'X\u0001Y: 1'))).to.deep.equal(
      [...matching(TCHAR), 0x3a].sort((a, b) => a - b),
    );
  });

  it('A-232 A-235 takes as the first byte of a field the bytes of a token and no other', () => {
    expect(accepted(head('GET / HTTP/1.1', 'Host: a', '\u0001Y: 1'))).to.deep.equal(matching(TCHAR));
  });

  it('A-236 A-237 takes in a field value visible ASCII, space and tab and no other', () => {
    for (const line of ['X: a\u0001b', 'X:\u0001b', 'X: a\u0001', 'X:\u0001'])
      expect(accepted(head('GET / HTTP/1.1', 'Host: a', line)), line).to.deep.equal(matching(VALUE));
  });

  it('A-229 A-230 takes behind CR a line feed and no other', () => {
    for (const template of [
      'GET / HTTP/1.1\r\u0001Host: a\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\u0001\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\n\r\u0001',
    ])
      expect(accepted(template), template).to.deep.equal([0x0a]);
  });

  it('A-228 takes no bare line feed at the end of any line', () => {
    for (const text of [
      'GET / HTTP/1.1\nHost: a\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\n\n',
      'GET / HTTP/1.1\nHost: a\n\n',
      '\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
    ])
      expect(codeOf(readRequest(text)), JSON.stringify(text)).to.equal('REQUEST_HEAD');
  });

  it('A-231 refuses a folded line', () => {
    for (const space of [' ', '\t'])
      expect(codeOf(readRequest(head('GET / HTTP/1.1', 'Host: a', 'X: 1', `${space}2`)))).to.equal('REQUEST_HEAD');
  });

  it('A-234 refuses a line without a colon', () => {
    expect(codeOf(readRequest(head('GET / HTTP/1.1', 'Host: a', 'Xyz')))).to.equal('REQUEST_HEAD');
  });

  it('A-238 forgives one empty line before the request, and not a second', () => {
    const text = head('GET / HTTP/1.1', 'Host: a');
    expect(codeOf(readRequest(`\r\n${text}`))).to.equal('ok');
    expect(codeOf(readRequest(`\r\n\r\n${text}`))).to.equal('REQUEST_HEAD');
    expect(codeOf(readRequest(`\r${text}`))).to.equal('REQUEST_HEAD');
  });

  it('takes in the request line visible ASCII and no other, and blames the target behind the first space', () => {
    for (const byte of BYTES.filter((byte) => (byte < 0x20 || byte > 0x7e) && byte !== 0x0d)) {
      const odd = String.fromCharCode(byte);
      expect(codeOf(readRequest(head(`G${odd}T / HTTP/1.1`, 'Host: a')))).to.equal('REQUEST_HEAD');
      const code = codeOf(readRequest(head(`GET /${odd} HTTP/1.1`, 'Host: a')));
      expect(code, `byte ${byte}`).to.equal(byte === 0x0a ? 'REQUEST_HEAD' : 'REQUEST_TARGET');
    }
  });

  it('A-554 gives the same verdict wherever the bytes are cut in two, and byte by byte', () => {
    const cases = [
      head('POST /a?b=c HTTP/1.1', 'Host: a', 'X:  1 \t ', 'Content-Length: 5', 'Y:'),
      `\r\n${head('GET / HTTP/1.1', 'Host: a')}`,
      head('GET / HTTP/1.1', 'Host: a', 'X: \x00'),
      head('GET / HTTP/1.1', 'Host: a', ' X: 1'),
      'GET / HTTP/1.1\r\nHost: a\r\n',
    ];
    for (const text of cases) {
      const bytes = Buffer.from(text, 'latin1');
      const whole = readRequest(bytes);
      for (let at = 0; at <= bytes.length; at += 1)
        expect(requestInParts([bytes.subarray(0, at), bytes.subarray(at)]), `cut at ${at}`).to.deep.equal(whole);
      expect(requestInParts([...bytes].map((byte) => Buffer.from([byte])))).to.deep.equal(whole);
    }
  });

  it('goes on where it stopped when the head moves to another buffer', () => {
    const bytes = Buffer.from(head('GET / HTTP/1.1', 'Host: a', 'X: 12345'), 'latin1');
    const scanner = new HeadScanner({ headBytes: 100, fields: 10 }, 'head');
    expect(scanner.scan(bytes, 0, 20)).to.equal('more');
    const moved = Buffer.concat([Buffer.from('rest of the last body'), bytes, Buffer.from('next')]);
    expect(scanner.scan(moved, 21, moved.length)).to.equal('done');
    expect(scanner.length).to.equal(bytes.length);
    const [nameStart = 0, nameEnd = 0, valueStart = 0, valueEnd = 0] = scanner.marks.slice(4);
    expect(bytes.toString('latin1', nameStart, nameEnd)).to.equal('X');
    expect(bytes.toString('latin1', valueStart, valueEnd)).to.equal('12345');
  });

  it('is inside a head from its first byte to its last', () => {
    const bytes = Buffer.from(head('GET / HTTP/1.1', 'Host: a'), 'latin1');
    const scanner = new HeadScanner({ headBytes: 100, fields: 10 }, 'head');
    expect(scanner.isInside).to.equal(false);
    scanner.scan(bytes, 0, 1);
    expect(scanner.isInside).to.equal(true);
    scanner.scan(bytes, 0, bytes.length);
    expect(scanner.isInside).to.equal(false);
    scanner.reset();
    expect(scanner.isInside).to.equal(false);
  });

  describe('limits', () => {
    const limits = { headBytes: 60, startLineBytes: 30, fields: 2 };
    const verdict = (text: string): string => {
      const scanner = new HeadScanner(limits, 'head');
      const bytes = Buffer.from(text, 'latin1');
      const result = scanner.scan(bytes, 0, bytes.length);
      return result === 'refused' ? scanner.problem : result;
    };

    it('A-240 takes a start line of exactly the limit with its CRLF, and none that is a byte longer', () => {
      const line = (length: number): string => `GET /${'x'.repeat(length - 5 - 9 - 2)} HTTP/1.1`;
      expect(verdict(head(line(30), 'Host: a'))).to.equal('done');
      expect(verdict(head(line(31), 'Host: a'))).to.equal('line-too-long');
      expect(verdict(`\r\n${head(line(30), 'Host: a')}`)).to.equal('done');
      expect(verdict('x'.repeat(29))).to.equal('more');
      expect(verdict('x'.repeat(30))).to.equal('line-too-long');
    });

    it('A-239 takes a head of exactly the limit, and none that is a byte longer', () => {
      const text = (length: number): string => head('GET / HTTP/1.1', `X: ${'y'.repeat(length - 16 - 3 - 4)}`);
      expect(text(60)).to.have.lengthOf(60);
      expect(verdict(text(60))).to.equal('done');
      expect(verdict(text(61))).to.equal('too-large');
      expect(verdict(text(1_000))).to.equal('too-large');
    });

    it('A-239 takes as many fields as the limit says, and none more', () => {
      expect(verdict(head('GET / HTTP/1.1', 'A: 1', 'B: 2'))).to.equal('done');
      expect(verdict(head('GET / HTTP/1.1', 'A: 1', 'B: 2', 'C: 3'))).to.equal('too-many-fields');
    });

    it('gives the same verdict on what is too large however it comes', () => {
      const text = head('GET / HTTP/1.1', `X: ${'y'.repeat(50)}`, 'Z: \x00');
      const bytes = Buffer.from(text, 'latin1');
      for (let at = 1; at < 61; at += 1) {
        const scanner = new HeadScanner(limits, 'head');
        const first = scanner.scan(bytes, 0, at);
        const last = first === 'more' ? scanner.scan(bytes, 0, bytes.length) : first;
        expect(`${last} ${scanner.problem}`, `cut at ${at}`).to.equal('refused too-large');
      }
    });
  });
});

import { expect } from 'chai';

import { createBodyReader, encodeBody } from '../../../../sidecar/http/body.ts';
import { HTTP_LIMITS } from '../../../../sidecar/http/limits.ts';
import type { ResponseFraming } from '../../../../sidecar/http/response.ts';
import { bytesOf } from './heads.ts';

interface Reading {
  readonly state: string;
  readonly data: string;
  /** What was left for the next message. */
  readonly rest: string;
}

/** Reads the text in parts of this size. */
function read(framing: ResponseFraming, text: string, size = Number.POSITIVE_INFINITY): Reading {
  const reader = createBodyReader(framing, HTTP_LIMITS);
  const bytes = bytesOf(text);
  const data: Buffer[] = [];
  let at = 0;
  while (at < bytes.length && reader.state === 'open') {
    const part = bytes.subarray(at, Math.min(bytes.length, at + size));
    at += reader.read(part, 0, data);
  }
  const rest = reader.state === 'broken' ? '' : bytes.toString('latin1', at);
  return { state: reader.state, data: reader.state === 'broken' ? '' : Buffer.concat(data).toString('latin1'), rest };
}

const CHUNKED: ResponseFraming = { kind: 'chunked' };
const BROKEN: Reading = { state: 'broken', data: '', rest: '' };

describe('a chunked body', () => {
  const refused: readonly (readonly [string, string])[] = [
    ...['0x5', '+5', '-5', '5_0', ' 5', '5 ', '\t5', '', 'g', '000000001', '123456789', 'fffffffff', '5\x00'].map(
      (size) => ['A-220', `${size}\r\nhello\r\n0\r\n\r\n`] as const,
    ),
    ['A-220', '00000000000000005\r\nhello\r\n0\r\n\r\n'],
    ['A-221', '5\nhello\r\n0\r\n\r\n'],
    ['A-221', '5\r\nhello\n0\r\n\r\n'],
    ['A-221', '5\r\nhello\r\n0\n\r\n'],
    ['A-221', '5\r\nhello\r\n0\r\n\n'],
    ['A-222', '5\rXhello\r\n0\r\n\r\n'],
    ['A-222', '5\r\nhello\rX0\r\n\r\n'],
    ['A-222', '0\r\n\rX'],
    ['A-223', '5\r\nhello0\r\n\r\n'],
    ['A-223', '4\r\nhello\r\n0\r\n\r\n'],
    ['A-223', '6\r\nhello\r\n0\r\n\r\n'],
    ...[';', ';a', ';a=b', ';a="b"', ';a="\r\n"', ' ;a', ';\r', ';\n', `;${'x'.repeat(1_000_000)}`].map(
      (extension) => ['A-224', `5${extension}\r\nhello\r\n0\r\n\r\n`] as const,
    ),
    ['A-224', '0;a\r\n\r\n'],
    ['A-225', `0\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`],
    ['A-225', `0\r\n${'X: 1\r\n'.repeat(101)}\r\n`],
    ['A-225', '0\r\nX\r\n\r\n'],
    ['A-225', '0\r\n X: 1\r\n\r\n'],
    ['A-225', '0\r\nX: 1\n\r\n'],
    ['A-225', '0\r\nContent_Length: 5\r\n\r\n'],
    ['A-225', '0\r\nHost: a\r\nHost: b\r\n\r\n'],
  ];
  for (const [id, text] of refused) {
    it(`${id} refuses ${JSON.stringify(text.slice(0, 40))}, whole and byte by byte`, () => {
      expect(read(CHUNKED, text)).to.deep.equal(BROKEN);
      expect(read(CHUNKED, text, 1)).to.deep.equal(BROKEN);
    });
  }

  it('A-220 takes as the first byte of a size a hex digit and no other, and as the second that or CR', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      const odd = String.fromCharCode(byte);
      const isHex = /^[0-9A-Fa-f]$/.test(odd);
      expect(read(CHUNKED, odd).state, `first ${byte}`).to.equal(isHex ? 'open' : 'broken');
      expect(read(CHUNKED, `1${odd}`).state, `second ${byte}`).to.equal(isHex || odd === '\r' ? 'open' : 'broken');
      expect(read(CHUNKED, `1\r${odd}`).state, `behind CR ${byte}`).to.equal(odd === '\n' ? 'open' : 'broken');
      expect(read(CHUNKED, `1\r\nx${odd}`).state, `behind data ${byte}`).to.equal(odd === '\r' ? 'open' : 'broken');
    }
  });

  it('gives the data and leaves what follows, however it is cut', () => {
    const text = '5\r\nhello\r\n00000001\r\n,\r\nA\r\n 123456789\r\n0\r\n\r\nGET / HTTP/1.1';
    const expected = { state: 'done', data: 'hello, 123456789', rest: 'GET / HTTP/1.1' };
    for (let size = 1; size <= text.length; size += 1) expect(read(CHUNKED, text, size)).to.deep.equal(expected);
  });

  it('A-225 checks trailers and drops them, however they are cut', () => {
    const text = '1\r\nx\r\n0\r\nContent-Length: 5\r\nAuthorization: Bearer x\r\nCleat-Caller: y\r\n\r\nnext';
    for (let size = 1; size <= text.length; size += 1)
      expect(read(CHUNKED, text, size)).to.deep.equal({ state: 'done', data: 'x', rest: 'next' });
  });

  it('A-226 leaves what comes behind the last chunk to the next request', () => {
    expect(read(CHUNKED, '0\r\n\r\n0\r\n\r\n')).to.deep.equal({ state: 'done', data: '', rest: '0\r\n\r\n' });
  });

  it('takes a size of eight digits as the number that it is', () => {
    expect(read(CHUNKED, 'ffffffff\r\nx')).to.deep.equal({ state: 'open', data: 'x', rest: '' });
    expect(read(CHUNKED, '80000000\r\nx')).to.deep.equal({ state: 'open', data: 'x', rest: '' });
  });
});

describe('a counted body', () => {
  it('A-274 ends at its length, however it is cut, and leaves the rest', () => {
    for (let size = 1; size <= 8; size += 1)
      expect(read({ kind: 'length', length: 5 }, 'hello, x', size)).to.deep.equal({
        state: 'done',
        data: 'hello',
        rest: ', x',
      });
    expect(read({ kind: 'length', length: 5 }, 'hell').state).to.equal('open');
  });

  it('is done at once without bytes', () => {
    expect(read({ kind: 'length', length: 0 }, 'x')).to.deep.equal({ state: 'done', data: '', rest: 'x' });
    expect(read({ kind: 'none' }, 'x')).to.deep.equal({ state: 'done', data: '', rest: 'x' });
  });

  it('never ends by itself where the connection ends it', () => {
    expect(read({ kind: 'close' }, 'x'.repeat(1000)).state).to.equal('open');
  });
});

describe('encodeBody()', () => {
  const encode = (kind: ResponseFraming['kind'], data: readonly string[], isLast: boolean): string | undefined =>
    encodeBody(kind, data.map(bytesOf), isLast)?.toString('latin1');

  it('A-227 makes one chunk of all that came at once', () => {
    expect(encode('chunked', ['a', 'b', 'c'.repeat(14)], false)).to.equal(`10\r\nab${'c'.repeat(14)}\r\n`);
    expect(encode('chunked', ['a'], true)).to.equal('1\r\na\r\n0\r\n\r\n');
    expect(encode('chunked', [], true)).to.equal('0\r\n\r\n');
    expect(encode('chunked', [], false)).to.equal(undefined);
    expect(encode('chunked', [''], false)).to.equal(undefined);
  });

  it('passes a counted body on as it is', () => {
    expect(encode('length', ['a', 'b'], true)).to.equal('ab');
    expect(encode('length', ['a'], false)).to.equal('a');
    expect(encode('length', [], true)).to.equal(undefined);
    expect(encode('none', [], true)).to.equal(undefined);
  });
});

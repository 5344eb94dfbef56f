import { expect } from 'chai';
import fc from 'fast-check';

import { isJsonObject, parseStrictJson, parseStrictObject } from '../../../../core/token/json.ts';

const read = (text: string | Buffer, depth?: number) =>
  parseStrictJson(typeof text === 'string' ? Buffer.from(text) : text, depth === undefined ? undefined : { depth });
const refusal = (text: string | Buffer): unknown => {
  const value = read(text);
  return value.ok ? value.value : value.refusal.code;
};

describe('parseStrictJson()', () => {
  it('A-412 refuses duplicate members at any depth, escapes and empty names included', () => {
    for (const text of ['{"a":1,"a":1}', '{"a":{"b":1,"b":2}}', '[{"":1,"":2}]', '{"a":1,"\\u0061":2}'])
      expect(refusal(text), text).to.equal('TOKEN_JSON');
  });

  it('A-413 refuses __proto__ in any spelling, and gives objects without a prototype', () => {
    for (const text of ['{"__proto__":1}', '{"a":{"__proto__":{}}}', '{"\\u005f_proto__":1}'])
      expect(refusal(text), text).to.equal('TOKEN_JSON');
    const object = parseStrictObject(Buffer.from('{"constructor":1,"toString":2}'));
    expect(object.ok && object.value['constructor']).to.equal(1);
    const empty = parseStrictObject(Buffer.from('{}'));
    expect(empty.ok && empty.value['constructor']).to.equal(undefined);
  });

  it('A-414 refuses what is not UTF-8, a byte order mark, UTF-16, lone surrogates and raw control characters', () => {
    const wrong = [
      Buffer.from([0x22, 0xff, 0x22]),
      Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
      Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
      Buffer.from('\ufeff{}'),
      Buffer.from('{}', 'utf16le'),
      Buffer.from('\ufeff{}', 'utf16le'),
      Buffer.from('"\\ud800"'),
      Buffer.from('"\\udc00\\ud800"'),
      Buffer.from('{"\\ud800":1}'),
      ...Array.from({ length: 32 }, (_none, code) => Buffer.of(0x22, code, 0x22)),
    ];
    for (const bytes of wrong) expect(refusal(bytes), bytes.toString('hex')).to.equal('TOKEN_JSON');
  });

  it('A-415 refuses depth above the cap without using the stack for it', () => {
    expect(refusal('['.repeat(8) + ']'.repeat(8))).to.be.an('array');
    expect(refusal('['.repeat(9) + ']'.repeat(9))).to.equal('TOKEN_JSON');
    expect(refusal('{"a":'.repeat(9) + '1' + '}'.repeat(9))).to.equal('TOKEN_JSON');
    expect(refusal('['.repeat(10_000))).to.equal('TOKEN_JSON');
    expect(read('[[[]]]', 3).ok).to.equal(true);
    expect(read('[[[]]]', 2).ok).to.equal(false);
  });

  it('A-417 refuses numbers that are not finite and all that is not the grammar', () => {
    const wrong = [
      '1e400',
      '-1e999',
      'NaN',
      'Infinity',
      '-',
      '+1',
      '01',
      '1.',
      '.5',
      '1e',
      '1e+',
      '0x1',
      '1_0',
      '--1',
      '1.2.3',
    ];
    for (const text of wrong) expect(refusal(text), text).to.equal('TOKEN_JSON');
  });

  it('refuses text that is cut off, doubled, or of another notation', () => {
    const wrong = [
      '',
      ' ',
      '{',
      '[',
      '"',
      '"\\',
      '"\\"',
      '{"a"',
      '{"a":',
      '{"a":1',
      '{"a":1,}',
      '{,}',
      '[1,]',
      '[,1]',
      '[1 2]',
    ];
    const more = [
      '{"a" 1}',
      '{a:1}',
      "{'a':1}",
      '1 2',
      '{}{}',
      'nul',
      'True',
      'undefined',
      '"\\x41"',
      '"\\u12"',
      '[1]//',
      '/**/1',
      '\f1',
    ];
    for (const text of [...wrong, ...more]) expect(refusal(text), text).to.equal('TOKEN_JSON');
  });

  it('gives no content in the detail of a refusal', () => {
    const value = read('{"secret":"hunter2","secret":1}');
    expect(!value.ok && value.refusal.detail).to.match(/^duplicate member at character \d+$/);
  });

  it('reads every kind of value', () => {
    const text = ' {"a" : [1, -0.5e-3, true, false, null, "\\n\\u00e9\\ud83d\\ude00é"], "b":{}} \r\n\t';
    expect(refusal(text)).to.deep.equal({ a: [1, -0.0005, true, false, null, '\né😀é'], b: {} });
    expect(refusal('"a"')).to.equal('a');
    expect(refusal('[]')).to.deep.equal([]);
  });

  it('reads whatever JSON.stringify writes', () => {
    const value = fc.jsonValue({ maxDepth: 6 }).filter((one) => !JSON.stringify(one).includes('__proto__'));
    fc.assert(
      fc.property(value, (one) => {
        expect(refusal(JSON.stringify(one))).to.deep.equal(JSON.parse(JSON.stringify(one)));
      }),
    );
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(parseStrictJson(Buffer.from(bytes))).to.have.property('ok');
      }),
    );
  });
});

describe('parseStrictObject()', () => {
  it('refuses other values than objects', () => {
    for (const text of ['[]', 'null', '1', '"{}"', 'true', '{'])
      expect(parseStrictObject(Buffer.from(text)), text).to.have.nested.property('refusal.code', 'TOKEN_JSON');
  });

  it('knows an object from null and from an array', () => {
    expect([{}, null, [], 1, undefined].map(isJsonObject)).to.deep.equal([true, false, false, false, false]);
  });
});

import { expect } from 'chai';

import { admit } from '../../../../core/fault/refusal.ts';
import { DerError } from '../../../../core/x509/der-value.ts';
import { DerReader, type DerElement, openDer, readDer, TAG } from '../../../../core/x509/der.ts';
import { verdict } from '../../../kit/verdict.ts';

const read = (hex: string | Buffer) =>
  verdict(
    readDer(typeof hex === 'string' ? Buffer.from(hex, 'hex') : hex, { code: 'CSR_MALFORMED', most: 8192 }, () =>
      admit(undefined),
    ),
  );
const isStrict = (der: Buffer): boolean => read(der) === 'ok';

/** `depth` SEQUENCEs, one in the other. */
const nested = (depth: number): Buffer => {
  let der = Buffer.alloc(0);
  for (let level = 0; level < depth; level += 1) der = Buffer.concat([Buffer.from([0x30, der.length]), der]);
  return der;
};

describe('readDer()', () => {
  it('A-106 A-120 refuses what is longer than the limit, before it looks at it', () => {
    const of = (size: number) => Buffer.concat([Buffer.from([0x04, 0x82, size >> 8, size & 0xff]), Buffer.alloc(size)]);
    expect(read(of(8188))).to.equal('ok');
    expect(read(of(8189))).to.equal('CSR_MALFORMED: 8193 bytes, at most 8192');
    expect(read(Buffer.alloc(1024 * 1024))).to.equal('CSR_MALFORMED: 1048576 bytes, at most 8192');
  });

  const wrong: Readonly<Record<string, readonly (readonly [hex: string, reason: string])[]>> = {
    'A-106 bytes left over': [
      ['050000', 'bytes left over'],
      ['30000500', 'bytes left over'],
      ['0500ff', 'bytes left over'],
    ],
    'what ends too early': [
      ['', 'ends too early'],
      ['30', 'ends too early'],
      ['3001', 'length reaches past the end'],
      ['300205', 'length reaches past the end'],
      ['3081', 'ends too early'],
      ['308201', 'ends too early'],
      ['30030400', 'length reaches past the end'],
      ['30020401', 'length reaches past the end'],
    ],
    'A-106 an indefinite length': [
      ['30800000', 'length is indefinite or too long'],
      ['308005000000', 'length is indefinite or too long'],
      ['2480040100040100', 'length is indefinite or too long'],
    ],
    'A-106 an overlong length': [
      ['048101ff', 'length is not minimal'],
      ['04820001ff', 'length is not minimal'],
      ['0483000001ff', 'length is not minimal'],
      ['048400000001ff', 'length is indefinite or too long'],
      ['04ff', 'length is indefinite or too long'],
    ],
    'tags that X.509 does not have': [
      ['0000', 'tag 00 is not supported'],
      ['30020000', 'tag 00 is not supported'],
      ['1f0100', 'tag 1f is not supported'],
      ['bf0100', 'tag bf is not supported'],
      ['ff0100', 'tag ff is not supported'],
    ],
    'a constructed form of a simple type': [
      ['2403040100', 'tag 24 in constructed form'],
      ['230403020000', 'tag 23 in constructed form'],
      ['2c030c0161', 'tag 2c in constructed form'],
      ['2200', 'tag 22 in constructed form'],
    ],
    'a primitive SEQUENCE or SET': [
      ['1000', 'SEQUENCE or SET in primitive form'],
      ['1100', 'SEQUENCE or SET in primitive form'],
    ],
    'NULL with content': [['050100', 'NULL with content']],
    'SET OF out of order': [
      ['3106020102020101', 'SET OF out of order'],
      ['3106040100020101', 'SET OF out of order'],
      ['a0083106020102020101', 'SET OF out of order'],
    ],
    'what is wrong at any depth': [
      ['30053003010101', 'BOOLEAN other than 00 or FF'],
      ['a006300402020001', 'INTEGER is not minimal'],
      ['3006310406028001', 'OID with a padded component'],
    ],
  };
  for (const [name, cases] of Object.entries(wrong))
    it(`refuses ${name}`, () => {
      for (const [hex, reason] of cases) expect(read(hex), hex).to.equal(`CSR_MALFORMED: ${reason}`);
    });

  it('refuses what is nested deeper than 16', () => {
    expect(read(nested(16))).to.equal('ok');
    expect(read(nested(17))).to.equal('CSR_MALFORMED: nested deeper than 16');
    expect(read(nested(60))).to.equal('CSR_MALFORMED: nested deeper than 16');
  });

  it('accepts each length in its one minimal spelling only', () => {
    for (const size of [0, 1, 0x7e, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x101, 0x1ff, 0x1000, 0x1ff0]) {
      const spellings = size < 0x80 ? [[size]] : [];
      for (let count = 1; count <= 5; count += 1)
        if (size < 256 ** count)
          spellings.push([
            0x80 | count,
            ...Array.from({ length: count }, (_, at) => Math.floor(size / 256 ** (count - 1 - at)) & 0xff),
          ]);
      const accepted = spellings.filter((length) =>
        isStrict(Buffer.concat([Buffer.from([0x04, ...length]), Buffer.alloc(size)])),
      );
      expect(accepted, `${size}`).to.deep.equal([spellings[0]]);
    }
  });

  it('accepts of all strings of two bytes an empty element of a type that may be empty, and of shorter ones none', () => {
    const accepted: number[] = [];
    for (let tag = 0; tag < 256; tag += 1) {
      expect(isStrict(Buffer.from([tag]))).to.equal(false);
      for (let length = 0; length < 256; length += 1)
        if (isStrict(Buffer.from([tag, length]))) accepted.push(tag * 256 + length);
    }
    expect(accepted.every((pair) => pair % 256 === 0)).to.equal(true);
    const tags = new Set(accepted.map((pair) => pair / 256));
    const never = [TAG.boolean, TAG.integer, TAG.bitString, TAG.oid, 0x00, 0x10, 0x11];
    for (let tag = 0; tag < 256; tag += 1) {
      const isUniversalConstructed = tag >= 0x20 && tag < 0x40;
      const may =
        (tag & 0x1f) !== 0x1f &&
        !never.includes(tag) &&
        (!isUniversalConstructed || tag === TAG.sequence || tag === TAG.set);
      expect(tags.has(tag), tag.toString(16)).to.equal(may);
    }
  });

  it('gives a copy: bytes that change later change nothing', () => {
    const bytes = Buffer.from('04020102', 'hex');
    const outcome = readDer(bytes, { code: 'CSR_MALFORMED', most: 16 }, (top) =>
      admit(top.next(TAG.octetString).content),
    );
    bytes.fill(0xff);
    expect(outcome).to.deep.equal({ ok: true, value: Buffer.from('0102', 'hex') });
  });

  it('lets a defect of the reading code through instead of calling it a refusal', () => {
    const defect = () => {
      throw new TypeError('a defect');
    };
    expect(() => readDer(Buffer.from('0500', 'hex'), { code: 'CSR_MALFORMED', most: 16 }, defect)).to.throw(
      TypeError,
      'a defect',
    );
  });
});

describe('DerReader', () => {
  it('refuses another tag than the wanted one, and says both', () => {
    expect(() => new DerReader(Buffer.from('0500', 'hex')).next(TAG.sequence)).to.throw(
      DerError,
      'tag 05 where 30 belongs',
    );
    expect(() => new DerReader(Buffer.alloc(0)).enter(TAG.sequence)).to.throw(DerError, 'ends too early');
  });

  it('refuses to end while something is left', () => {
    const reader = new DerReader(Buffer.from('05000500', 'hex'));
    reader.next();
    expect(reader.hasMore()).to.equal(true);
    expect(() => reader.end()).to.throw(DerError, 'bytes left over');
    reader.next(TAG.null);
    expect(() => reader.end()).not.to.throw();
    expect([reader.hasMore(), reader.has(TAG.null)]).to.deep.equal([false, false]);
  });

  it('gives tag, content and whole of each element in turn', () => {
    const inside = openDer(Buffer.from('30070201050402aabb', 'hex')).enter(TAG.sequence);
    expect(inside.has(TAG.integer)).to.equal(true);
    const parts = ({ tag, content, der }: DerElement) => [tag, content.toString('hex'), der.toString('hex')];
    expect(parts(inside.next())).to.deep.equal([2, '05', '020105']);
    expect(parts(inside.next())).to.deep.equal([4, 'aabb', '0402aabb']);
  });

  it('never reads past the element that it entered', () => {
    // A SEQUENCE of three bytes whose INTEGER claims five, with more bytes behind the SEQUENCE.
    const outer = new DerReader(Buffer.from('3003020501ffffffff', 'hex'));
    expect(() => outer.enter(TAG.sequence).next()).to.throw(DerError, 'past the end');
    const short = new DerReader(Buffer.from('3001020101', 'hex')).enter(TAG.sequence);
    expect(short.has(TAG.integer)).to.equal(true);
    expect(() => short.next()).to.throw(DerError, 'ends too early');
    expect(new DerReader(Buffer.from('30000101ff', 'hex')).enter(TAG.sequence).has(TAG.boolean)).to.equal(false);
  });
});

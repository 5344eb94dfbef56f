import { expect } from 'chai';

import { derOf, oid } from '../../../../core/x509/asn1.ts';
import {
  asciiOf,
  bitsOf,
  booleanOf,
  DerError,
  integerOf,
  octetsOf,
  oidOf,
  smallIntegerOf,
  utf8Of,
} from '../../../../core/x509/der-value.ts';

/** True if the reader takes the content; anything thrown but a `DerError` fails the test. */
function takes(read: (content: Buffer) => unknown, content: Buffer): boolean {
  try {
    read(content);
    return true;
  } catch (thrown) {
    expect(thrown).to.be.instanceOf(DerError);
    return false;
  }
}
const of = (...bytes: readonly number[]) => Buffer.from(bytes);

/** Calls `visit` with all contents of one and of two bytes: 65,792 of them. */
function eachShort(visit: (content: Buffer) => void): void {
  for (let first = 0; first < 256; first += 1) {
    visit(of(first));
    for (let second = 0; second < 256; second += 1) visit(of(first, second));
  }
}

describe('booleanOf()', () => {
  it('refuses all one-byte contents but 00 and FF, and each other length', () => {
    const taken = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => takes(booleanOf, of(byte)));
    expect(taken).to.deep.equal([0x00, 0xff]);
    expect([of(), of(0, 0), of(0xff, 0xff)].some((content) => takes(booleanOf, content))).to.equal(false);
    expect([booleanOf(of(0)), booleanOf(of(0xff))]).to.deep.equal([false, true]);
  });
});

describe('integerOf()', () => {
  it('refuses an empty content', () => {
    expect(() => integerOf(of())).to.throw(DerError, 'INTEGER without content');
  });

  it('refuses, of all contents of one and two bytes, those that a shorter one could say', () => {
    eachShort((content) => {
      const value = content.readIntBE(0, content.length);
      const isMinimal = content.length === 1 || value < -128 || value > 127;
      if (takes(integerOf, content) !== isMinimal) expect.fail(content.toString('hex'));
    });
  });
});

describe('smallIntegerOf()', () => {
  it('refuses negative ones and all over 2^31 - 1', () => {
    for (const hex of ['ff', '80', 'ffff7f', '0080000000', '0100000000', '00ffffffff', '7fffffffffffffff'])
      expect(takes(smallIntegerOf, Buffer.from(hex, 'hex')), hex).to.equal(false);
  });

  it('gives the number', () => {
    expect(
      ['00', '7f', '0080', '0100', '7fffffff'].map((hex) => smallIntegerOf(Buffer.from(hex, 'hex'))),
    ).to.deep.equal([0, 127, 128, 256, 2_147_483_647]);
  });
});

describe('bitsOf()', () => {
  it('refuses, of all contents of one and two bytes, a wrong count and padding that is not zero', () => {
    expect(takes(bitsOf, of())).to.equal(false);
    eachShort((content) => {
      const [unused = 0, byte] = content;
      const isRight = byte === undefined ? unused === 0 : unused < 8 && byte % 2 ** unused === 0;
      if (takes(bitsOf, content) !== isRight) expect.fail(content.toString('hex'));
    });
  });

  it('gives count and bytes', () => {
    expect(bitsOf(of(7, 0x80))).to.deep.equal({ unused: 7, bytes: of(0x80) });
  });
});

describe('octetsOf()', () => {
  it('refuses bits that are not whole bytes', () => {
    expect(() => octetsOf(of(1, 0x80))).to.throw(DerError, 'BIT STRING that is not whole bytes');
    expect(octetsOf(of(0, 0x80))).to.deep.equal(of(0x80));
  });
});

describe('oidOf()', () => {
  it('refuses what is empty, cut off, padded or longer than 64 bytes', () => {
    for (const hex of ['', '80', '81', '2a80', '8001', '2a8001', '2a868d80', 'ff', `2a${'01'.repeat(64)}`])
      expect(takes(oidOf, Buffer.from(hex, 'hex')), hex).to.equal(false);
    expect(takes(oidOf, Buffer.from(`2a${'01'.repeat(63)}`, 'hex'))).to.equal(true);
  });

  it('reads, of all contents of one and two bytes, just those that are written back the same', () => {
    eachShort((content) => {
      const [first = 0, second] = content;
      const isOne = second !== undefined && first > 0x80 && second < 0x80;
      const isTwo = first < 0x80 && (second ?? 0) < 0x80;
      if (takes(oidOf, content) !== (isOne || isTwo)) expect.fail(content.toString('hex'));
      if (
        content.length === 2 &&
        isTwo &&
        !derOf(oid(oidOf(content)))
          .subarray(2)
          .equals(content) &&
        first < 120
      )
        expect.fail(content.toString('hex'));
    });
  });

  it('splits the first number into two components', () => {
    const texts = ['00', '27', '28', '4f', '50', '7f', '8837', '2a864886f70d010101'].map((hex) =>
      oidOf(Buffer.from(hex, 'hex')),
    );
    expect(texts).to.deep.equal(['0.0', '0.39', '1.0', '1.39', '2.0', '2.47', '2.999', '1.2.840.113549.1.1.1']);
  });

  it('prints components of any size: 128 bits under 2.25, and the widest that fits', () => {
    expect(oidOf(Buffer.from('6981a191c3d199a58ab5f590d09694c5dbc2897c', 'hex'))).to.equal(
      '2.25.107093866282706624642367549831547749628',
    );
    expect(oidOf(Buffer.concat([Buffer.alloc(63, 0xff), of(0x7f)]))).to.equal(`2.${2n ** 448n - 1n - 80n}`);
  });
});

describe('asciiOf() and utf8Of()', () => {
  it('refuse bytes that their type cannot hold', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      expect(takes(asciiOf, of(0x61, byte)), `ascii ${byte}`).to.equal(byte < 0x80);
      expect(takes(utf8Of, of(0x61, byte)), `utf8 ${byte}`).to.equal(byte < 0x80);
    }
    for (const hex of ['c080', 'eda080', 'f4908080', 'e282', 'c3'])
      expect(takes(utf8Of, Buffer.from(hex, 'hex')), hex).to.equal(false);
  });

  it('give the text, NUL included', () => {
    expect(asciiOf(Buffer.from('a\0b'))).to.equal('a\0b');
    expect(utf8Of(Buffer.from('ä€😀'))).to.equal('ä€😀');
  });
});

import { expect } from 'chai';

import { epochSeconds } from '../../../../core/time/units.ts';
import { constructed, derOf, oid, primitive, unsigned, type Asn1 } from '../../../../core/x509/asn1.ts';
import { oidOf } from '../../../../core/x509/der-value.ts';
import { TAG } from '../../../../core/x509/der.ts';
import { decodeLineage, encodeLineage, LINEAGE_OID_DER, type Lineage } from '../../../../core/x509/lineage.ts';

const digest = (fill: number) => Buffer.alloc(32, fill);
const noon = epochSeconds(Date.UTC(2026, 5, 1, 12) / 1000);
const lineage: Lineage = {
  id: Buffer.alloc(16, 7),
  sequence: 300,
  issuedAt: noon,
  predecessors: [
    { thumbprint: digest(1), acceptUntil: epochSeconds(noon + 300) },
    { thumbprint: digest(2), acceptUntil: epochSeconds(noon + 200) },
    { thumbprint: digest(3), acceptUntil: epochSeconds(noon + 100) },
  ],
};

const octets = (bytes: Buffer | string) => primitive(TAG.octetString, bytes);
const time = (text = '20260601120000Z') => primitive(TAG.generalizedTime, text);
const number = (...bytes: readonly number[]) => primitive(TAG.integer, Buffer.from(bytes));
const entry = (thumbprint: Buffer, until = time(), ...more: readonly Asn1[]) =>
  constructed(TAG.sequence, [octets(thumbprint), until, ...more]);
const list = (...entries: readonly Asn1[]) => constructed(TAG.sequence, entries);

/** A sound one, part by part; a part given as `undefined` is left out. */
function built(
  parts: { id?: Asn1; sequence?: Asn1; issuedAt?: Asn1; predecessors?: Asn1; more?: readonly Asn1[] } = {},
): Buffer {
  const {
    id = octets(Buffer.alloc(16)),
    sequence = number(0),
    issuedAt = time(),
    predecessors = list(),
    more = [],
  } = parts;
  return derOf(constructed(TAG.sequence, [id, sequence, issuedAt, predecessors, ...more]));
}

describe('decodeLineage()', () => {
  it('reads the sound one that the wrong ones below are made of', () => {
    expect(decodeLineage(built({ predecessors: list(entry(digest(1))) }))).to.deep.equal({
      id: Buffer.alloc(16),
      sequence: 0,
      issuedAt: noon,
      predecessors: [{ thumbprint: digest(1), acceptUntil: noon }],
    });
  });

  const wrong: Readonly<Record<string, Buffer>> = {
    'an id of 15 bytes': built({ id: octets(Buffer.alloc(15)) }),
    'an id of 17 bytes': built({ id: octets(Buffer.alloc(17)) }),
    'an id of another type': built({ id: primitive(TAG.bitString, Buffer.alloc(17)) }),
    'a negative sequence': built({ sequence: number(0xff) }),
    'a sequence of 2^31': built({ sequence: number(0, 0x80, 0, 0, 0) }),
    'a padded sequence': Buffer.from(
      built({ sequence: number(0x7f, 1) })
        .toString('hex')
        .replace('02027f01', '02020001'),
      'hex',
    ),
    UTCTime: built({ issuedAt: primitive(TAG.utcTime, '260601120000Z') }),
    'a time with a fraction': built({ issuedAt: time('20260601120000.0Z') }),
    'a day that does not exist': built({ issuedAt: time('20260631120000Z') }),
    'four predecessors': built({ predecessors: list(...[1, 2, 3, 4].map((fill) => entry(digest(fill)))) }),
    'the same thumbprint twice': built({
      predecessors: list(entry(digest(1)), entry(digest(2)), entry(digest(1), time('20260601130000Z'))),
    }),
    'a thumbprint of SHA-1': built({ predecessors: list(entry(Buffer.alloc(20))) }),
    'a thumbprint of SHA-512': built({ predecessors: list(entry(Buffer.alloc(64))) }),
    'an entry with more': built({ predecessors: list(entry(digest(1), time(), number(1))) }),
    'an entry without a time': built({ predecessors: list(constructed(TAG.sequence, [octets(digest(1))])) }),
    'an entry that is none': built({ predecessors: list(octets(digest(1))) }),
    'predecessors as a SET': built({ predecessors: constructed(TAG.set, [entry(digest(1))]) }),
    'more at the end': built({ more: [number(1)] }),
    nothing: Buffer.alloc(0),
    'an empty SEQUENCE': derOf(list()),
    'a SET': derOf(constructed(TAG.set, [])),
    'another type': derOf(octets('lineage')),
  };
  for (const [name, value] of Object.entries(wrong))
    it(`takes ${name} as no lineage`, () => {
      expect(decodeLineage(value)).to.equal(undefined);
    });

  it('takes each truncation and each byte more as no lineage', () => {
    const value = encodeLineage(lineage);
    for (let length = 0; length < value.length; length += 1)
      expect(decodeLineage(value.subarray(0, length))).to.equal(undefined);
    expect(decodeLineage(Buffer.concat([value, Buffer.from([0])]))).to.equal(undefined);
  });

  it('never throws on a flipped byte, and reads what it takes in one spelling', () => {
    const value = encodeLineage(lineage);
    for (let at = 0; at < value.length; at += 1)
      for (let byte = 0; byte < 256; byte += 1) {
        const mutant = Buffer.from(value);
        mutant[at] = byte;
        const read = decodeLineage(mutant);
        if (read !== undefined && !encodeLineage(read).equals(mutant)) expect.fail(`${at} ${byte}`);
      }
  });
});

describe('encodeLineage()', () => {
  it('gives 204 bytes with three predecessors', () => {
    expect(encodeLineage(lineage)).to.have.length(204);
  });

  it('is read back for none to three predecessors and both ends of the sequence', () => {
    for (const sequence of [0, 1, 127, 128, 255, 256, 65_536, 2_147_483_647])
      for (let count = 0; count <= 3; count += 1) {
        const given = { ...lineage, sequence, predecessors: lineage.predecessors.slice(0, count) };
        expect(decodeLineage(encodeLineage(given))).to.deep.equal(given);
      }
  });

  it('writes the ASN.1 of reference/tokens.md, byte for byte', () => {
    const value = encodeLineage({ ...lineage, sequence: 128, predecessors: lineage.predecessors.slice(0, 1) });
    const hex = [
      '305e',
      '0410',
      '07'.repeat(16),
      '02020080',
      '180f',
      Buffer.from('20260601120000Z').toString('hex'),
      '3035',
      '3033',
      '0420',
      '01'.repeat(32),
      '180f',
      Buffer.from('20260601120500Z').toString('hex'),
    ].join('');
    expect(value.toString('hex')).to.equal(hex);
  });
});

describe('LINEAGE_OID_DER', () => {
  it('is the UUID 50918744-ca51-4d7a-90a0-58a45b7084fc in seven components, none over 28 bits', () => {
    const name = oidOf(LINEAGE_OID_DER.subarray(2));
    const parts = name.split('.').slice(-7).map(Number);
    const digits = parts.map((part, place) => part.toString(16).padStart(place < 5 ? 4 : 6, '0'));
    expect(digits.join('')).to.equal('50918744ca514d7a90a058a45b7084fc');
    expect(name.split('.').every((part) => Number(part) < 2 ** 28)).to.equal(true);
    expect(derOf(oid(name)).equals(LINEAGE_OID_DER)).to.equal(true);
    expect(derOf(unsigned(Buffer.alloc(4))).toString('hex')).to.equal('020100');
  });
});

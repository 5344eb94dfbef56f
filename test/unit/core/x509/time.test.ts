import { expect } from 'chai';

import { epochSeconds } from '../../../../core/time/units.ts';
import { derOf, primitive } from '../../../../core/x509/asn1.ts';
import { DerError } from '../../../../core/x509/der-value.ts';
import { DerReader, TAG } from '../../../../core/x509/der.ts';
import {
  formatGeneralizedTime,
  formatValidityTime,
  generalizedTimeOf,
  validityTimeOf,
} from '../../../../core/x509/time.ts';

const utc = (text: string) => validityTimeOf(new DerReader(derOf(primitive(TAG.utcTime, text))));
const generalized = (text: string) => generalizedTimeOf(new DerReader(derOf(primitive(TAG.generalizedTime, text))));
const late = (text: string) => validityTimeOf(new DerReader(derOf(primitive(TAG.generalizedTime, text))));
const two = (value: number) => `${value}`.padStart(2, '0');
const accepts = (read: () => unknown): boolean => {
  try {
    read();
    return true;
  } catch (thrown) {
    expect(thrown).to.be.instanceOf(DerError);
    return false;
  }
};

describe('validityTimeOf()', () => {
  it('refuses UTCTime in any form but YYMMDDHHMMSSZ', () => {
    for (const text of [
      '',
      '2601020304Z',
      '260102030405',
      '260102030405z',
      '260102030405+0000',
      '260102030405.5Z',
      '20260102030405Z',
      ' 60102030405Z',
      '26010203040aZ',
      '260102030405Z\n',
      '-60102030405Z',
    ])
      expect(() => utc(text), text).to.throw(DerError, 'UTCTime other than YYMMDDHHMMSSZ');
  });

  it('refuses GeneralizedTime for a year that UTCTime can say', () => {
    expect(() => late('20491231235959Z')).to.throw(DerError, 'GeneralizedTime before 2050');
    expect(() => late('19500101000000Z')).to.throw(DerError, 'GeneralizedTime before 2050');
    expect(late('20500101000000Z')).to.equal(Date.UTC(2050, 0, 1) / 1000);
  });

  it('refuses any other type', () => {
    expect(() => validityTimeOf(new DerReader(derOf(primitive(TAG.octetString, '260102030405Z'))))).to.throw(
      DerError,
      'tag 04 where 18 belongs',
    );
  });

  it('accepts each day that the calendar has, and no other', () => {
    for (const year of [1950, 1999, 2000, 2023, 2024, 2049])
      for (let month = 0; month < 14; month += 1)
        for (let day = 0; day < 33; day += 1) {
          const date = new Date(Date.UTC(year, month - 1, day));
          const exists =
            date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCFullYear() === year;
          const text = `${two(year % 100)}${two(month)}${two(day)}000000Z`;
          if (accepts(() => utc(text)) !== exists) expect.fail(text);
          if (exists) expect(utc(text)).to.equal(date.getTime() / 1000);
        }
  });

  it('accepts each time of the day, and neither 24:00 nor a leap second', () => {
    for (let value = 0; value < 100; value += 1) {
      expect(
        accepts(() => utc(`260102${two(value)}0000Z`)),
        `hour ${value}`,
      ).to.equal(value < 24);
      expect(
        accepts(() => utc(`26010200${two(value)}00Z`)),
        `minute ${value}`,
      ).to.equal(value < 60);
      expect(
        accepts(() => utc(`2601020000${two(value)}Z`)),
        `second ${value}`,
      ).to.equal(value < 60);
    }
  });

  it('reads 50 to 99 as the last century', () => {
    expect([utc('491231235959Z'), utc('500101000000Z'), utc('991231235959Z'), utc('000101000000Z')]).to.deep.equal(
      [
        Date.UTC(2049, 11, 31, 23, 59, 59),
        Date.UTC(1950, 0, 1),
        Date.UTC(1999, 11, 31, 23, 59, 59),
        Date.UTC(2000, 0, 1),
      ].map((instant) => instant / 1000),
    );
  });
});

describe('generalizedTimeOf()', () => {
  it('refuses any form but YYYYMMDDHHMMSSZ', () => {
    for (const text of [
      '',
      '260102030405Z',
      '20260102030405',
      '20260102030405.0Z',
      '20260102030405+0100',
      '202601020304Z',
      '20260230000000Z',
      '20261301000000Z',
      '20260102240000Z',
      '020260102030405Z',
    ])
      expect(
        accepts(() => generalized(text)),
        text,
      ).to.equal(false);
  });

  it('reads any year of four digits', () => {
    expect([
      generalized('00000101000000Z'),
      generalized('20260102030405Z'),
      generalized('99991231235959Z'),
    ]).to.deep.equal([-62_167_219_200, 1_767_323_045, 253_402_300_799]);
  });
});

describe('formatValidityTime()', () => {
  it('changes its form at 2050', () => {
    expect(formatValidityTime(epochSeconds(Date.UTC(2049, 11, 31, 23, 59, 59) / 1000))).to.deep.equal({
      tag: TAG.utcTime,
      text: '491231235959Z',
    });
    expect(formatValidityTime(epochSeconds(Date.UTC(2050, 0, 1) / 1000))).to.deep.equal({
      tag: TAG.generalizedTime,
      text: '20500101000000Z',
    });
  });

  it('is read back as the same second', () => {
    for (let instant = -600_000_000; instant < 250_000_000_000; instant += 987_654_321) {
      const { tag, text } = formatValidityTime(epochSeconds(instant));
      expect(validityTimeOf(new DerReader(derOf(primitive(tag, text))))).to.equal(instant);
      expect(generalized(formatGeneralizedTime(epochSeconds(instant)))).to.equal(instant);
    }
  });
});

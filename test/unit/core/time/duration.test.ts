import { expect } from 'chai';
import fc from 'fast-check';

import { formatDuration, parseDuration } from '../../../../core/time/duration.ts';
import { milliseconds } from '../../../../core/time/units.ts';

describe('parseDuration()', () => {
  const wrong = [
    '',
    '0',
    '15',
    's',
    '15 s',
    ' 15s',
    '15s ',
    '15s\n',
    '-1s',
    '+1s',
    '1.5h',
    '1e3ms',
    '015s',
    '15S',
    '15M',
    '15sec',
    '1h30m',
    '15µs',
    '٣s',
    '15w',
    '0x1s',
  ];
  for (const text of wrong)
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseDuration(text)).to.equal(undefined);
    });

  it('refuses more than 2^53 - 1 ms, which no number holds exactly', () => {
    expect(parseDuration('104249991d')).to.equal(104_249_991 * 86_400_000);
    expect(parseDuration('104249992d')).to.equal(undefined);
    expect(parseDuration('9007199254740993ms')).to.equal(undefined);
  });

  it('reads each unit', () => {
    expect(['500ms', '15s', '15m', '1h', '30d', '0s'].map(parseDuration)).to.deep.equal([
      500, 15_000, 900_000, 3_600_000, 2_592_000_000, 0,
    ]);
  });
});

describe('formatDuration()', () => {
  it('gives the largest unit that divides', () => {
    const spans = [0, 1, 999, 1000, 1500, 60_000, 90_000, 3_600_000, 5_400_000, 86_400_000, 90_000_000];
    expect(spans.map((span) => formatDuration(milliseconds(span)))).to.deep.equal([
      '0s',
      '1ms',
      '999ms',
      '1s',
      '1500ms',
      '1m',
      '90s',
      '1h',
      '90m',
      '1d',
      '25h',
    ]);
  });

  it('cuts parts of a millisecond and what is less than none', () => {
    expect([0.9, 1.9, -5].map((span) => formatDuration(milliseconds(span)))).to.deep.equal(['0s', '1ms', '0s']);
  });

  it('is read back as the same span', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 14 }), (span) => {
        expect(parseDuration(formatDuration(milliseconds(span)))).to.equal(span);
      }),
    );
  });
});

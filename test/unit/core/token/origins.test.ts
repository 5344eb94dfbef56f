import { expect } from 'chai';

import type { JsonValue } from '../../../../core/token/json.ts';
import { readOrigins } from '../../../../core/token/origins.ts';

describe('readOrigins()', () => {
  const nine = Array.from({ length: 9 }, (_, index) => `mandate:${index}`);
  const malformed: readonly (readonly [string, JsonValue])[] = [
    ['a number', 7],
    ['null', null],
    ['an object', { client: 'a' }],
    ['an empty text', ''],
    ['an array with a number', ['client:a', 7]],
    ['an array in an array', [['client:a']]],
    ['more than 8', nine],
    ['a text of 513 characters', 'x'.repeat(513)],
  ];
  for (const [what, origin] of malformed) {
    it(`counts ${what} as none`, () => expect(readOrigins({ origin })).to.deep.equal([]));
  }

  it('counts an absent claim as none', () => expect(readOrigins({})).to.deep.equal([]));

  it('gives one text, or each of up to 8', () => {
    expect(readOrigins({ origin: 'client:billing' })).to.deep.equal(['client:billing']);
    expect(readOrigins({ origin: nine.slice(1) })).to.deep.equal(nine.slice(1));
  });
});

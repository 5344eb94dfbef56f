import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { epochSeconds, seconds } from '../../../../core/time/units.ts';
import { createNonces } from '../../../../runtime/token/nonces.ts';

describe('createNonces()', () => {
  const nonces = createNonces({ random: randomBytes, step: seconds(60) });
  const start = epochSeconds(1_780_000_020);
  const at = (offset: number) => epochSeconds(start + offset);

  it('refuses one of two steps ago, of another process, and every other text', () => {
    const first = nonces.current(start);
    const other = createNonces({ random: randomBytes, step: seconds(60) });
    expect(nonces.accepts(first, at(120))).to.equal(false);
    expect(nonces.accepts(first, at(-60)), 'one of the future').to.equal(false);
    expect(nonces.accepts(other.current(start), start)).to.equal(false);
    for (const text of ['', first.slice(1), `${first}A`, first.toLowerCase(), 'é'.repeat(11), '\0'.repeat(22)])
      if (text !== first) expect(nonces.accepts(text, start), text).to.equal(false);
  });

  it('hands out one a step, and takes it during the next', () => {
    const first = nonces.current(start);
    expect(nonces.current(at(59))).to.equal(first);
    expect(nonces.current(at(60))).to.not.equal(first);
    for (const offset of [0, 59, 60, 119]) expect(nonces.accepts(first, at(offset)), String(offset)).to.equal(true);
  });

  it('is made of the characters that RFC 9449 section 8.1 allows', () => {
    expect(nonces.current(start)).to.match(/^[A-Za-z0-9_-]{22}$/);
  });
});

import { expect } from 'chai';

import { admit, refuse } from '../../../core/fault/refusal.ts';
import { milliseconds } from '../../../core/time/units.ts';
import { createRepeats } from '../../../runtime/repeats.ts';

function scene(window = 60_000, onMore: () => void = () => undefined) {
  const told: string[] = [];
  const repeats = createRepeats<string>({
    window: milliseconds(window),
    kindsMost: 2,
    rest: 'rest',
    more: (facts, count) => {
      told.push(`${facts} +${count}`);
      onMore();
    },
  });
  const note = (kind: string): unknown =>
    repeats.note(kind, kind, () => {
      told.push(kind);
      return admit(undefined);
    });
  return { repeats, told, note };
}

describe('createRepeats()', () => {
  it('tells the first of a kind, and counts the others', () => {
    const { repeats, told, note } = scene();
    expect(note('a')).to.deep.equal(admit(undefined));
    for (let each = 0; each < 1000; each += 1) expect(note('a')).to.equal(undefined);
    note('b');
    expect(told).to.deep.equal(['a', 'b']);
    repeats.close();
    expect(told, 'a kind that came once has no count').to.deep.equal(['a', 'b', 'a +1000']);
  });

  it('tells the count when the window ends, and then a first again', async () => {
    let resolve = (): void => undefined;
    const counted = new Promise<void>((done) => (resolve = done));
    const { told, note } = scene(5, () => resolve());
    // Its own timer keeps no process alive, so the test does.
    const alive = setInterval(() => undefined, 1000);
    note('a');
    note('a');
    await counted;
    clearInterval(alive);
    note('a');
    expect(told).to.deep.equal(['a', 'a +1', 'a']);
  });

  it('A-129 lets kinds beyond the bound share one window, whatever they are called', () => {
    const { repeats, told, note } = scene();
    for (let each = 0; each < 1000; each += 1) note(`kind ${each}`);
    expect(told).to.deep.equal(['kind 0', 'kind 1', 'kind 2']);
    repeats.close();
    expect(told.at(-1)).to.equal('rest +997');
  });

  it('opens no window where the first could not be told', () => {
    const { repeats, told, note } = scene();
    const no = refuse('ISSUE_AUDIT', 'disk full');
    expect(repeats.note('a', 'a', () => no)).to.equal(no);
    note('a');
    expect(told).to.deep.equal(['a']);
  });
});

import { expect } from 'chai';

import { epochMilliseconds } from '../../../../core/time/units.ts';
import { digestOf, GENESIS, OPENED, writeLine, type AuditHead, type Facts } from '../../../../runtime/audit/line.ts';
import { createVerification, type AuditVerdict } from '../../../../runtime/audit/verify.ts';

const now = epochMilliseconds(1_800_000_000_000);

/** A sound chain of `count` lines, which goes on after `head`. */
function chain(count: number, after: AuditHead = GENESIS): string[] {
  let head = after;
  return Array.from({ length: count }, (_, place) => {
    const line = writeLine(head, { kind: 'issuance', facts: { serial: `0${place}` }, now });
    head = line.head;
    return line.text;
  });
}

function verify(lines: readonly string[], expected?: AuditHead): AuditVerdict {
  const verification = createVerification(expected);
  for (const line of lines) verification.take(line);
  return verification.end();
}

const headOf = (lines: readonly string[]): AuditHead => ({
  seq: lines.length - 1,
  digest: digestOf(lines.at(-1) ?? ''),
});
const edited = (line: string | undefined): string => (line ?? '').replace(/"serial":"0\d"/, '"serial":"ff"');

describe('createVerification()', () => {
  const sound = chain(8);

  it('A-126 edited: names the line whose facts were changed', () => {
    expect(verify(sound.with(4, edited(sound[4]))).broken).to.deep.include({ line: 5 });
  });

  it('A-126 edited: names the line whose `prev` was changed', () => {
    const line = (sound[4] ?? '').replace(/"prev":"..../, '"prev":"0000');
    expect(verify(sound.with(4, line)).broken).to.deep.include({ line: 5 });
  });

  it('A-126 edited: names the line before the last', () => {
    expect(verify(sound.with(6, edited(sound[6]))).broken).to.deep.include({ line: 7 });
  });

  it('A-126 edited: the last line, where its digest is remembered', () => {
    expect(verify(sound.with(7, edited(sound[7]))).broken).to.equal(undefined);
    expect(verify(sound.with(7, edited(sound[7])), headOf(sound)).broken).to.deep.include({ line: 8 });
  });

  it('A-126 edited: a line that is none any more', () => {
    expect(verify(sound.with(3, 'hello')).broken).to.deep.include({ line: 4 });
    expect(verify(sound.with(3, '{"seq":3}')).broken).to.deep.include({ line: 4 });
    expect(verify(sound.with(3, '')).broken).to.deep.include({ line: 4 });
  });

  it('A-126 edited: a CR, or bytes that are no UTF-8, in any line, the last too', () => {
    for (const place of [3, 7])
      expect(verify(sound.with(place, `${sound[place]}\r`)).broken, `${place}`).to.deep.include({ line: place + 1 });
    const verification = createVerification(undefined);
    for (const [place, line] of sound.entries()) verification.take(line, place !== 7);
    expect(verification.end().broken).to.deep.include({ line: 8 });
  });

  it('A-126 edited and written anew from there on: only what is remembered tells', () => {
    const kept = sound.slice(0, 3);
    const forged = [...kept, ...chain(5, headOf(kept))];
    expect(verify(forged).broken).to.equal(undefined);
    expect(verify(forged, headOf(sound)).broken).to.deep.include({ line: 8 });
  });

  it('A-126 truncated at the start, in the middle', () => {
    expect(verify(sound.slice(2)).broken).to.deep.include({
      line: 1,
      reason: 'its number is 2, 0 comes next; if an older file has it, give that first',
    });
    expect(verify(sound.toSpliced(3, 2)).broken).to.deep.include({ line: 4, reason: 'its number is 5, 3 comes next' });
  });

  it('A-126 truncated at the end: in a line always, between lines where the end is remembered', () => {
    expect(verify(sound.with(7, (sound[7] ?? '').slice(0, 40))).broken).to.deep.include({ line: 8 });
    expect(verify(sound.slice(0, 6)).broken).to.equal(undefined);
    expect(verify(sound.slice(0, 6), headOf(sound)).broken).to.deep.include({ line: 7 });
    expect(verify([], headOf(sound)).broken).to.deep.include({ line: 1 });
  });

  it('A-126 reordered: two neighbours, and a line moved away', () => {
    const [second = '', third = ''] = [sound[1], sound[2]];
    expect(verify(sound.toSpliced(1, 2, third, second)).broken).to.deep.include({ line: 2 });
    expect(verify([...sound.toSpliced(2, 1), third]).broken).to.deep.include({ line: 3 });
  });

  it('A-126 inserted: a copy, and a line made to fit', () => {
    const again = sound[2] ?? '';
    expect(verify(sound.toSpliced(3, 0, again)).broken).to.deep.include({ line: 4 });
    const [fitting = ''] = chain(1, headOf(sound.slice(0, 3)));
    expect(verify(sound.toSpliced(3, 0, edited(fitting))).broken).to.deep.include({ line: 4 });
  });

  it('A-126 a chain whose first line names a line before it', () => {
    const [line = ''] = chain(1, { seq: -1, digest: 'a'.repeat(64) });
    expect(verify([line]).broken).to.deep.include({ line: 1 });
  });

  describe('what a crash left torn', () => {
    const torn = (sound[5] ?? '').slice(0, 50);
    const answering = (facts: Facts, bytes = torn, before: readonly string[] = sound.slice(0, 5)) => {
      const { seq } = headOf(before);
      return writeLine({ seq, digest: digestOf(bytes) }, { kind: OPENED, facts, now }).text;
    };

    it('is refused where the line that answers for it is about something else', () => {
      const after = headOf(sound.slice(0, 5)).digest;
      const lines = [...sound.slice(0, 5), torn];
      expect(verify([...lines, answering({ torn: 49, after })]).broken).to.deep.include({ line: 6 });
      expect(verify([...lines, answering({ torn: 50, after: GENESIS.digest })]).broken).to.deep.include({ line: 6 });
      expect(verify([...lines, answering({ torn: 50, after }, 'other')]).broken).to.deep.include({ line: 6 });
      expect(verify([...lines, answering({ torn: 50, after }, torn, sound.slice(0, 4))]).broken).to.deep.include({
        line: 6,
      });
    });

    it('is accepted and counted where a line answers for it', () => {
      const line = answering({ torn: 50, after: headOf(sound.slice(0, 5)).digest });
      const rest = chain(2, { seq: 5, digest: digestOf(line) });
      const verdict = verify([...sound.slice(0, 5), torn, line, ...rest]);
      expect(verdict).to.deep.include({ broken: undefined, repaired: 1, lines: 9 });
      expect(verdict.head?.seq).to.equal(7);
    });
  });

  it('accepts a sound chain, gives its end, and finds what is remembered in the midst of it', () => {
    expect(verify(sound)).to.deep.equal({ lines: 8, head: headOf(sound), repaired: 0, broken: undefined });
    expect(verify(sound, headOf(sound.slice(0, 4))).broken).to.equal(undefined);
    expect(verify([])).to.deep.equal({ lines: 0, head: undefined, repaired: 0, broken: undefined });
  });
});

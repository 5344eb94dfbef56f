import { expect } from 'chai';

import { parseConfigDocument } from '../../../../runtime/config/document.ts';

const foundIn = (text: string): readonly string[] => parseConfigDocument(text, 'f').mistakes.map(({ found }) => found);

describe('parseConfigDocument()', () => {
  it('refuses what YAML has and our files need not', () => {
    expect(foundIn('a: &x 1\nb: *x')).to.deep.equal(['an anchor', 'an alias']);
    expect(foundIn('a: !!str 1')).to.deep.equal(['a tag']);
    expect(foundIn('? [a]\n: b')).to.deep.equal(['a mapping or list as a key']);
    expect(foundIn('%YAML 1.1\n---\na: yes')).to.deep.equal(['a directive']);
    expect(foundIn('a: 1\n---\nb: 2')).to.deep.equal(['a second document']);
    expect(foundIn('a: 1\na: 2')).to.deep.equal(['the key for the second time']);
  });

  it('A-563 refuses an alias bomb without building it', () => {
    const levels = Array.from({ length: 12 }, (_, at) => `l${at + 1}: &l${at + 1} [${`*l${at}, `.repeat(9)}]`);
    const { document, mistakes } = parseConfigDocument(`l0: &l0 [1]\n${levels.join('\n')}`, 'f');
    expect(document).to.equal(undefined);
    expect(mistakes).to.have.length.greaterThan(12);
  });

  it('A-563 refuses huge and deep text with few words', () => {
    expect(foundIn('#'.repeat(1024 * 1024 + 1))).to.deep.equal(['1048577 characters']);
    expect(foundIn('['.repeat(20_000)).length).to.be.within(1, 20);
    expect(foundIn('{a: '.repeat(5000)).length).to.be.within(1, 20);
  });

  it('refuses broken YAML with its place', () => {
    const { mistakes } = parseConfigDocument('a: 1\nlisten: [::1]:80\n', 'f.yaml');
    expect(mistakes[0]).to.include({ code: 'CONFIG_SYNTAX', file: 'f.yaml', line: 2 });
  });

  it('takes YAML 1.2: yes is text, an empty file is an empty mapping', () => {
    expect(parseConfigDocument('a: yes\nb: 010\nc: 2026-01-01', 'f').document?.value).to.deep.equal({
      a: 'yes',
      b: 10,
      c: '2026-01-01',
    });
    expect(parseConfigDocument('', 'f').document?.value).to.deep.equal({});
    expect(parseConfigDocument('# nothing\n', 'f').document?.value).to.deep.equal({});
  });

  it('locates values, keys, and the nearest mapping around what is absent', () => {
    const { document } = parseConfigDocument('a:\n  b: [x, {c: long}]\n  "d": 5\n', 'f');
    expect(document?.locate(['a', 'b', 1, 'c'])).to.deep.equal({ line: 2, column: 14, found: 'long' });
    expect(document?.locate(['a', 'b'])).to.deep.equal({ line: 2, column: 6, found: 'a list of 2 entries' });
    expect(document?.locate(['a'])).to.deep.equal({ line: 2, column: 3, found: 'a mapping' });
    expect(document?.locate(['a', 'e', 'f'])).to.deep.equal({ line: 2, column: 3, found: undefined });
    expect(document?.locateKey(['a'], 'd')).to.deep.include({ line: 3, column: 3 });
    expect(document?.locate([])).to.deep.include({ line: 1, column: 1 });
  });

  it('shows long text short and on one line', () => {
    const { document } = parseConfigDocument(`a: |\n  x\n  ${'y'.repeat(100)}\n`, 'f');
    const found = document?.locate(['a']).found ?? '';
    expect(found).to.match(/^\| x y{10,60}\.\.\.$/);
  });
});

import { expect } from 'chai';

import { address } from '../../../../runtime/config/address.ts';
import { loadConfig } from '../../../../runtime/config/load.ts';
import { formatMistake, type Mistake } from '../../../../runtime/config/mistake.ts';
import { reference } from '../../../../runtime/config/place.ts';
import { count, text } from '../../../../runtime/config/scalar.ts';
import { duration } from '../../../../runtime/config/span.ts';
import { list, optionalSection, section, strict, whenSound } from '../../../../runtime/config/structure.ts';

const table = strict({
  name: text({ doc: 'A name.', grammar: /^[a-z]+$/, allowed: 'lower-case letters' }),
  pin: reference({ doc: 'A secret.' }).optional(),
  times: section(
    'Times.',
    strict({
      least: duration({ doc: 'Least.', fallback: '1s', least: '0s', most: '1h' }),
      most: duration({ doc: 'Most.', fallback: '5s', least: '0s', most: '1h' }),
    }).refine(({ least, most }) => least <= most, {
      path: ['most'],
      error: 'at least times.least',
      when: whenSound('least', 'most'),
    }),
  ),
  peers: list({ doc: 'Peers.', most: 3 }, address({ doc: 'One.' })),
  extra: optionalSection('Extra.', strict({ size: count({ doc: 'Size.', fallback: 3, least: 1, most: 9 }) })),
});

function mistakesIn(content: string, environment: Record<string, string> = {}): readonly Mistake[] {
  const loaded = loadConfig({ file: 'test.yaml', text: content, environment, table });
  return loaded.ok ? [] : loaded.mistakes;
}
const linesOf = (content: string, environment?: Record<string, string>): readonly string[] =>
  mistakesIn(content, environment).map(formatMistake);

describe('loadConfig()', () => {
  it('A-563 tells all mistakes at once, in the order of the file, each with line, column, key, found and allowed', () => {
    const found = linesOf(
      'name: 7\ntimes: {least: soon, most: 2h}\npeers: [a:1, b]\nextra:\n  size: 12\n  colour: red\n',
    );
    expect(found).to.deep.equal([
      'test.yaml:1:7: name: found 7; allowed: lower-case letters',
      'test.yaml:2:16: times.least: found soon; allowed: a time from 0s to 1h with its unit, such as 15m',
      'test.yaml:2:28: times.most: found 2h; allowed: a time from 0s to 1h with its unit, such as 15m',
      'test.yaml:3:14: peers[1]: found b; allowed: host:port, such as ca.example.net:8443 or "[fd00::1]:8443"',
      'test.yaml:5:9: extra.size: found 12; allowed: a whole number from 1 to 9',
      'test.yaml:6:3: extra.colour: found an unknown key; allowed: the keys size',
    ]);
  });

  it('gives CONFIG_INVALID for values and CONFIG_SYNTAX for the text', () => {
    expect(mistakesIn('name: 7').map(({ code }) => code)).to.deep.equal(['CONFIG_INVALID']);
    expect(mistakesIn('name: [').map(({ code }) => code)).to.include('CONFIG_SYNTAX');
  });

  it('tells a duplicate key beside the mistakes of the rest', () => {
    expect(linesOf('name: 7\nextra: {size: 1}\nextra: {size: 2}\n')).to.deep.equal([
      'test.yaml:1:7: name: found 7; allowed: lower-case letters',
      'test.yaml:3:1: extra: found the key for the second time; allowed: each key once',
    ]);
  });

  it('names a missing key at the mapping that lacks it', () => {
    expect(linesOf('\npeers: []\n')).to.deep.equal(['test.yaml:2:1: name: found nothing; allowed: lower-case letters']);
    expect(linesOf('')).to.deep.equal(['test.yaml:1:1: name: found nothing; allowed: lower-case letters']);
  });

  it('refuses a section without content, where something was meant', () => {
    expect(linesOf('name: a\nextra:\n')).to.deep.equal([
      'test.yaml:2:7: extra: found nothing; allowed: a mapping with the keys size',
    ]);
  });

  it('refuses what is no mapping at all', () => {
    for (const content of ['- a', 'text', '3'])
      expect(linesOf(content)[0]).to.match(/allowed: a mapping with the keys/);
  });

  it('A-563 refuses names that a prototype has', () => {
    for (const key of ['__proto__', 'constructor', 'toString']) {
      expect(linesOf(`name: a\n${key}: {x: 1}`)).to.have.length(1);
    }
  });

  it('judges a rule over two keys only when both are sound', () => {
    expect(linesOf('name: a\ntimes: {least: 9s}')).to.deep.equal([
      'test.yaml:2:8: times.most: found nothing; allowed: at least times.least',
    ]);
    expect(linesOf('name: a\ntimes: {least: 9s, most: x}')).to.have.length(1);
  });

  it('refuses a literal secret and does not repeat it', () => {
    const token = `cleat-join.${'0a'.repeat(32)}.${'B'.repeat(43)}`;
    for (const content of [
      `name: a\npin: "1234"`,
      `name: ${token}`,
      `name: a\nwhat: ${token}`,
      `name: a\n${token}: 1`,
    ]) {
      const all = JSON.stringify(mistakesIn(content));
      expect(all).to.include('<hidden>');
      expect(all).to.not.include('1234');
      expect(all).to.not.include('BBBB');
    }
    expect(linesOf('name: a\npin: "1234"')).to.deep.equal([
      'test.yaml:2:6: pin: found <hidden>; allowed: file:/absolute/path or env:NAME, never the secret itself',
    ]);
  });

  it('does not repeat a secret in broken YAML', () => {
    const all = JSON.stringify(mistakesIn('name: "clt_0123456789abcdefghij'));
    expect(all).to.include('CONFIG_SYNTAX').and.not.include('0123456789');
  });

  it('names the variable when an override is wrong', () => {
    expect(linesOf('name: a', { CLEAT_TIMES__MOST: 'x', CLEAT_EXTRA: '{size: 0, a: 1}' })).to.deep.equal([
      'environment variable CLEAT_TIMES__MOST: times.most: found x; allowed: a time from 0s to 1h with its unit, such as 15m',
      'environment variable CLEAT_EXTRA: extra.size: found 0; allowed: a whole number from 1 to 9',
      'environment variable CLEAT_EXTRA: extra.a: found an unknown key; allowed: the keys size',
    ]);
  });

  it('tells a wrong variable also when the file cannot be read', () => {
    expect(mistakesIn('name: [', { CLEAT_NAMES: 'a' }).at(-1)?.file).to.equal('environment variable CLEAT_NAMES');
  });

  it('gives defaults for all that is absent', () => {
    const loaded = loadConfig({ file: 'test.yaml', text: 'name: a', environment: {}, table });
    expect(loaded).to.deep.equal({
      ok: true,
      value: { name: 'a', times: { least: 1000, most: 5000 }, peers: [] },
      source: { name: 'a' },
    });
  });

  it('lets the environment override the file', () => {
    const environment = { CLEAT_NAME: 'b', CLEAT_times__Least: '2s', CLEAT_PEERS: '[c:3]', CLEAT_EXTRA__SIZE: '4' };
    const loaded = loadConfig({ file: 'test.yaml', text: 'name: a\npeers: [a:1]', environment, table });
    expect(loaded).to.have.property('ok', true);
    expect(loaded).to.have.deep.property('value', {
      name: 'b',
      times: { least: 2000, most: 5000 },
      peers: [{ host: 'c', port: 3 }],
      extra: { size: 4 },
    });
  });
});

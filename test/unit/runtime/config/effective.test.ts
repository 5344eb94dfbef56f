import { expect } from 'chai';

import { effectiveConfig } from '../../../../runtime/config/effective.ts';
import { renderConfigPage } from '../../../../runtime/config/page.ts';
import { reference } from '../../../../runtime/config/place.ts';
import { count } from '../../../../runtime/config/scalar.ts';
import { schemaOf } from '../../../../runtime/config/schema.ts';
import { duration } from '../../../../runtime/config/span.ts';
import { list, optionalSection, section, strict } from '../../../../runtime/config/structure.ts';

const table = strict({
  pin: reference({ doc: 'The a|b pin.', reloadable: true }),
  other: reference({ doc: 'Another.' }).optional(),
  drain: section('Drain.', strict({ grace: duration({ doc: 'Grace.', fallback: '5s', least: '0s', most: '1m' }) })),
  ports: list({ doc: 'Ports.', most: 9 }, strict({ port: count({ doc: 'Port.', fallback: 80, least: 1, most: 99 }) })),
  egress: optionalSection('Egress.', strict({ max: count({ doc: 'Max.', fallback: 1, least: 1, most: 9 }) })),
});
const schema = schemaOf(table);

describe('effectiveConfig()', () => {
  it('shows a secret as <set>, and one that is absent not at all', () => {
    expect(effectiveConfig({ pin: 'file:/run/pin' }, schema)).to.deep.equal({
      pin: '<set>',
      drain: { grace: '5s' },
      ports: [],
    });
  });

  it('fills defaults into sections and entries of lists', () => {
    const source = { pin: 'env:PIN', drain: { grace: '1s' }, ports: [{}, { port: 8 }], egress: {} };
    expect(effectiveConfig(source, schema)).to.deep.equal({
      pin: '<set>',
      drain: { grace: '1s' },
      ports: [{ port: 80 }, { port: 8 }],
      egress: { max: 1 },
    });
  });

  it('is itself a right configuration where no secret is in it', () => {
    const small = strict({
      drain: section('Drain.', strict({ max: count({ doc: 'Max.', fallback: 2, least: 1, most: 9 }) })),
    });
    const effective = effectiveConfig({}, schemaOf(small));
    expect(small.parse(effective)).to.deep.equal(small.parse({}));
  });
});

describe('renderConfigPage()', () => {
  it('has a row for each key with default, limits, text and marks', () => {
    const page = renderConfigPage([{ name: 'x.yaml', doc: 'X.', schema }]);
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows).to.deep.equal([
      '| `pin` | *required* | file:/absolute/path or env:NAME, never the secret itself | The a\\|b pin. *live* *secret* |',
      '| `other` | *optional* | file:/absolute/path or env:NAME, never the secret itself | Another. *secret* |',
      '| `drain` |  | section | Drain. |',
      '| `drain.grace` | `5s` | a time from 0s to 1m with its unit, such as 15m | Grace. |',
      '| `ports` | `[]` | a list of 0 to 9 entries | Ports. |',
      '| `ports[].port` | `80` | a whole number from 1 to 99 | Port. |',
      '| `egress` | *optional* | section | Egress. |',
      '| `egress.max` | `1` | a whole number from 1 to 9 | Max. |',
    ]);
  });
});

import { expect } from 'chai';

import { applyOverrides, readOverrides } from '../../../../runtime/config/override.ts';
import type { ConfigSchema } from '../../../../runtime/config/schema.ts';

const schema: ConfigSchema = {
  properties: {
    trustDomain: { type: 'string' },
    log: { type: 'object', properties: { level: { type: 'string' }, lines: { type: 'integer' } } },
    keyTypes: { type: 'array', items: { type: 'string' } },
  },
};
const keysOf = (environment: Record<string, string>): readonly string[] =>
  readOverrides(environment, schema).mistakes.map(({ file, found }) => `${file}: ${found}`);

describe('readOverrides()', () => {
  it('refuses variables that name no key', () => {
    for (const name of [
      'CLEAT_LOG_LEVEL',
      'CLEAT_',
      'CLEAT_LOG__',
      'CLEAT_LOG__LEVEL__X',
      'CLEAT_TRUST_DOMAIN',
      'CLEAT_KEYTYPES__0',
    ]) {
      expect(keysOf({ [name]: 'x' })).to.deep.equal([`environment variable ${name}: a variable that names no key`]);
    }
  });

  it('refuses two variables for one key', () => {
    expect(keysOf({ CLEAT_TRUSTDOMAIN: 'a', CLEAT_TrustDomain: 'b' })).to.deep.equal([
      'environment variable CLEAT_TrustDomain: the key for the second time',
    ]);
  });

  it('refuses broken YAML and what YAML files must not have', () => {
    expect(keysOf({ CLEAT_KEYTYPES: '[a' })).to.have.length(1);
    expect(keysOf({ CLEAT_LOG: '{level: &a x}' })).to.deep.equal(['environment variable CLEAT_LOG: an anchor']);
    expect(keysOf({ CLEAT_LOG: '{lines: 1, lines: 2}' })).to.have.length(1);
  });

  it('looks at nothing but CLEAT_ variables, and not at those of the test runners', () => {
    const environment = { PATH: '/bin', cleat_log: 'x', CLEAT_VECTORS: '/v', CLEAT_REQUIRE_ALL: '1' };
    expect(readOverrides(environment, schema)).to.deep.equal({ overrides: [], mistakes: [] });
  });

  it('passes over what the kubelet sets for a Service called cleat-ca', () => {
    const names = [
      'CLEAT_CA_SERVICE_HOST',
      'CLEAT_CA_SERVICE_PORT',
      'CLEAT_CA_SERVICE_PORT_MESH',
      'CLEAT_CA_PORT',
      'CLEAT_PORT',
    ];
    const ports = ['', '_PROTO', '_PORT', '_ADDR'].map((end) => `CLEAT_CA_PORT_8443_TCP${end}`);
    const environment = Object.fromEntries([...names, ...ports].map((name) => [name, 'x']));
    expect(readOverrides(environment, schema)).to.deep.equal({ overrides: [], mistakes: [] });
  });

  it('takes text as it is and everything else as YAML', () => {
    const environment = { CLEAT_TRUSTDOMAIN: '[::1]', CLEAT_LOG__LINES: '3', CLEAT_KEYTYPES: '[p256, rsa]' };
    const values = readOverrides(environment, schema).overrides.map(({ path, value }) => [path.join('.'), value]);
    expect(Object.fromEntries(values)).to.deep.equal({
      trustDomain: '[::1]',
      'log.lines': 3,
      keyTypes: ['p256', 'rsa'],
    });
  });

  it('applies a variable for a section before one for a key in it', () => {
    const { overrides } = readOverrides({ CLEAT_LOG__LEVEL: 'warn', CLEAT_log: '{level: info, lines: 1}' }, schema);
    expect(applyOverrides({ log: 'x', a: 1 }, overrides)).to.deep.equal({ a: 1, log: { level: 'warn', lines: 1 } });
  });
});

import { expect } from 'chai';

import {
  IDENTITY_PREFIXES,
  isIdentityName,
  isTwin,
  PROTECTED_NAMES,
  protectionOf,
} from '../../../../sidecar/http/protected-names.ts';

describe('protected names', () => {
  it('A-260 sees a twin in each protected name with separators added, swapped or taken away', () => {
    for (const name of PROTECTED_NAMES.keys()) {
      const twins = [`${name}_`, `_${name}`, `${name}.`, name.replaceAll('-', '_'), name.replaceAll('-', '')];
      for (const twin of [...twins, name.replaceAll('-', '--'), name.split('').join('.')]) {
        if (protectionOf(twin) !== undefined) continue;
        expect(isTwin(twin), twin).to.equal(true);
      }
      expect(isTwin(name), name).to.equal(false);
    }
  });

  it('A-260 sees a twin in each prefix of identity names without its separators', () => {
    for (const prefix of IDENTITY_PREFIXES) {
      const name = `${prefix}any`;
      expect(isIdentityName(name), name).to.equal(true);
      expect(isTwin(name), name).to.equal(false);
      for (const twin of [name.replaceAll('-', '_'), name.replaceAll('-', ''), `_${name}`])
        if (!isIdentityName(twin)) expect(isTwin(twin), twin).to.equal(true);
    }
  });

  for (const name of [
    'x-forwarded-client-cert',
    'client-cert',
    'client-cert-chain',
    'cleat-caller',
    'cleat-x',
    'x-arr-clientcert',
  ]
    .concat(['ssl-client-verify', 'x-ssl-client-cn', 'x-forwarded-tls-client-cert', 'x-forwarded-tls-client-cert-info'])
    .concat(['x-amzn-mtls-clientcert', 'x-amzn-mtls-clientcert-serial-number', 'l5d-client-id'])) {
    it(`A-261 counts ${name} as an identity header`, () => {
      expect(isIdentityName(name)).to.equal(true);
    });
  }

  for (const name of [
    'accept',
    'cookie',
    'content-type',
    'x-forwarded-for',
    'workload-identity-token',
    'txn-token',
    'wimse',
  ].concat(['content-lengths', 'hostess', 'x-clea', 'ssl-cipher', 'traceparent', ''])) {
    it(`leaves ${JSON.stringify(name)} alone`, () => {
      expect(isIdentityName(name)).to.equal(false);
      expect(isTwin(name)).to.equal(false);
      expect(protectionOf(name)).to.equal(undefined);
    });
  }

  it('does not count framing and credentials as identity', () => {
    for (const name of ['host', 'content-length', 'authorization', 'connection'])
      expect(isIdentityName(name)).to.equal(false);
    expect(protectionOf('host')).to.equal('framing');
    expect(protectionOf('authorization')).to.equal('credential');
  });
});

import { expect } from 'chai';

import { checkEnvironment, type ProcessFacts } from '../../../runtime/environment.ts';

const sound: ProcessFacts = { env: { PATH: '/bin' }, nodeVersion: 'v24.18.1', execArgv: [] };
const detailOf = (facts: Partial<ProcessFacts>): string => {
  const outcome = checkEnvironment({ ...sound, ...facts });
  return outcome.ok ? 'sound' : `${outcome.refusal.code}: ${outcome.refusal.detail}`;
};

describe('checkEnvironment()', () => {
  it('A-077 refuses variables that change how TLS is done, or show its keys', () => {
    const names = [
      'SSLKEYLOGFILE',
      'NODE_EXTRA_CA_CERTS',
      'NODE_TLS_REJECT_UNAUTHORIZED',
      'OPENSSL_CONF',
      'NODE_DEBUG',
    ];
    for (const name of names)
      expect(detailOf({ env: { [name]: '0' } })).to.equal(`CONFIG_ENVIRONMENT: ${name} must not be set`);
  });

  it('A-077 refuses NODE_OPTIONS that weaken TLS, open the debugger or load code, however they are written', () => {
    const options = [
      '--tls-min-v1.0',
      '--tls_min_v1.0',
      '--TLS-CIPHER-LIST=ALL',
      '--max-old-space-size=64 --inspect=0.0.0.0:9229',
      '--inspect-brk',
      '"--use-openssl-ca"',
      '--openssl-config=/x',
      '--insecure-http-parser',
      '--security-revert=CVE-2023-46809',
      '--trace-tls',
      '--require /x.js',
      '-r /x.js',
      '--import=/x.mjs',
      '--experimental-loader=/x.mjs',
      '--heapsnapshot-signal=SIGUSR2',
    ];
    for (const value of options)
      expect(detailOf({ env: { NODE_OPTIONS: value } }), value).to.match(
        /^CONFIG_ENVIRONMENT: NODE_OPTIONS must not have -/,
      );
  });

  it('A-565 refuses Node below the floor, and versions that it does not know', () => {
    const versions = [
      'v20.20.2',
      'v22.22.0',
      'v24.18.0',
      'v24.0.0',
      'v25.9.9',
      'v26.0.0',
      'v26.5.0',
      'v26.5.1-nightly',
      '',
      'bun',
    ];
    for (const nodeVersion of versions)
      expect(detailOf({ nodeVersion }), nodeVersion).to.match(/^CONFIG_ENVIRONMENT: Node .* is below the floor/);
  });

  it('A-565 refuses the version of Node that leaks at each handshake', () => {
    for (const nodeVersion of ['v24.21.0', '24.21.0'])
      expect(detailOf({ nodeVersion })).to.match(
        /^CONFIG_ENVIRONMENT: Node v?24\.21\.0 leaks memory at each handshake/,
      );
  });

  it('A-565 refuses the debugger on the command line', () => {
    for (const flag of ['--inspect', '--inspect-brk=0', '--inspect-port=1', '--debug-port=9']) {
      expect(detailOf({ execArgv: [flag] })).to.match(/^CONFIG_ENVIRONMENT: Node must not be started with --/);
    }
  });

  it('tells all that is wrong at once, and no value', () => {
    const detail = detailOf({
      env: { SSLKEYLOGFILE: '/tmp/secret', NODE_OPTIONS: '--tls-keylog=/tmp/secret' },
      nodeVersion: 'v20.0.0',
    });
    expect(detail.split('; ')).to.have.length(3);
    expect(detail).to.not.include('secret');
  });

  it('takes what does no harm', () => {
    expect(detailOf({})).to.equal('sound');
    for (const nodeVersion of ['v24.20.0', 'v24.21.1', 'v26.5.1', 'v26.10.0', 'v27.0.0', '24.18.1'])
      expect(detailOf({ nodeVersion })).to.equal('sound');
    const env = {
      NODE_OPTIONS: '--max-old-space-size=64 --enable-source-maps',
      NODE_TLS_REJECT_UNAUTHORIZED: '1',
      SSLKEYLOGFILE: '',
    };
    expect(detailOf({ env })).to.equal('sound');
  });
});

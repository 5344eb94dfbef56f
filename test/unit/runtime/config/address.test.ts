import { expect } from 'chai';

import {
  address,
  appAddress,
  formatAddress,
  isAbsolutePath,
  isDnsName,
  isSocketPath,
  listenAddress,
  resolveListen,
} from '../../../../runtime/config/address.ts';

const doc = 'An address.';

describe('address()', () => {
  it('refuses what cannot be dialled', () => {
    const wrong = [
      '',
      'host',
      'host:',
      ':80',
      'host:0',
      'host:65536',
      'host:08',
      'host:+8',
      'ho st:80',
      'host:80 ',
      '[::1]',
      '::1:80',
    ];
    const more = [
      '[127.0.0.1]:80',
      '[::1%eth0]:80',
      '256.1.1.1:80',
      '1.2.3:80',
      '-a.b:80',
      'a..b:80',
      'a_b:80',
      'http://a:80',
      'a:80/x',
    ];
    for (const text of [...wrong, ...more]) expect(address({ doc }).safeParse(text).success, text).to.equal(false);
  });

  it('takes names, IPv4 and IPv6', () => {
    expect(address({ doc }).parse('ca.cleat.svc:8443')).to.deep.equal({ host: 'ca.cleat.svc', port: 8443 });
    expect(address({ doc }).parse('10.0.0.1:1')).to.deep.equal({ host: '10.0.0.1', port: 1 });
    expect(address({ doc }).parse('[fd00::1]:65535')).to.deep.equal({ host: 'fd00::1', port: 65535 });
  });
});

describe('listenAddress()', () => {
  it('refuses names, and podIP where it is not offered', () => {
    for (const text of ['localhost:80', 'ca.svc:80', 'podIP:80', '*:80', '0.0.0.0'])
      expect(listenAddress({ doc }).safeParse(text).success, text).to.equal(false);
  });

  it('refuses everything but loopback where loopback is demanded', () => {
    for (const text of [
      '0.0.0.0:80',
      '10.0.0.1:80',
      '[::]:80',
      '[fd00::1]:80',
      'podIP:80',
      '128.0.0.1:80',
      '[::ffff:127.0.0.1]:80',
    ])
      expect(listenAddress({ doc, loopback: true }).safeParse(text).success, text).to.equal(false);
    for (const text of ['127.0.0.1:80', '127.9.9.9:80', '[::1]:0'])
      expect(listenAddress({ doc, loopback: true }).safeParse(text).success, text).to.equal(true);
  });

  it('takes podIP where it is offered, and port 0', () => {
    expect(listenAddress({ doc, podIp: true }).parse('podIP:8080')).to.deep.equal({ host: 'podIP', port: 8080 });
    expect(listenAddress({ doc }).parse('0.0.0.0:0')).to.deep.equal({ host: '0.0.0.0', port: 0 });
  });
});

describe('appAddress()', () => {
  it('refuses an app across the network', () => {
    for (const text of [
      '10.0.0.1:80',
      'localhost:80',
      '0.0.0.0:80',
      '127.0.0.1:0',
      'unix:',
      'unix:relative',
      `unix:/${'a'.repeat(107)}`,
    ])
      expect(appAddress({ doc }).safeParse(text).success, text).to.equal(false);
  });

  it('takes loopback and a UNIX socket', () => {
    expect(appAddress({ doc }).parse('[::1]:80')).to.deep.equal({ kind: 'tcp', host: '::1', port: 80 });
    expect(appAddress({ doc }).parse('unix:/run/app.sock')).to.deep.equal({ kind: 'unix', path: '/run/app.sock' });
  });
});

describe('resolveListen()', () => {
  const listen = { host: 'podIP', port: 8080 };

  it('refuses podIP without POD_IPS, with CONFIG_ENVIRONMENT', () => {
    for (const podIps of [undefined, '', ' ', '10.0.0.1,', 'eth0', '10.0.0.1;10.0.0.2'])
      expect(resolveListen(listen, podIps)).to.have.nested.property('refusal.code', 'CONFIG_ENVIRONMENT');
  });

  it('A-556 gives each address of the pod once', () => {
    expect(resolveListen(listen, '10.0.0.1, fd00::1,10.0.0.1')).to.deep.equal({
      ok: true,
      value: [
        { host: '10.0.0.1', port: 8080 },
        { host: 'fd00::1', port: 8080 },
      ],
    });
  });

  it('leaves other addresses as they are', () => {
    expect(resolveListen({ host: '0.0.0.0', port: 1 }, undefined)).to.deep.equal({
      ok: true,
      value: [{ host: '0.0.0.0', port: 1 }],
    });
  });
});

describe('formatAddress()', () => {
  it('puts brackets around IPv6 only', () => {
    expect(formatAddress({ host: '::1', port: 8 })).to.equal('[::1]:8');
    expect(formatAddress({ host: 'a.b', port: 8 })).to.equal('a.b:8');
  });
});

describe('paths and names', () => {
  it('refuses paths that are relative, empty, dotted or hold control characters', () => {
    for (const path of [
      '',
      '/',
      'a',
      './a',
      '/a/',
      '/a//b',
      '/a/../b',
      '/a/.',
      '/a\n',
      '/a\0b',
      `/${'a'.repeat(4096)}`,
    ])
      expect(isAbsolutePath(path), JSON.stringify(path)).to.equal(false);
    for (const path of ['/a', '/a/..data/b', '/a b/c', '/a/...']) expect(isAbsolutePath(path), path).to.equal(true);
  });

  it('bounds a socket path by bytes', () => {
    expect(isSocketPath(`/${'a'.repeat(106)}`)).to.equal(true);
    expect(isSocketPath(`/${'a'.repeat(107)}`)).to.equal(false);
    expect(isSocketPath(`/${'ä'.repeat(54)}`)).to.equal(false);
  });

  it('bounds a DNS name and its labels', () => {
    expect(isDnsName(`${'a'.repeat(63)}.b`)).to.equal(true);
    for (const name of ['', '.', 'a.', 'a'.repeat(64), 'a.1', `${'a.'.repeat(127)}a`, '*.a'])
      expect(isDnsName(name), name).to.equal(false);
  });
});

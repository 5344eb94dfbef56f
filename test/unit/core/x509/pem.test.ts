import { expect } from 'chai';

import { decodePem, encodePem } from '../../../../core/x509/pem.ts';
import { verdict } from '../../../kit/verdict.ts';
import { issueTestChain } from '../../../kit/x509.ts';

const { authority, leaf } = issueTestChain();
const leafPem = encodePem('CERTIFICATE', leaf.der);
const rootPem = encodePem('CERTIFICATE', authority.der);

describe('decodePem()', () => {
  it('refuses a text without a block', () => {
    for (const text of [
      '',
      '\n',
      'hello',
      leaf.der.toString('base64'),
      leaf.der.toString('latin1').replaceAll('-', ''),
    ])
      expect(verdict(decodePem(text))).to.equal('CONFIG_FILE: no PEM block found');
  });

  it('refuses a block that does not end, or ends under another label', () => {
    expect(verdict(decodePem(leafPem.slice(0, -20)))).to.equal('CONFIG_FILE: PEM line 1: block without its END line');
    expect(verdict(decodePem(leafPem.replace('END CERTIFICATE', 'END PRIVATE KEY')))).to.equal(
      'CONFIG_FILE: PEM line 1: block without its END line',
    );
    expect(verdict(decodePem(`# mine\n${leafPem}${rootPem.replace(/-----END.*\n/, '')}`))).to.match(
      /^CONFIG_FILE: PEM line \d+: block without its END line$/,
    );
  });

  it('refuses a border that begins no block', () => {
    for (const border of [
      '-----END CERTIFICATE-----',
      '-----BEGIN certificate-----',
      '-----BEGIN CERTIFICATE----',
      '-----BEGIN -----',
      '-----BEGIN  X-----',
      '-----',
    ])
      expect(verdict(decodePem(`${border}\n${leafPem}`)), border).to.equal(
        'CONFIG_FILE: PEM line 1: a border that begins no block',
      );
  });

  it('refuses what is not canonical base64, headers of an encrypted key included', () => {
    const bodies = [
      '',
      'A',
      'AA',
      'AAA',
      'AA=',
      'AAA=A',
      'AAAA=',
      'AB==',
      'AAB=',
      'AA==AA==',
      'A A A A',
      'AA-_',
      'AAAA\n-----BEGIN X-----\nAAAA',
      'Proc-Type: 4,ENCRYPTED\n\nAAAA',
      'ÄAAA',
      'AAA\0',
    ];
    for (const body of bodies)
      expect(verdict(decodePem(`-----BEGIN X-----\n${body}\n-----END X-----\n`)), JSON.stringify(body)).to.equal(
        'CONFIG_FILE: PEM line 1: block is not canonical base64',
      );
  });

  it('never repeats what is in a block', () => {
    const secret = 'c2VjcmV0LXNlY3JldC1zZWNyZXQ';
    expect(verdict(decodePem(`-----BEGIN PRIVATE KEY-----\n${secret}!\n-----END PRIVATE KEY-----\n`))).not.to.include(
      'c2VjcmV0',
    );
  });

  it('refuses more than 1 MiB', () => {
    expect(verdict(decodePem(`${'x'.repeat(1024 * 1024)}\n${leafPem}`))).to.equal(
      'CONFIG_FILE: PEM of more than 1 MiB',
    );
  });

  it('A-141 reads LF, CRLF, trailing newlines, none, and text around blocks as the same bytes', () => {
    const texts = [
      leafPem,
      leafPem.replaceAll('\n', '\r\n'),
      `${leafPem}\n\n\n`,
      leafPem.trimEnd(),
      `subject=\nissuer=x\n${leafPem}done\n`,
    ];
    for (const text of texts)
      expect(decodePem(text)).to.deep.equal({ ok: true, value: [{ label: 'CERTIFICATE', der: leaf.der }] });
  });

  it('A-141 keeps the order of several blocks and their labels', () => {
    const key = encodePem('PRIVATE KEY', Buffer.from([1, 2, 3]));
    expect(decodePem(`${rootPem}${key}${leafPem}`)).to.deep.equal({
      ok: true,
      value: [
        { label: 'CERTIFICATE', der: authority.der },
        { label: 'PRIVATE KEY', der: Buffer.from([1, 2, 3]) },
        { label: 'CERTIFICATE', der: leaf.der },
      ],
    });
  });
});

describe('encodePem()', () => {
  it('writes lines of 64 characters and a newline at the end', () => {
    const text = encodePem('X', Buffer.alloc(49));
    expect(text).to.equal(`-----BEGIN X-----\n${'A'.repeat(64)}\nAA==\n-----END X-----\n`);
  });

  it('is read back for each length', () => {
    for (let size = 1; size < 200; size += 1) {
      const der = Buffer.alloc(size, size);
      expect(decodePem(encodePem('CERTIFICATE REQUEST', der))).to.deep.equal({
        ok: true,
        value: [{ label: 'CERTIFICATE REQUEST', der }],
      });
    }
  });
});

import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { formatJoinToken, parseJoinToken } from '../../../../core/identity/join-token.ts';

describe('parseJoinToken()', () => {
  const token = { rootDigest: Buffer.alloc(32, 0xab), secret: Buffer.alloc(32, 0x5c) };
  const text = formatJoinToken(token);
  const refused = (candidate: string): unknown => {
    const outcome = parseJoinToken(candidate);
    return outcome.ok ? 'admitted' : outcome.refusal;
  };

  it('A-139 refuses any text with one character more, less or other, and never repeats it in the detail', () => {
    const spoilt = text
      .split('')
      .flatMap((_, at) => [
        text.slice(0, at) + text.slice(at + 1),
        `${text.slice(0, at)}!${text.slice(at + 1)}`,
        `${text.slice(0, at)}\n${text.slice(at)}`,
      ]);
    for (const candidate of [...spoilt, `${text}\n`, ` ${text}`, `${text}=`, '', 'cleat-join..']) {
      expect(refused(candidate)).to.deep.include({ code: 'ATTEST_EVIDENCE' });
      expect(JSON.stringify(refused(candidate))).to.not.include(token.secret.toString('base64url').slice(0, 20));
    }
  });

  it('refuses capitals in the fingerprint and the other spellings of the last character', () => {
    expect(refused(text.replace('ab', 'AB'))).to.have.property('code', 'ATTEST_EVIDENCE');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const admitted = alphabet.split('').filter((last) => parseJoinToken(text.slice(0, -1) + last).ok);
    expect(admitted, 'two unused bits: one spelling in four').to.have.length(16);
    expect(admitted).to.include(text.at(-1));
  });

  it('gives back what was formatted', () => {
    for (let round = 0; round < 100; round += 1) {
      const made = { rootDigest: randomBytes(32), secret: randomBytes(32) };
      expect(parseJoinToken(formatJoinToken(made))).to.deep.equal({ ok: true, value: made });
    }
  });

  it('formats nothing but 32 and 32 bytes', () => {
    expect(() => formatJoinToken({ ...token, secret: Buffer.alloc(31) })).to.throw(TypeError);
    expect(() => formatJoinToken({ ...token, rootDigest: Buffer.alloc(33) })).to.throw(TypeError);
  });
});

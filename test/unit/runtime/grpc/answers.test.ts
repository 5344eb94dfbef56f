import { expect } from 'chai';

import type { Outcome } from '../../../../core/fault/refusal.ts';
import { epochSeconds } from '../../../../core/time/units.ts';
import {
  readBundle,
  readCertificate,
  readMintedToken,
  writeBundle,
  writeCertificate,
} from '../../../../runtime/grpc/answers.ts';
import { WIRE } from '../../../../runtime/grpc/wire.ts';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'admitted' : outcome.refusal.code);

const issued = {
  chain: [Buffer.from('leaf'), Buffer.from('issuer')],
  bundle: { generation: 3, roots: [Buffer.from('root')] },
  spiffeId: 'spiffe://mesh.test/ns/shop/sa/agent',
  renewAt: epochSeconds(1_800_000_000),
  notAfter: epochSeconds(1_800_003_600),
  lineageId: Buffer.alloc(16, 7),
  lineageSequence: 2,
};
const { Certificate, Bundle, MintTokenResponse } = WIRE.cleat.ca.v1;
const onTheWire = (): ReturnType<typeof Certificate.deserialize> =>
  Certificate.deserialize(Certificate.serialize(writeCertificate(issued)));

describe('readCertificate()', () => {
  it('A-510 refuses an answer without certificate, bundle or lineage', () => {
    expect(codeOf(readCertificate(null))).to.equal('RENEW_ANSWER');
    expect(codeOf(readCertificate({ ...onTheWire(), bundle: null }))).to.equal('RENEW_ANSWER');
    expect(codeOf(readCertificate(Certificate.deserialize(Buffer.alloc(0))))).to.equal('RENEW_ANSWER');
    for (const length of [0, 15, 17])
      expect(codeOf(readCertificate({ ...onTheWire(), lineage_id: Buffer.alloc(length) }))).to.equal('RENEW_ANSWER');
  });

  it('A-509 refuses an empty chain, one of five, and a certificate of 8 KiB and a byte', () => {
    for (const chain of [[], Array(5).fill(Buffer.from('x')), [Buffer.alloc(8193)], [Buffer.alloc(0)]])
      expect(codeOf(readCertificate({ ...onTheWire(), chain }))).to.equal('RENEW_ANSWER');
    expect(codeOf(readCertificate({ ...onTheWire(), chain: Array(4).fill(Buffer.alloc(8192, 1)) }))).to.equal(
      'admitted',
    );
  });

  it('refuses times that a number cannot hold', () => {
    for (const time of [2 ** 53, 2 ** 63 - 1, -(2 ** 63)]) {
      const wire = { ...writeCertificate(issued), renew_at: time };
      expect(codeOf(readCertificate(Certificate.deserialize(Certificate.serialize(wire))))).to.equal('RENEW_ANSWER');
      const late = { ...writeCertificate(issued), not_after: time };
      expect(codeOf(readCertificate(Certificate.deserialize(Certificate.serialize(late))))).to.equal('RENEW_ANSWER');
    }
  });

  it('gives back what was written', () => {
    expect(readCertificate(onTheWire())).to.deep.equal({ ok: true, value: issued });
  });
});

describe('readBundle()', () => {
  const through = (generation: number, roots: readonly Buffer[]): string =>
    codeOf(readBundle(Bundle.deserialize(Bundle.serialize(writeBundle({ generation, roots })))));

  it('A-511 refuses an empty bundle, one of seventeen roots, and generation 0', () => {
    expect(codeOf(readBundle(null))).to.equal('RENEW_ANSWER');
    expect(through(1, [])).to.equal('RENEW_ANSWER');
    expect(through(1, Array(17).fill(Buffer.from('r')))).to.equal('RENEW_ANSWER');
    expect(through(0, [Buffer.from('r')])).to.equal('RENEW_ANSWER');
    expect(through(2 ** 53, [Buffer.from('r')])).to.equal('RENEW_ANSWER');
    expect(through(2 ** 53 - 1, Array(16).fill(Buffer.from('r')))).to.equal('admitted');
  });
});

describe('readMintedToken()', () => {
  it('refuses an empty token, one over 8 KiB, and an expiry out of range, and repeats none', () => {
    const wire = { token: 'secret.secret.secret', expires_at: 1_800_000_000, scopes: ['a'] };
    const through = (changed: object): Outcome<unknown> =>
      readMintedToken(MintTokenResponse.deserialize(MintTokenResponse.serialize({ ...wire, ...changed })));
    for (const changed of [{ token: '' }, { token: 'x'.repeat(8193) }, { expires_at: 2 ** 60 }]) {
      const outcome = through(changed);
      expect(codeOf(outcome)).to.equal('RENEW_ANSWER');
      expect(JSON.stringify(outcome)).to.not.include('secret');
    }
    expect(through({})).to.deep.equal({
      ok: true,
      value: { token: wire.token, expiresAt: epochSeconds(wire.expires_at), scopes: ['a'] },
    });
  });
});

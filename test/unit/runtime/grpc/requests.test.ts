import { expect } from 'chai';

import type { Outcome } from '../../../../core/fault/refusal.ts';
import { readIssueRequest, readMintRequest, readRenewRequest } from '../../../../runtime/grpc/requests.ts';
import { WIRE } from '../../../../runtime/grpc/wire.ts';

const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? 'admitted' : outcome.refusal.code);
const { IssueRequest, RenewRequest, MintTokenRequest } = WIRE.cleat.ca.v1;

describe('readIssueRequest()', () => {
  const through = (request: object): Outcome<unknown> =>
    readIssueRequest(IssueRequest.deserialize(IssueRequest.serialize(request)));
  const csr = Buffer.from('csr');

  it('A-116 refuses a request without evidence, or with evidence over its bound', () => {
    expect(codeOf(through({ csr }))).to.equal('ATTEST_EVIDENCE');
    expect(codeOf(through({ csr, join_token: 'x'.repeat(513) }))).to.equal('ATTEST_EVIDENCE');
    expect(codeOf(through({}))).to.equal('ATTEST_EVIDENCE');
    expect(codeOf(through({ csr, oidc_token: 'x'.repeat(8193) }))).to.equal('ATTEST_EVIDENCE');
    const certificate = Buffer.from('a certificate');
    const sound = { chain: [certificate], signed_at: 7, signature: Buffer.from('a signature') };
    for (const wrong of [
      { chain: [] },
      { chain: Array.from({ length: 5 }, () => certificate) },
      { chain: [certificate, Buffer.alloc(8193)] },
      { signature: Buffer.alloc(1025) },
      { signed_at: -1 },
      { signed_at: '9223372036854775807' },
    ])
      expect(codeOf(through({ csr, x509: { ...sound, ...wrong } })), JSON.stringify(wrong).slice(0, 40)).to.equal(
        'ATTEST_EVIDENCE',
      );
  });

  it('reads each kind of evidence, and the last one where a sender writes two', () => {
    const chain = [Buffer.from('a leaf'), Buffer.from('above it')];
    const signature = Buffer.from('a signature');
    const evidenceOf = (request: object): unknown => {
      const read = through({ csr, ...request });
      return read.ok ? (read.value as { readonly evidence: unknown }).evidence : read;
    };
    expect(evidenceOf({ oidc_token: 'a.b.c' })).to.deep.equal({ kind: 'oidc', token: 'a.b.c' });
    expect(evidenceOf({ x509: { chain, signed_at: 1_800_000_000, signature } })).to.deep.equal({
      kind: 'x509',
      chain,
      signedAt: 1_800_000_000,
      signature,
    });
    expect(evidenceOf({ join_token: 'x', oidc_token: 'a.b.c' })).to.deep.equal({ kind: 'oidc', token: 'a.b.c' });
  });

  it('A-120 refuses a request without a CSR, or with one over 8 KiB', () => {
    expect(codeOf(through({ join_token: 'x' }))).to.equal('CSR_MALFORMED');
    expect(codeOf(through({ join_token: 'x', csr: Buffer.alloc(8193) }))).to.equal('CSR_MALFORMED');
    expect(codeOf(readRenewRequest(RenewRequest.deserialize(Buffer.alloc(0))))).to.equal('CSR_MALFORMED');
  });

  it('reads ttl 0 as: the default of the CA', () => {
    expect(through({ csr, join_token: 'x' })).to.deep.equal({
      ok: true,
      value: { csr, evidence: { kind: 'join-token', text: 'x' }, ttl: undefined },
    });
    const renew = RenewRequest.deserialize(RenewRequest.serialize({ csr, ttl_seconds: 60 }));
    expect(readRenewRequest(renew)).to.deep.equal({ ok: true, value: { csr, ttl: 60 } });
    const mint = MintTokenRequest.deserialize(MintTokenRequest.serialize({ audience: 'a', scopes: ['s'] }));
    expect(readMintRequest(mint)).to.deep.equal({ audience: 'a', scopes: ['s'], ttl: undefined });
  });
});

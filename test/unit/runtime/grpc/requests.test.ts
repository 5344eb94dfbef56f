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

  it('refuses a request without evidence, or with evidence over 512 bytes', () => {
    expect(codeOf(through({ csr }))).to.equal('ATTEST_EVIDENCE');
    expect(codeOf(through({ csr, join_token: 'x'.repeat(513) }))).to.equal('ATTEST_EVIDENCE');
    expect(codeOf(through({}))).to.equal('ATTEST_EVIDENCE');
  });

  it('A-120 refuses a request without a CSR, or with one over 8 KiB', () => {
    expect(codeOf(through({ join_token: 'x' }))).to.equal('CSR_MALFORMED');
    expect(codeOf(through({ join_token: 'x', csr: Buffer.alloc(8193) }))).to.equal('CSR_MALFORMED');
    expect(codeOf(readRenewRequest(RenewRequest.deserialize(Buffer.alloc(0))))).to.equal('CSR_MALFORMED');
  });

  it('reads ttl 0 as: the default of the CA', () => {
    expect(through({ csr, join_token: 'x' })).to.deep.equal({
      ok: true,
      value: { csr, joinToken: 'x', ttl: undefined },
    });
    const renew = RenewRequest.deserialize(RenewRequest.serialize({ csr, ttl_seconds: 60 }));
    expect(readRenewRequest(renew)).to.deep.equal({ ok: true, value: { csr, ttl: 60 } });
    const mint = MintTokenRequest.deserialize(MintTokenRequest.serialize({ audience: 'a', scopes: ['s'] }));
    expect(readMintRequest(mint)).to.deep.equal({ audience: 'a', scopes: ['s'], ttl: undefined });
  });
});

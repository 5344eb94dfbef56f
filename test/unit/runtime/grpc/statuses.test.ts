import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { expect } from 'chai';

import { CATALOG, type Code } from '../../../../core/fault/catalog.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { refusalOf, statusOf } from '../../../../runtime/grpc/statuses.ts';

const failure = (code: status, details: string, said?: string): ServiceError => {
  const metadata = new Metadata();
  if (said !== undefined) metadata.set('cleat-code', said);
  return Object.assign(new Error(details), { code, details, metadata });
};

describe('statusOf()', () => {
  it('says the public text and the code, for every code, and nothing else', () => {
    for (const code of Object.keys(CATALOG) as Code[]) {
      const answer = statusOf({ code });
      expect(answer.details).to.equal(CATALOG[code].text);
      expect(status[answer.code]).to.equal(CATALOG[code].grpc);
      expect(answer.metadata.getMap()).to.deep.equal({ 'cleat-code': code });
    }
  });

  it('A-129 says when to come back, and refusalOf() reads it', () => {
    const answer = statusOf({ code: 'LIMIT_ISSUES', retryAfter: milliseconds(1500.2) });
    expect(status[answer.code]).to.equal('RESOURCE_EXHAUSTED');
    expect(answer.metadata.get('grpc-retry-pushback-ms')).to.deep.equal(['1501']);
    const read = refusalOf(Object.assign(new Error('x'), answer));
    expect(read).to.deep.include({ code: 'LIMIT_ISSUES', retryAfter: 1501 });
  });
});

describe('refusalOf()', () => {
  it('takes no time to come back that is none', () => {
    for (const said of ['', '-1', '1.5', '1e3', ' 1', '99999999', '1000000000', 'soon', '0x10']) {
      const error = failure(status.RESOURCE_EXHAUSTED, 'x', 'ISSUE_BUSY');
      error.metadata.set('grpc-retry-pushback-ms', said);
      expect(refusalOf(error), said).to.not.have.property('retryAfter');
    }
  });

  it('takes no code that is not in the table, nor a name of Object', () => {
    for (const said of ['RENEW_NOTHING', 'toString', '__proto__', 'constructor', '', 'peer_expired'])
      expect(refusalOf(failure(status.PERMISSION_DENIED, 'x', said))).to.have.property('code', 'RENEW_REFUSED');
  });

  it('tells silence, a stranger and a refusal apart', () => {
    const codeOf = (code: status, details: string): string => refusalOf(failure(code, details)).code;
    expect(codeOf(status.UNAVAILABLE, 'connect ECONNREFUSED')).to.equal('RENEW_UNREACHABLE');
    expect(codeOf(status.DEADLINE_EXCEEDED, 'Deadline exceeded')).to.equal('RENEW_UNREACHABLE');
    expect(codeOf(status.UNAVAILABLE, 'self-signed certificate in certificate chain')).to.equal('RENEW_UNTRUSTED');
    for (const said of ['path length constraint exceeded', 'permitted subtree violation', 'CA md too weak'])
      expect(codeOf(status.UNAVAILABLE, `Last error: Error: ${said}`), said).to.equal('RENEW_UNTRUSTED');
    expect(codeOf(status.UNAVAILABLE, 'ssl/tls alert certificate expired')).to.equal('RENEW_UNREACHABLE');
    expect(codeOf(status.INTERNAL, 'Received RST_STREAM with code 2')).to.equal('RENEW_UNREACHABLE');
    expect(codeOf(status.UNIMPLEMENTED, 'no such method')).to.equal('RENEW_REFUSED');
    expect(codeOf(status.RESOURCE_EXHAUSTED, 'too large')).to.equal('RENEW_REFUSED');
  });

  it('keeps a code of ours', () => {
    expect(refusalOf(failure(status.PERMISSION_DENIED, 'not allowed', 'GRANT_TOKEN_RULE'))).to.deep.equal({
      code: 'GRANT_TOKEN_RULE',
      detail: 'PERMISSION_DENIED: not allowed',
    });
  });
});

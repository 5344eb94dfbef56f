import { expect } from 'chai';

import { createCallLog } from '../../../../runtime/grpc/call-log.ts';
import { collectLog } from '../../../kit/log-lines.ts';

const METHOD = '/cleat.ca.v1.Bootstrap/Issue';
const refusal = { code: 'CSR_MALFORMED', detail: '0 bytes' } as const;

describe('createCallLog()', () => {
  it('A-129 writes the first refusal of a method and code, and the rest of a flood as one line with their count', () => {
    const { log, lines } = collectLog();
    const calls = createCallLog(log);
    for (let each = 0; each < 10_000; each += 1) calls.refused(METHOD, refusal);
    calls.refused(METHOD, { code: 'CSR_KEY', detail: 'p192' });
    expect(lines.map(({ message }) => message)).to.deep.equal(['call refused', 'call refused']);
    expect(lines[0]?.fields).to.deep.equal({ method: METHOD, ...refusal });
    calls.close();
    expect(lines[2]).to.deep.include({ message: 'calls refused', level: lines[0]?.level });
    expect(lines[2]?.fields).to.deep.equal({ method: METHOD, code: 'CSR_MALFORMED', more: 9999 });
    expect(lines).to.have.length(3);
  });

  it('writes what broke with its stack, once, and counts it as an error', () => {
    const { log, lines } = collectLog();
    const calls = createCallLog(log);
    for (let each = 0; each < 100; each += 1) calls.broke(METHOD, new TypeError('one'));
    calls.broke(METHOD, new TypeError('other'));
    calls.close();
    expect(lines.map(({ message, level }) => `${level} ${message}`)).to.deep.equal([
      'error call broke',
      'error call broke',
      'error calls broke',
    ]);
    expect(lines[2]?.fields).to.deep.equal({ method: METHOD, code: 'BUG_UNEXPECTED', more: 99 });
  });
});

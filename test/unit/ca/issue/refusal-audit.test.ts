import { expect } from 'chai';

import { createRefusalAudit } from '../../../../ca/issue/refusal-audit.ts';
import { createAuditOutput } from '../../../../runtime/audit/standard-output.ts';
import { parseLine } from '../../../../runtime/audit/line.ts';
import { milliseconds } from '../../../../core/time/units.ts';
import { testClock } from '../small-ca.ts';

function scene() {
  const lines: string[] = [];
  const audit = createAuditOutput({ write: (line) => lines.push(line), clock: testClock(), onHealth: () => undefined });
  return {
    refusals: createRefusalAudit(audit),
    told: () =>
      lines.map((line) => {
        const { kind, facts } = parseLine(line) ?? { kind: 'none', facts: {} };
        return { kind, ...facts };
      }),
  };
}

const UNKNOWN = { code: 'ATTEST_JOIN_TOKEN', detail: 'unknown' } as const;

describe('createRefusalAudit()', () => {
  it('A-129 writes the first refusal of a kind, and the rest of a flood as one line with their count', async () => {
    const { refusals, told } = scene();
    await using _service = refusals;
    for (let each = 0; each < 10_000; each += 1) refusals.note('join-token', UNKNOWN);
    expect(told()).to.deep.equal([{ kind: 'refusal', attestor: 'join-token', ...UNKNOWN }]);
    await refusals.drain(milliseconds(0));
    expect(told()[1]).to.deep.equal({
      kind: 'refusals',
      attestor: 'join-token',
      code: 'ATTEST_JOIN_TOKEN',
      more: 9999,
    });
  });

  it('keeps kinds apart: by evidence, and by code', async () => {
    const { refusals, told } = scene();
    await using _service = refusals;
    refusals.note('join-token', UNKNOWN);
    refusals.note('join-token', { code: 'CSR_KEY', detail: 'p192' });
    refusals.note('leaf', { code: 'CSR_KEY', detail: 'p192' });
    expect(told()).to.have.length(3);
    await refusals.drain(milliseconds(0));
    expect(told(), 'a single one needs no count').to.have.length(3);
  });
});

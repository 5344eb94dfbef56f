import { expect } from 'chai';

import { testKey } from '../../../kit/x509.ts';
import { codeOf, startSmallCa } from '../small-ca.ts';
import { admit, refuse, type Outcome } from '../../../../core/fault/refusal.ts';
import { createRepeatAudit } from '../../../../ca/issue/repeat-audit.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { milliseconds } from '../../../../core/time/units.ts';

describe('createRepeatAudit()', () => {
  it('A-129 writes the first repeat of a certificate, and the rest of a flood as one line with their count', async () => {
    await using ca = await startSmallCa();
    const { record } = demand(await ca.first(await ca.joinToken()));
    const lines: unknown[] = [];
    const audit = {
      check: () => admit(undefined),
      record: (kind: string, facts: object) => {
        lines.push({ kind, ...facts });
        return admit(undefined);
      },
    };
    await using repeats = createRepeatAudit(audit);
    for (let each = 0; each < 1000; each += 1) expect(codeOf(repeats.note(record))).to.equal('ok');
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include({ kind: 'issuance', serial: record.serial, isRepeat: true });
    await repeats.drain(milliseconds(0));
    expect(lines.slice(1)).to.deep.equal([{ kind: 'issuance-repeats', serial: record.serial, more: 999 }]);
  });

  it('refuses a delivery whose line, or whose count, could not be written: ISSUE_AUDIT', async () => {
    await using ca = await startSmallCa();
    const { record } = demand(await ca.first(await ca.joinToken()));
    let answer: Outcome<void> = refuse('ISSUE_AUDIT', 'disk full');
    await using repeats = createRepeatAudit({ check: () => answer, record: () => answer });
    expect(codeOf(repeats.note(record)), 'its line').to.equal('ISSUE_AUDIT');
    answer = admit(undefined);
    expect(codeOf(repeats.note(record))).to.equal('ok');
    answer = refuse('ISSUE_AUDIT', 'disk full');
    expect(codeOf(repeats.note(record)), 'its count').to.equal('ISSUE_AUDIT');
  });

  it('A-129 keeps repeated renewals with one key from filling the audit stream', async () => {
    await using ca = await startSmallCa();
    const { record } = demand(await ca.first(await ca.joinToken()));
    const key = testKey();
    const serials = new Set<string>();
    for (let each = 0; each < 50; each += 1) serials.add(demand(await ca.renew(record.der, key)).record.serial);
    const [serial = ''] = serials;
    expect(serials.size).to.equal(1);
    expect(ca.audited.filter((line) => line.includes(serial))).to.have.length(2);
  });
});

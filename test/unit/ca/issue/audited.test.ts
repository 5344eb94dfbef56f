/** What the audit stream has of issuances, and what it stops. */
import { expect } from 'chai';

import type { Rooms } from '../../../../ca/issue/cycle.ts';
import { demand } from '../../../../core/fault/fault.ts';
import { refuse, type Outcome } from '../../../../core/fault/refusal.ts';
import { parseLine, type AuditLine } from '../../../../runtime/audit/line.ts';
import { createVerification } from '../../../../runtime/audit/verify.ts';
import { testKey } from '../../../kit/x509.ts';
import { codeOf, startSmallCa, type SmallCa } from '../small-ca.ts';

const linesOf = (ca: SmallCa, kind: string): readonly AuditLine[] =>
  ca.audited.map((text) => parseLine(text)).filter((line): line is AuditLine => line?.kind === kind);

/** An audit stream that cannot be written: `check` and `record` answer as told. */
function failing(checked: boolean): { readonly change: (rooms: Rooms) => Rooms; heal(): void } {
  let isBroken = true;
  const broken = (): Outcome<never> => refuse('ISSUE_AUDIT', 'the disk is full');
  return {
    change: (rooms) => ({
      ...rooms,
      audit: {
        check: () => (isBroken && checked ? broken() : rooms.audit.check()),
        record: (kind, facts) => (isBroken ? broken() : rooms.audit.record(kind, facts)),
      },
    }),
    heal: () => {
      isBroken = false;
    },
  };
}

describe('the audit stream of issuances', () => {
  it('stops the cycle before the signature while it cannot be written: ISSUE_AUDIT, and the evidence stays unspent', async () => {
    const audit = failing(true);
    let signatures = 0;
    await using ca = await startSmallCa({
      change: (rooms) => ({
        ...audit.change(rooms),
        authority: () => {
          const authority = rooms.authority();
          return { ...authority, sign: (tbs) => ((signatures += 1), authority.sign(tbs)) };
        },
      }),
    });
    const token = await ca.joinToken();
    expect(codeOf(await ca.first(token))).to.equal('ISSUE_AUDIT');
    expect(signatures).to.equal(0);
    audit.heal();
    expect(codeOf(await ca.first(token))).to.equal('ok');
    expect(signatures).to.equal(1);
  });

  it('A-122 withholds what it could not write; the same key gets it when it can, and only then there is a line', async () => {
    const audit = failing(false);
    await using ca = await startSmallCa({ change: audit.change });
    const [token, key] = [await ca.joinToken(), testKey()];
    expect(codeOf(await ca.first(token, key))).to.equal('ISSUE_AUDIT');
    audit.heal();
    const { record, isRepeat } = demand(await ca.first(token, key));
    expect(isRepeat).to.equal(true);
    const [line, ...more] = linesOf(ca, 'issuance');
    expect(line?.facts).to.include({ serial: record.serial, isRepeat: true });
    expect(more).to.deep.equal([]);
  });

  it('has one line a certificate, one a join token, the first of a kind of refusal, in one chain and without a secret', async () => {
    await using ca = await startSmallCa();
    const token = await ca.joinToken();
    const { record } = demand(await ca.first(token));
    demand(await ca.renew(record.der));
    for (let each = 0; each < 5; each += 1) expect(codeOf(await ca.first(token))).to.equal('ATTEST_JOIN_TOKEN');
    expect(linesOf(ca, 'issuance').map(({ facts }) => facts['attestor'])).to.deep.equal(['join-token', 'leaf']);
    expect(linesOf(ca, 'issuance')[0]?.facts).to.include({ serial: record.serial, lineageId: record.lineageId });
    expect(linesOf(ca, 'join-token-made')).to.have.length(1);
    expect(linesOf(ca, 'refusal')).to.have.length(1);
    expect(ca.audited.join()).not.to.include(token.slice(-43));
    const verification = createVerification(undefined);
    // The stream of a small CA has no opening line: it was never started, and begins its chain all the same.
    for (const line of ca.audited) verification.take(line);
    expect(verification.end().broken).to.equal(undefined);
  });
});
